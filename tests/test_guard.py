"""What stands before the page, asked as a server asks it."""

import asyncio
from typing import Any

from qa.web.guard import Guard

CHUNK = bytes(1_000_000)


def received(n_chunks: int) -> list[str]:
    """Return the kinds of messages the app gets of a body that tells no length."""
    kinds: list[str] = []
    left = [
        {"type": "http.request", "body": CHUNK, "more_body": n < n_chunks - 1}
        for n in range(n_chunks)
    ]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        is_whole = False
        while not is_whole:
            message = await receive()
            kinds.append(message["type"])
            is_whole = not message.get("more_body")

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    async def send(_: Any) -> None:
        raise AssertionError("nothing is refused before the body ends")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/gradio_api/call/ask",
        "headers": [(b"host", b"127.0.0.1:7860")],
    }
    asyncio.run(Guard(app, is_local=True, shell="")(scope, receive, send))
    return kinds


def test_a_body_that_tells_no_length_is_bounded():
    """The connection counts as closed past the limit; below it all arrives."""
    assert received(16) == ["http.request"] * 16
    assert received(18)[-1] == "http.disconnect"

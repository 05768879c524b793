"""What every request passes: nobody else's page may drive this server.

The server of a laptop is reached by every page that its browser shows. So a name that
is not this machine's (DNS rebinding), a request from another origin, and a body beyond
bounds are refused; and a policy forbids our own page to ask any other host. Nor may the
server: what names a file elsewhere is refused, because Gradio would fetch it.
"""

import json
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.actions import MAX_UPLOAD_BYTES

__all__ = ["Guard", "is_local"]

_MAX_BODY = 16_000_000  # bytes of a call; uploads have a bound of their own
_FORM = 100_000  # bytes around the files of an upload
_UPLOAD = "/gradio_api/upload"
_ELSEWHERE = ("http://", "https://")
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
_FETCHES_NOTHING = "this server fetches nothing from other hosts"
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def is_local(host: str) -> bool:
    """Whether a name or address is always this machine's.

    >>> is_local("localhost"), is_local("127.0.0.2"), is_local("evil.example")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """ASGI middleware: refuses what is not ours, and draws the page at once."""

    def __init__(self, app: ASGIApp, *, is_local: bool, shell: str) -> None:
        """Take the app behind it.

        Args:
            app: what answers the requests that pass.
            is_local: whether only this machine is served, under its own names.
            shell: HTML that is put into the page, so that it is drawn before Gradio
                has loaded.
        """
        self._app = app
        self._is_local = is_local
        self._shell = shell.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        is_upload = scope["path"].startswith(_UPLOAD)
        limit = MAX_UPLOAD_BYTES + _FORM if is_upload else _MAX_BODY
        if int(Headers(scope=scope).get("content-length") or 0) > limit:
            await PlainTextResponse(f"more than {limit:,} bytes", 413)(
                scope, receive, send
            )
            return
        receive = _bounded(receive, limit)
        if scope["method"] not in ("GET", "HEAD") and not is_upload:
            messages = await _read(receive)
            if _is_file_elsewhere(b"".join(m.get("body", b"") for m in messages)):
                await PlainTextResponse(_FETCHES_NOTHING, 403)(scope, receive, send)
                return
            receive = _replayed(messages, receive)
        is_page = scope["method"] == "GET" and scope["path"] in ("/", "")
        await self._app(scope, receive, _Drawn(send, self._shell if is_page else b""))

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._is_local and not is_local(urlsplit(f"//{host}").hostname or ""):
            return f"this server answers to 127.0.0.1 only, not to {host!r}"
        origin = headers.get("origin")
        allowed = {host, headers.get("x-forwarded-host", host)}
        if (
            origin
            and scope["method"] not in ("GET", "HEAD")
            and urlsplit(origin).netloc not in allowed
        ):
            return f"a page of {origin!r} may not use this server"
        path = scope["path"]
        if "/file=http" in path or "/proxy=" in path:
            return _FETCHES_NOTHING
        return ""


def _bounded(receive: Receive, limit: int) -> Receive:
    """Return a receive that ends a body beyond the limit, whatever its header says."""
    got = 0

    async def bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return {"type": "http.disconnect"} if got > limit else message

    return bounded


async def _read(receive: Receive) -> list[Message]:
    """Return the messages of a body, to its end or that of the connection."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    """Return a receive that gives these first."""
    left = iter(messages)

    async def replayed() -> Message:
        return next(left, None) or await receive()

    return replayed


def _is_file_elsewhere(body: bytes) -> bool:
    """Whether a body names, in any of its arguments, a file by an address.

    >>> _is_file_elsewhere(b'{"data": [{"path": "HTTP://evil.example/x"}]}')
    True
    >>> _is_file_elsewhere(b'{"data": [{"path": "a.md"}, "http://evil.example/x"]}')
    False
    """
    try:
        left = [json.loads(body)]
    except (ValueError, RecursionError):
        return False  # no JSON for Gradio either, which reads it in the same way
    while left:
        part = left.pop()
        if isinstance(part, dict):
            path = part.get("path")
            if isinstance(path, str) and path.lower().startswith(_ELSEWHERE):
                return True
            left += part.values()
        elif isinstance(part, list):
            left += part
    return False


class _Drawn:
    """A send that adds our headers and, to the page, the shell."""

    def __init__(self, send: Send, shell: bytes) -> None:
        self._send = send
        self._shell = shell
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            for name, value in _HEADERS.items():
                headers[name] = value
            message = {**message, "headers": headers.raw}
            is_html = headers.get("content-type", "").startswith("text/html")
            if self._shell and is_html:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
            return
        await self._send(message)

    async def _finish(self, start: Message) -> None:
        body = self._body
        if b'"auth_required":true' not in body.replace(b" ", b""):
            body = body.replace(b"<gradio-app", self._shell + b"<gradio-app", 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})

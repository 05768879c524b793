"""What every request passes: nobody else's page may drive this server.

The server of a laptop is reached by every page that its browser shows. So a name that
is not this machine's (DNS rebinding), a request from another origin, and a body beyond
bounds are refused; and a policy forbids our own page to ask any other host.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.actions import MAX_UPLOAD_BYTES

__all__ = ["Guard"]

_OURS = frozenset(("127.0.0.1", "localhost", "::1"))
_MAX_BODY = 16_000_000  # bytes of a call; uploads have a bound of their own
_FORM = 100_000  # bytes around the files of an upload
_UPLOAD = "/gradio_api/upload"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


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
        is_page = scope["method"] == "GET" and scope["path"] in ("/", "")
        answer = _Drawn(send, self._shell if is_page else b"")
        await self._app(scope, _bounded(receive, limit), answer)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._is_local and urlsplit(f"//{host}").hostname not in _OURS:
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
            return "this server fetches nothing from other hosts"
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

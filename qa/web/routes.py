"""Plain HTTP for programs: `/ask`, `/retrieve` and `/schema`, JSON in and out."""

import base64
import binascii
import json
import secrets
from collections.abc import Callable
from reprlib import repr as short
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qa.errors import QAError
from qa.schema import ANSWER_SCHEMA
from qa.web.page import Programs

__all__ = ["Credentials", "routes"]

Credentials = tuple[str, str]
"""User and password."""

_LISTS = ("turns", "only")
_NUMBERS: dict[str, type[int] | type[float]] = {"top_k": int, "min_confidence": float}


def routes(programs: Programs, credentials: Credentials | None) -> list[Route]:
    """Return the routes; with credentials they take basic log-in or Gradio's cookie."""

    def answering(act: Callable[..., Any], known: tuple[str, ...]) -> Route:
        async def endpoint(request: Request) -> Response:
            if not _is_allowed(request, credentials):
                return _json(
                    {"error": "log in: this server asks for a user and a password"},
                    401,
                    {"WWW-Authenticate": 'Basic realm="qa"'},
                )
            try:
                arguments = _arguments(await _sent(request), known)
                # a thread of its own: models hold no event loop
                result = await anyio.to_thread.run_sync(lambda: act(**arguments))
            except QAError as error:
                return _json({"error": str(error)}, 422)
            return _json(result)

        return Route(f"/{act.__name__}", endpoint, methods=["GET", "POST"])

    async def schema(_: Request) -> Response:
        return _json(ANSWER_SCHEMA)

    return [
        answering(programs.ask, ("question", "turns", "only", "min_confidence")),
        answering(programs.retrieve, ("question", "top_k", "mode", "only")),
        Route("/schema", schema),
    ]


async def _sent(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        sent: dict[str, Any] = dict(request.query_params)
        if "only" in sent:
            sent["only"] = request.query_params.getlist("only")
        return sent
    if "json" not in request.headers.get("content-type", ""):
        raise QAError("send the question as JSON: Content-Type: application/json")
    try:
        found = json.loads(await request.body())
    except ValueError as error:
        raise QAError(f'no JSON ({error}); send {{"question": "…"}}') from error
    except RecursionError as error:
        raise QAError('JSON nested too deeply; send {"question": "…"}') from error
    if not isinstance(found, dict):
        raise QAError('found no object; send {"question": "…"}')
    return found


def _arguments(sent: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Return what the act takes, or tell what is wrong with what was sent."""
    unknown = sorted(set(sent) - set(known))
    if unknown or not isinstance(sent.get("question"), str):
        raise QAError(
            f"found {sorted(sent)}; wanted `question` (text), and if need be "
            f"{', '.join(known[1:])}"
        )
    found = {name: value for name, value in sent.items() if value is not None}
    for name in _LISTS:
        if not isinstance(found.get(name, []), list):
            raise QAError(f"{name} is {short(found[name])}; wanted a list")
    for id_ in found.get("only", []):
        if not isinstance(id_, str):
            raise QAError(f"only holds {short(id_)}; wanted article ids")
    for name, number in _NUMBERS.items():
        if name in found:
            found[name] = _number(name, found[name], number)
    if found.get("mode", "hybrid") not in ("hybrid", "dense", "words"):
        raise QAError(f"mode is {short(found['mode'])}; wanted hybrid, dense or words")
    return found


def _number(name: str, value: Any, number: type[int] | type[float]) -> float:
    """Return the value as such a number, if nothing of it is lost.

    >>> _number("top_k", "5", int), _number("top_k", 5.0, int)
    (5, 5)
    """
    try:
        found = number(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    is_text = isinstance(value, str)  # as it stands in an address
    if found is None or isinstance(value, bool) or not (is_text or found == value):
        wanted = "a whole number" if number is int else "a number"
        raise QAError(f"{name} is {short(value)}; wanted {wanted}")
    return found


def _is_allowed(request: Request, credentials: Credentials | None) -> bool:
    if credentials is None:
        return True
    app = request.app  # Gradio's: it knows who has logged in on its page
    for name in ("access-token", "access-token-unsecure"):
        token = request.cookies.get(f"{name}-{app.cookie_id}")
        if token and app.tokens.get(token):
            return True
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return False
    wanted = ":".join(credentials).encode()
    return kind.lower() == "basic" and secrets.compare_digest(given, wanted)


def _json(
    data: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    # ASCII, so that even half a surrogate pair in a file name can be sent
    return Response(json.dumps(data), status, headers, "application/json")

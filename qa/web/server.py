"""The page's server: on this machine only unless told otherwise, and never outwards."""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module, resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.middleware import Middleware

from qa.errors import QAError
from qa.web.actions import MAX_FILE_BYTES
from qa.web.guard import Guard, is_local
from qa.web.page import SCRIPT, Programs, build_ui, shell, theme
from qa.web.routes import Credentials, routes

if TYPE_CHECKING:
    from qa.pipeline import QA

__all__ = ["free_port", "launch_options", "serve", "start"]

logger = logging.getLogger(__name__)

_FIRST_PORT = 7860
_PORTS_TRIED = 100


def serve(
    qa: "QA",
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: str | None = None,
    is_opened: bool = False,
    announce: Callable[[str], None] = logger.info,
) -> None:
    """Serve the page until interrupted.

    Args:
        qa: the library that is asked.
        host: address to listen at; the default serves this machine only.
        port: None takes the first free one from 7860.
        auth: `USER:PASSWORD`, without which nobody is let in; None asks for none.
        is_opened: whether to open a browser, too.
        announce: is told, in a sentence, where the page is.

    Raises:
        QAError: if the port is taken, or `auth` has another form.
    """
    demo, url = start(qa, host=host, port=port, auth=auth, is_opened=is_opened)
    announce(f"Serving on {url}")
    if auth is None and not is_local(host):
        announce("Everyone on this network can read and change the library; see --auth")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        announce("Stopped")
    finally:
        demo.close(verbose=False)


def start(
    qa: "QA",
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    auth: str | None = None,
    is_opened: bool = False,
) -> tuple[gr.Blocks, str]:
    """Start the server in threads of its own; return the app and its address.

    Raises:
        QAError: if the port is taken, or `auth` has another form.
    """
    credentials = _credentials(auth)
    demo = build_ui(qa)
    number = free_port(host, port)
    demo.launch(
        server_name=host,
        server_port=number,
        auth=credentials,
        inbrowser=is_opened,
        prevent_thread_lock=True,
        **launch_options(qa, host=host, credentials=credentials),
    )
    threading.Thread(target=_warm_up, args=(qa,), daemon=True).start()
    return demo, f"http://{f'[{host}]' if ':' in host else host}:{number}"


def launch_options(
    qa: "QA", *, host: str = "127.0.0.1", credentials: Credentials | None = None
) -> dict[str, Any]:
    """Return what `launch` needs besides address and log-in."""
    begin = f"<script>{SCRIPT}\nqaPage.start(document.getElementById('qa'));</script>"
    guard = Middleware(Guard, is_local=is_local(host), shell=shell(qa) + begin)
    return {
        "quiet": True,
        "share": False,
        "ssr_mode": False,
        "pwa": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": [],
        "show_error": True,
        "max_file_size": MAX_FILE_BYTES,
        "theme": theme(),
        "favicon_path": str(resources.files("qa.web") / "assets" / "icon.svg"),
        "app_kwargs": {
            "routes": routes(Programs(qa), credentials),
            "middleware": [guard],
            "docs_url": None,
            "redoc_url": None,
        },
        # tools for assistants, where the optional package is installed; they cannot
        # log in, so they are not offered beside a password
        "mcp_server": find_spec("mcp") is not None and credentials is None,
    }


def free_port(host: str, port: int | None) -> int:
    """Return the port if it is free, or the first free one from 7860.

    Raises:
        QAError: if it is taken, or none is free.
    """
    wanted = range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED) if port is None else [port]
    for number in wanted:
        bound, problem = _try(host, number)
        if bound:
            return bound
    found = f"ports {wanted[0]} to {wanted[-1]}" if port is None else f"port {port}"
    raise QAError(
        f"{found} on {host!r} cannot be used ({problem}). Wanted a free one of this "
        "machine. Name another with `--port` or `--host`, or end the program that "
        "holds it."
    )


def _try(host: str, port: int) -> tuple[int, str]:
    """Return the port if it can be bound, else 0 and why not."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            return int(trial.getsockname()[1]), ""
    except (OSError, OverflowError) as error:
        return 0, getattr(error, "strerror", None) or str(error)


def _credentials(auth: str | None) -> Credentials | None:
    if auth is None:
        return None
    user, colon, password = auth.partition(":")
    if not (user and colon and password):
        raise QAError(
            "the log-in has another form than USER:PASSWORD. Give both, such as "
            "`--auth reader:a-long-password`."
        )
    return user, password


def _warm_up(qa: "QA") -> None:
    """Load what the first question and the first call would else wait for."""
    with suppress(ImportError):
        # Gradio imports it in its first call, where it is installed: a second's work
        import_module("matplotlib.pyplot")
    with suppress(QAError):  # it is only a warm-up: whoever asks is told
        qa.ask("What is new?")

"""Work in a thread that nobody waits for when the interpreter ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["beside"]

_Result = TypeVar("_Result")


def beside(work: Callable[[], _Result], *, name: str) -> "Future[_Result]":
    """Return what `work` will return, or raise, in a daemon thread of that name.

    The threads of an executor are waited for at the end, whatever they still do.

    >>> beside(lambda: 6 * 7, name="sum").result()
    42
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # handed over to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    return future

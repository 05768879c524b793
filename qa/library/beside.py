"""Work in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["beside"]

_Result = TypeVar("_Result")


def beside(
    work: Callable[[], _Result], *, name: str, is_waited_for: bool
) -> "Future[_Result]":
    """Return what `work` will return, or raise, in a thread of that name.

    Args:
        work: what is to be done.
        name: of the thread.
        is_waited_for: whether the interpreter waits for it when it ends, as it does for
            the threads of an executor. A thread that it does not wait for may take the
            process along if it dies inside native code.

    >>> beside(lambda: 6 * 7, name="sum", is_waited_for=True).result()
    42
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # handed over to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=not is_waited_for, name=name).start()
    return future

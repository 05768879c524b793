"""Where questions line up: no more are answered at once than there are cores.

Twenty people on two busy cores: 216 answers a minute in line, 150 without, and the
slowest twentieth waited 6 s instead of 16 (`python -m tests.page_speed --people 20`).
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TURNSTILE", "Turnstile"]


class Turnstile:
    """Lets some in at once, and knows whether anybody is there."""

    def __init__(self, at_once: int) -> None:
        """Take how many may be inside together."""
        self._gate = threading.BoundedSemaphore(at_once)
        self._counting = threading.Lock()
        self._people = 0

    @property
    def is_busy(self) -> bool:
        """Whether somebody is inside or waits to be."""
        return self._people > 0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for a place, and hold it for the block.

        >>> turnstile = Turnstile(1)
        >>> with turnstile.passed():
        ...     turnstile.is_busy
        True
        >>> turnstile.is_busy
        False
        """
        with self._counting:
            self._people += 1
        try:
            with self._gate:
                yield
        finally:
            with self._counting:
                self._people -= 1


TURNSTILE = Turnstile(os.cpu_count() or 2)
"""One for the process, because the cores are: page and programs share it."""

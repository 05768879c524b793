"""Where questions line up: no more are answered at once than there are cores.

Twenty people on two busy cores: 216 answers a minute in line, 150 without, and the
slowest twentieth waited 6 s instead of 16 (`python -m tests.page_speed --people 20`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qa.errors import QAError
from qa.models.runtime import usable_cores

__all__ = ["TURNSTILE", "Turnstile"]


class Turnstile:
    """Lets some in at once, in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        """Take how many may be inside together."""
        self.at_once = at_once
        self._inside = 0
        self._line: list[object] = []
        self._moved = threading.Condition()

    @property
    def is_busy(self) -> bool:
        """Whether somebody is inside or waits to be."""
        return bool(self._line) or self._inside > 0

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    def leave(self, ticket: str) -> bool:
        """Let whoever waits with this ticket go; whether there was one."""
        with self._moved:
            if ticket not in self._line:
                return False
            self._line.remove(ticket)
            self._moved.notify_all()
            return True

    @contextmanager
    def passed(self, ticket: str = "") -> Iterator[None]:
        """Wait for a place, and hold it for the block.

        Args:
            ticket: by which `leave` ends the wait; empty, it cannot be ended.

        Raises:
            QAError: if the wait was ended.

        >>> turnstile = Turnstile(1)
        >>> with turnstile.passed():
        ...     turnstile.is_busy
        True
        >>> turnstile.is_busy
        False
        """
        me = ticket or object()
        with self._moved:
            self._line.append(me)
            self._moved.wait_for(lambda: self._is_next(me) or me not in self._line)
            if me not in self._line:
                raise QAError("Stopped: this question was not read. Ask it again.")
            self._line.remove(me)
            self._inside += 1
            self._moved.notify_all()
        try:
            yield
        finally:
            with self._moved:
                self._inside -= 1
                self._moved.notify_all()

    def _is_next(self, me: object) -> bool:
        return self._inside < self.at_once and self._line[:1] == [me]


TURNSTILE = Turnstile(usable_cores())
"""One for the process, because the cores are: page and programs share it."""

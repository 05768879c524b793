"""What was asked lately and is asked again costs nothing."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

T = TypeVar("T")


class Recent(Generic[T]):
    """The values used last, at most `size` of them; threads may share one.

    >>> recent = Recent[str](size=1)
    >>> recent.put("a", "A"), recent.put("b", "B")
    (None, None)
    >>> recent.get("a"), recent.get("b")
    (None, 'B')
    """

    def __init__(self, size: int) -> None:
        """Take how many are kept."""
        self._size = size
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """Return the value of a key, or None if it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value; the one unused for longest goes."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)

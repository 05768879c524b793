"""How far a run of indexing is, and what it did."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Meter", "Progress", "SyncReport"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    `share` counts bytes of the files to be read, in [0, 1], once what they hold is
    stored.
    """

    files: int  # read so far
    files_total: int
    passages: int  # embedded and stored so far in this run
    share: float
    seconds: float

    @property
    def rate(self) -> float:
        """Passages a second, since the start of the run."""
        return self.passages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end; None while too little is known."""
        if self.share < 0.01 or self.seconds < 1:
            return None
        return self.seconds * (1 - self.share) / self.share


class Meter:
    """Counts what one run does, and tells how far it is."""

    def __init__(self, tell: Callable[[Progress], None] | None = None) -> None:
        """Start the clock."""
        self._tell = tell or (lambda _: None)
        self._begun = time.perf_counter()
        self.files = self.files_total = 0
        self.bytes = self.bytes_total = 0  # of files that were read to their end
        self.bytes_of_file = 0.0  # of the one that is being read
        self.bytes_waiting = 0  # read, and not stored yet
        self.passages = 0

    @property
    def seconds(self) -> float:
        """Time since the start of the run."""
        return time.perf_counter() - self._begun

    def tell(self) -> None:
        """Tell how far the files are read and stored."""
        done = self.bytes + self.bytes_of_file - self.bytes_waiting
        share = done / self.bytes_total if self.bytes_total else 1.0
        counts = self.files, self.files_total, self.passages
        self._tell(Progress(*counts, share, self.seconds))

    def tell_redone(self, passages: int, total: int) -> None:
        """Tell how many stored passages were cut or embedded anew."""
        self._tell(Progress(0, 0, passages, passages / total, self.seconds))


@dataclass(slots=True)
class SyncReport:
    """What one run did, by path."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)  # from, to
    removed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)  # path, reason
    unchanged: int = 0
    embedded: int = 0  # texts that a model had to read
    seconds: float = 0.0

    @property
    def is_changed(self) -> bool:
        """Whether articles came, went, moved or changed."""
        return bool(self.added or self.changed or self.moved or self.removed)

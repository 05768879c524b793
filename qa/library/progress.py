"""How far a run of indexing is, and what it did."""

from dataclasses import dataclass, field

__all__ = ["Progress", "SyncReport"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `share` counts bytes of the files to be read, in [0, 1]."""

    files: int
    files_total: int
    passages: int  # stored so far in this run
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
        """Whether anything but unchanged files was met."""
        return bool(self.added or self.changed or self.moved or self.removed)

"""What every parser takes and gives."""

from dataclasses import dataclass

from qa.types import Article

__all__ = ["Parsed", "RawFile", "Skipped"]


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file's bytes, and the path and hash that its articles will carry."""

    data: bytes
    path: str
    hash: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a file that gave no article: a zip's member, a row, a page."""

    path: str
    reason: str  # what was found, what was wanted, what to do


@dataclass(frozen=True, slots=True)
class Parsed:
    """The articles of one file, and whatever else it held: nothing is lost silently."""

    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...] = ()

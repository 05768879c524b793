"""Every knob, with its unit, and the measurement that set it."""

from dataclasses import dataclass, fields
from numbers import Real

__all__ = ["Settings", "check_share"]


def check_share(name: str, value: object) -> None:
    """Make sure that a value is a share or a probability.

    Raises:
        ValueError: if it is not.

    >>> check_share("min_confidence", "0.5")
    Traceback (most recent call last):
    ValueError: min_confidence must be in [0, 1], got '0.5'
    """
    if not isinstance(value, Real) or not 0.0 <= float(value) <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {value!r}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be tuned. A change of a default comes with a new result line."""

    # passages: a change re-cuts the articles, and embeds only what came out new
    min_chars: int = 400  # a shorter paragraph is joined with its neighbour
    max_chars: int = 1000  # a longer one is cut; 256 tokens are about 1,100 characters
    overlap_chars: int = 200  # the most that two windows of one paragraph share

    # models: a spec is a name of the table, or anything the family can open
    embedder: str = "minilm"  # qa.search.embed.EMBEDDERS
    reader: str = "span"  # qa.reading.read.READERS

    # retrieve
    pool: int = 100  # candidates asked of each side before fusion
    dense_weight: float = 0.5  # share of the dense side; training/README.md
    article_share: float = 0.3  # of a score, the best one's of the article; likewise
    top_k: int = 7  # passages read for a question, at most; training/README.md
    # share of the first passage's score below which no other is read; qa/reading/stages
    worth_reading: float = 0.55
    # confidence from which on no more are read, after one passage, two, and so on;
    # training.stopping
    sure: tuple[float, ...] = (0.7, 0.6, 0.55, 0.5)

    # decide
    min_confidence: float = 0.27  # below it we abstain; training/README.md
    max_alternatives: int = 4  # further answers shown
    remembered: int = 256  # answers kept, some kilobytes each; 0 reads every time
    max_question_chars: int = 2000  # longer input is a pasted text, not a question

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and type(value) is not int:
                raise ValueError(f"{field.name} must be a whole number, got {value!r}")
            if field.type is str and type(value) is not str:
                raise ValueError(f"{field.name} must be text, got {value!r}")
        if not 0 < self.min_chars <= self.max_chars:
            raise ValueError(
                f"passages need 0 < min_chars <= max_chars, got "
                f"{self.min_chars} and {self.max_chars}"
            )
        if not 0 <= self.overlap_chars < self.max_chars:
            raise ValueError(
                f"overlap_chars must be in [0, max_chars), got {self.overlap_chars}"
            )
        shares = "dense_weight article_share worth_reading min_confidence"
        for name in shares.split():
            check_share(name, getattr(self, name))
        if not isinstance(self.sure, tuple):
            raise ValueError(  # noqa: TRY004  # as every mistake of a caller
                f"sure must be a tuple of [0, 1], got {self.sure!r}"
            )
        for share in self.sure:
            check_share("each of sure", share)
        for name in ("pool", "top_k", "max_question_chars"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        for name in ("max_alternatives", "remembered"):
            value = getattr(self, name)
            if value < 0:
                raise ValueError(f"{name} must be at least 0, got {value}")

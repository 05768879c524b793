"""The nouns of a question's way, in the order in which they come to be.

Offsets count characters of `Article.text`, half-open `[start, end)`. All types are
frozen; what can be derived is a property, so that it cannot disagree.
"""

import datetime
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Alternative",
    "Answer",
    "Article",
    "Candidate",
    "Citation",
    "Hit",
    "Passage",
    "Reason",
    "Turn",
]


@dataclass(frozen=True, slots=True)
class Article:
    """One article as its reader sees it: no markup, no menus.

    `id` is unique within a library: the path, and `path#row` where one file holds
    several articles. `path` is relative to the articles folder, with forward slashes;
    a member of a zip is `archive.zip/inner/name.txt`.
    """

    id: str
    path: str
    title: str
    text: str
    published: datetime.date | None = None
    source: str | None = None
    byline: str | None = None
    file_hash: str = ""  # SHA-256 of the file's bytes, hexadecimal
    page_starts: tuple[int, ...] = ()  # offset at which each page begins; PDF only

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("an article needs an id")
        if list(self.page_starts) != sorted(self.page_starts):
            raise ValueError(f"page_starts must not decrease, got {self.page_starts}")

    def page_at(self, offset: int) -> int | None:
        """Return the page number, from 1, that holds `offset`; None without pages."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))


def _check_slice(start: int, end: int, text: str) -> None:
    if not 0 <= start < end <= len(text):
        raise ValueError(
            f"[{start}, {end}) is not a slice of a text of {len(text)} characters"
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of one article: the unit that is embedded and retrieved.

    `row` is its key in the store; -1 before it is stored.
    """

    article: Article
    start: int
    end: int
    row: int = field(default=-1, compare=False)

    def __post_init__(self) -> None:
        _check_slice(self.start, self.end, self.article.text)

    @property
    def text(self) -> str:
        """The slice itself: derived, so it cannot disagree with the offsets."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found, with the evidence of both sides.

    `score` is the fused score, a share of it the best one of the article; comparable
    within one question only. `dense` is the
    cosine of question and passage, `lexical` the BM25 score; None where that side
    was not asked or did not find the passage.
    """

    passage: Passage
    score: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that a reader proposes: offsets of the article, and two raw logits.

    `score` is the logit that the answer is in this place, `null` that of "no answer" in
    the window that holds it. Both are comparable across passages of one question.
    """

    passage: Passage
    start: int
    end: int
    score: float
    null: float = 0.0

    def __post_init__(self) -> None:
        if not self.passage.start <= self.start < self.end <= self.passage.end:
            raise ValueError(
                f"span [{self.start}, {self.end}) is not within its passage "
                f"[{self.passage.start}, {self.passage.end})"
            )

    @property
    def text(self) -> str:
        """The words of the span."""
        return self.passage.article.text[self.start : self.end]

    @property
    def margin(self) -> float:
        """Logit of the place minus logit of "no answer"."""
        return self.score - self.null


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands, complete enough to check it later without the store.

    `start`, `end` delimit the quote; the sentence and the passage around it are
    given by offsets of the same text. `page` counts from 1 and is None where the
    format has no pages; `paragraph` counts from 1.
    """

    article: str  # Article.id
    path: str
    title: str
    published: datetime.date | None
    start: int
    end: int
    quote: str
    sentence_start: int
    sentence_end: int
    passage_start: int
    passage_end: int
    paragraph: int
    page: int | None = None
    byline: str | None = None
    source: str | None = None
    file_hash: str = ""

    def __post_init__(self) -> None:
        if len(self.quote) != self.end - self.start:
            raise ValueError(
                f"the quote has {len(self.quote)} characters, its offsets "
                f"[{self.start}, {self.end}) have {self.end - self.start}"
            )
        if not self.sentence_start <= self.start < self.end <= self.sentence_end:
            raise ValueError("the sentence does not hold the quote")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another answer that the articles allow, less sure than the first.

    `confidence` is the probability in [0, 1] that this is right and the best is not;
    of an abstention the first is the best.
    """

    text: str
    sentence: str
    confidence: float
    citations: tuple[Citation, ...]


Reason = Literal[
    "no_articles",  # the library is empty
    "no_match",  # no passage seems to be about what is asked
    "no_answer",  # passages are near, but none of them is likely to answer
    "low_confidence",  # a span was found, but it is less sure than was asked for
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say, or that they do not: `text is None` is a value.

    `confidence` is the probability in [0, 1] that `text` is right; of an abstention,
    that the best span would have been. `question` is what was asked, `standalone`
    what was looked for after a follow-up was completed. `nearest` cites the passages
    that came closest when `text` is None and some are near, `unknown_words` are words
    of the question that no article contains. `timings` maps a stage to milliseconds.
    """

    question: str
    standalone: str
    text: str | None
    sentence: str | None
    confidence: float
    reason: Reason | None = None
    citations: tuple[Citation, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    nearest: tuple[Citation, ...] = ()
    unknown_words: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)
    passages: int = 0  # how many passages were asked: all, or those of `only`

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must be in [0, 1], got {self.confidence}")
        if (self.text is None) != (self.reason is not None):
            raise ValueError("an answer has a reason exactly when it has no text")
        if self.text == "" or (self.text is None) != (self.sentence is None):
            raise ValueError("an answer has words and their sentence, or neither")
        if (self.text is None) == bool(self.citations):
            raise ValueError("an answer has citations exactly when it has a text")

    @property
    def is_found(self) -> bool:
        """Whether the articles answer the question."""
        return self.text is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation."""

    question: str
    answer: Answer

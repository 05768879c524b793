"""A trained reader: windows over passages, logits, spans.

Works over any extractive model that gives a start and an end logit for each token and
scores "no answer" at its first token, as SQuAD 2.0 readers do (Rajpurkar et al. 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np

from qa.library.sentences import block_spans
from qa.reading.spans import Blocks, Logits, best_spans, polish, word_edges
from qa.types import Candidate, Passage

__all__ = ["MAX_WINDOW", "SpanModel", "SpanReader"]

MAX_WINDOW = 384  # tokens, question and marks included
_SHARED = 3  # neighbouring windows share a third of their tokens
_QUESTION = 4  # a question is cut at a fourth of a window
_MAX_SPAN = 40  # tokens; 30 reads best on the dev sets, statements run longer
_SPANS_PER_WINDOW = 4


class SpanModel(Protocol):
    """Gives start and end logits for windows of tokens."""

    @property
    def name(self) -> str:
        """Identity of the weights."""

    def logits(self, windows: Sequence[Any]) -> list[tuple[Logits, Logits]]:
        """Return start and end logits of each `tokenizers.Encoding`."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Tokens of a question and a part of one passage."""

    passage: int  # which of the passages
    encoding: Any  # tokenizers.Encoding


class SpanReader:
    """Reads spans with a model; the same for shipped and for other weights."""

    def __init__(
        self, model: SpanModel, tokenizer: Any, *, max_window: int = MAX_WINDOW
    ) -> None:
        """Take a model and its `tokenizers.Tokenizer`, which is then ours alone."""
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_question = max_window // _QUESTION
        self._tokenizer.enable_truncation(
            max_window, stride=max_window // _SHARED, strategy="only_second"
        )

    @property
    def name(self) -> str:
        """Identity of the weights."""
        return self._model.name

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return candidates of all passages, by margin, best first."""
        question = self._shortened(question)
        windows = [
            _Window(number, encoding)
            for number, passage in enumerate(passages)
            for encoding in self._encode(question, passage.text)
        ]
        found: list[list[Candidate]] = [[] for _ in passages]
        logits = self._model.logits([window.encoding for window in windows])
        for window, (start, end) in zip(windows, logits, strict=True):
            passage = passages[window.passage]
            found[window.passage] += _candidates(passage, window, start, end)
        kept = [c for candidates in found for c in _without_overlap(candidates)]
        return sorted(kept, key=_order)

    @cached_property
    def _whole(self) -> Any:
        """A tokenizer that cuts nothing; few questions need it."""
        whole = type(self._tokenizer).from_str(self._tokenizer.to_str())
        whole.no_truncation()
        return whole

    def _shortened(self, question: str) -> str:
        if len(question.encode()) <= self._max_question:  # no token is below a byte
            return question
        encoding = self._whole.encode(question, add_special_tokens=False)
        if len(encoding.ids) <= self._max_question:
            return question
        return question[: encoding.offsets[self._max_question - 1][1]]

    def _encode(self, question: str, text: str) -> list[Any]:
        encoding = self._tokenizer.encode(question, text)
        return [encoding, *encoding.overflowing]


def _candidates(
    passage: Passage, window: _Window, start: Logits, end: Logits
) -> list[Candidate]:
    text = passage.text
    encoding = window.encoding
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    in_passage = np.array([s == 1 for s in encoding.sequence_ids], dtype=np.bool_)
    in_passage &= offsets[:, 1] > offsets[:, 0]
    if not in_passage.any():
        return []
    starts, ends = word_edges(text)
    offsets = np.where(in_passage[:, None], offsets, 0)
    spans = best_spans(
        start,
        end,
        in_passage & starts[offsets[:, 0]],
        in_passage & ends[offsets[:, 1]],
        block=_blocks(passage)[offsets[:, 0]],
        max_tokens=_MAX_SPAN,
        at_most=_SPANS_PER_WINDOW,
    )
    null = float(start[0] + end[0])
    found = []
    for first, last, score in spans:
        begin, stop = polish(
            text,
            int(offsets[first, 0]),
            int(offsets[last, 1]),
            low=0,
            high=len(text),
        )
        found.append(
            Candidate(passage, passage.start + begin, passage.start + stop, score, null)
        )
    return found


def _blocks(passage: Passage) -> Blocks:
    """Return the number of the paragraph that each character of a passage is in."""
    places = np.arange(passage.start, passage.end)
    starts = _block_starts(passage.article.text)
    return np.searchsorted(starts, places, side="right").astype(np.int64)


@lru_cache(maxsize=64)  # an article of many windows has them for each
def _block_starts(text: str) -> Blocks:
    return np.array([start for start, _ in block_spans(text)], dtype=np.int64)


def _order(candidate: Candidate) -> tuple[float, str, int, int]:
    # ties: by place, so that equal input gives equal output
    return (
        -candidate.margin,
        candidate.passage.article.id,
        candidate.start,
        candidate.end,
    )


def _without_overlap(candidates: list[Candidate]) -> list[Candidate]:
    """Keep the best of overlapping candidates, of windows that share tokens."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=_order):
        if all(c.end <= candidate.start or candidate.end <= c.start for c in kept):
            kept.append(candidate)
    return kept

"""A trained reader: windows over passages, logits, spans.

Works over any extractive model that gives a start and an end logit for each token and
scores "no answer" at its first token, as SQuAD 2.0 readers do (Rajpurkar et al. 2018).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from qa.reading.layout import within
from qa.reading.lead import lead
from qa.reading.spans import Logits, Mask, best_spans, polish, word_edges
from qa.types import Candidate, Passage

__all__ = ["MAX_WINDOW", "SpanModel", "SpanReader"]

Offsets = npt.NDArray[np.int64]

MAX_WINDOW = 384  # tokens, question and marks included
_SHARED = 3  # neighbouring windows share a third of their tokens
_QUESTION = 4  # a question is cut at a fourth of a window, and so is a lead
_SLACK = 8  # tokens by which a part of a text may grow when it is encoded alone
_MAX_SPAN = 40  # tokens; 30 reads best on the dev sets, statements run longer
_SPANS_PER_WINDOW = 4


class SpanModel(Protocol):
    """Gives start and end logits for windows of tokens."""

    @property
    def name(self) -> str:
        """Identity of the weights."""

    def logits(self, windows: Iterable[Any]) -> Iterable[tuple[Logits, Logits]]:
        """Give start and end logits of each `tokenizers.Encoding`, in order."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Tokens of a question, a lead, and a part of one passage."""

    passage: int  # which of the passages
    encoding: Any  # tokenizers.Encoding, of the question and of lead and part
    lead: int  # characters of the lead
    start: int  # where the part begins, in characters of the passage

    def offsets(self) -> tuple[Offsets, Mask]:
        """Return where tokens stand in the passage, `(n, 2)`, and which ones do."""
        places = np.array(self.encoding.offsets, dtype=np.int64).reshape(-1, 2)
        inside = np.array([s == 1 for s in self.encoding.sequence_ids], dtype=np.bool_)
        # tokens of some models hold the space before them, here the one of the lead
        places = np.maximum(places, self.lead)
        inside &= places[:, 1] > places[:, 0]
        return np.where(inside[:, None], places - self.lead + self.start, 0), inside


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
        self._max_window = max_window
        self._max_question = max_window // _QUESTION

    @property
    def name(self) -> str:
        """Identity of the weights."""
        return self._model.name

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return candidates of all passages, by margin, best first."""
        question = _marked(self._shortened(question))
        # the longest first, so that no core is left alone with it at the end
        order = sorted(range(len(passages)), key=lambda n: -len(passages[n].text))
        windows: deque[_Window] = deque()

        def encodings() -> Iterator[Any]:  # made while the model reads the last ones
            for number in order:
                for window in self._windows(question, number, passages[number]):
                    windows.append(window)
                    yield window.encoding

        found: list[list[Candidate]] = [[] for _ in passages]
        for start, end in self._model.logits(encodings()):
            window = windows.popleft()
            passage = passages[window.passage]
            found[window.passage] += _candidates(passage, window, start, end)
        kept = [c for candidates in found for c in _without_overlap(candidates)]
        return sorted(kept, key=_order)

    def _shortened(self, text: str) -> str:
        """Return as much of a text as a question or a lead may have tokens."""
        if len(text.encode()) <= self._max_question:  # no token is below a byte
            return text
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        if len(encoding.ids) <= self._max_question:
            return text
        return text[: encoding.offsets[self._max_question - 1][1]]

    def _windows(
        self, question: str, number: int, passage: Passage
    ) -> Iterator[_Window]:
        """Yield one window, or several that overlap where the passage is long."""
        front = self._shortened(lead(passage)).rstrip()
        front = f"{front} " if front else ""
        text = passage.text
        encoding = self._tokenizer.encode(question, front + text)
        if len(encoding.ids) <= self._max_window:
            yield _Window(number, encoding, len(front), 0)
            return
        places = self._tokenizer.encode(text, add_special_tokens=False).offsets
        taken = len(encoding.ids) - len(places)  # by question, lead and marks
        room = max(1, self._max_window - taken - _SLACK)
        for first in range(0, len(places), max(1, room - room // _SHARED)):
            last = min(first + room, len(places)) - 1
            start, end = places[first][0], places[last][1]
            encoding = self._tokenizer.encode(question, front + text[start:end])
            encoding.truncate(self._max_window)
            yield _Window(number, encoding, len(front), start)
            if last == len(places) - 1:
                return


def _marked(question: str) -> str:
    """Return a question with its mark: nearly all that readers learn from have one.

    By hand, 456 dev questions without it: a point of exact match lost, and the margins
    two logits (XQuAD) from those that the calibration was fitted to.

    >>> _marked("who won "), _marked("Who won?"), _marked("Who won...")
    ('who won?', 'Who won?', 'Who won...')
    """
    text = question.rstrip()
    return f"{text}?" if text[-1:].isalnum() else question


def _candidates(
    passage: Passage, window: _Window, start: Logits, end: Logits
) -> list[Candidate]:
    text = passage.text
    offsets, in_passage = window.offsets()
    if not in_passage.any():
        return []
    starts, ends = word_edges(text)
    spans = best_spans(
        start,
        end,
        in_passage & starts[offsets[:, 0]],
        in_passage & ends[offsets[:, 1]],
        within=within(passage, offsets),
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
        if not any(map(str.isalnum, text[begin:stop])):
            continue  # a full stop answers nothing
        found.append(
            Candidate(passage, passage.start + begin, passage.start + stop, score, null)
        )
    return found


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

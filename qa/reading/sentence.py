"""A reader without training: the sentence nearest to the question is the answer.

The baseline that the span reader is measured against, and a way to read with any
embedder. It answers in whole sentences.
"""

from collections.abc import Sequence

from qa.library.paragraphs import Span
from qa.library.sentences import sentence_spans
from qa.protocols import Embedder
from qa.search.terms import coverage
from qa.types import Candidate, Passage

__all__ = ["SentenceReader"]

_COVERAGE_WEIGHT = 0.5  # of the share of question words found, against the cosine
_NULL = 0.55  # a sentence scoring below this does not answer: benchmarks/results


class SentenceReader:
    """Scores each sentence by cosine plus coverage of the question's words."""

    def __init__(self, embedder: Embedder) -> None:
        """Take the embedder that places question and sentences."""
        self._embedder = embedder

    @property
    def name(self) -> str:
        """Identity of the weights behind it."""
        return f"sentence/{self._embedder.name}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return every sentence as a candidate, best first."""
        places: list[tuple[Passage, Span]] = [
            (passage, span)
            for passage in passages
            for span in sentence_spans(passage.article.text, passage.start, passage.end)
        ]
        texts = [p.article.text[start:end] for p, (start, end) in places]
        vectors = self._embedder.encode(texts, kind="passage")
        query = self._embedder.encode([question], kind="question")[0]
        candidates = [
            Candidate(
                passage,
                start,
                end,
                float(vector @ query) + _COVERAGE_WEIGHT * coverage(question, text),
                _NULL,
            )
            for (passage, (start, end)), text, vector in zip(
                places, texts, vectors, strict=True
            )
        ]
        return sorted(
            candidates, key=lambda c: (-c.score, c.passage.row, c.start, c.end)
        )

"""The three seams: where a model or an index is swapped for another.

Implementations do not inherit; whatever has the members will do. Contract tests
(`tests/test_embed.py`, `tests/test_reading.py`) run over the listed implementations.
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from qa.types import Candidate, Hit, Passage

__all__ = ["Embedder", "Kind", "Mode", "Reader", "Retriever", "Vectors"]

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Unit vectors, shape `(n, dim)`."""

Kind = Literal["question", "passage"]
"""Some models put another prompt in front of a question than of a passage."""

Mode = Literal["hybrid", "dense", "words"]
"""Which side of retrieval is asked."""


class Embedder(Protocol):
    """Turns texts into unit vectors, so that a dot product is a cosine."""

    @property
    def name(self) -> str:
        """Identity of the weights: vectors of two names are never compared."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Return shape `(len(texts), dim)`; no texts give shape `(0, dim)`."""


class Retriever(Protocol):
    """Finds the passages of a library that may answer a question."""

    def retrieve(
        self,
        question: str,
        *,
        top_k: int,
        mode: Mode = "hybrid",
        only: Collection[str] | None = None,
    ) -> list[Hit]:
        """Return at most `top_k` hits, best first; ties are broken by row.

        `only` holds the ids of the articles to be asked; None means all.
        """


class Reader(Protocol):
    """Finds the spans of passages that answer a question."""

    @property
    def name(self) -> str:
        """Identity of the weights; confidence is calibrated for it."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return candidates of all passages, best score first.

        Several candidates of one passage do not overlap. A passage without any
        word gives none.
        """

"""Stand-ins for models: small, real, deterministic; for tests of whoever uses `qa`."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from qa.protocols import Kind, Vectors

__all__ = ["HashingEmbedder"]


class HashingEmbedder:
    """Counts words in `dim` buckets chosen by their hash; needs no weights.

    Texts that share words are near each other, and that is all it knows. A text
    without words is counted as one empty word, so it has a unit vector as well.

    >>> embedder = HashingEmbedder(64)
    >>> a, b, c = embedder.encode(["a red fox", "fox a RED", ""], kind="passage")
    >>> round(float(a @ b), 3), round(float(c @ c), 3)
    (1.0, 1.0)
    """

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self._dim = dim

    @property
    def name(self) -> str:
        """Identity: the number of buckets."""
        return f"hash/{self._dim}"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Return shape `(len(texts), dim)`."""
        counts = np.zeros((len(texts), self._dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                counts[row, self._bucket(word)] += 1
        vectors: Vectors = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors

    def _bucket(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8)
        return int.from_bytes(digest.digest(), "big") % self._dim

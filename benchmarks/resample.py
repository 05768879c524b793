"""Any number of passages with vectors: real ones first, then resampled ones.

A resampled passage opens with the first half of the sentences of one real passage and
closes with the second half of another. Its vector is not embedded but mixed: a random
share of both vectors and some noise, scaled to length 1. Such vectors fill the space
more evenly than real ones and stand close to many others, which is harder for an
approximate index than real text is. What they leave unmeasured is the vocabulary: it
grows with real articles, and does not with these.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qa.library.sentences import sentence_spans
from qa.library.store import Store
from qa.protocols import Vectors

__all__ = ["Block", "Real", "blocks", "read_real"]

BLOCK = 10_000  # passages made and stored at a time
SEED = 7
_NOISE = 0.3  # length of the noise beside a mix of length 1
_SHARES = (0.3, 0.7)  # of the first vector in a mix


@dataclass(frozen=True, slots=True)
class Block:
    """Passages number `first` and on: title and text of each, and its vector."""

    first: int
    texts: list[tuple[str, str]]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Real:
    """Real passages, cut into sentences so that they can be recombined."""

    titles: list[str]
    sentences: list[list[str]]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.titles)

    def text(self, number: int) -> str:
        """Return the passage as it was."""
        return "".join(self.sentences[number])

    def halves(self, a: int, b: int) -> str:
        """Return the opening of passage `a` and the end of passage `b`."""
        opening, end = self.sentences[a], self.sentences[b]
        first = opening[: (len(opening) + 1) // 2]
        return f"{''.join(first).rstrip()} {''.join(end[len(end) // 2 :])}"


def read_real(stores: list[Store], embedder: str) -> Real:
    """Return all passages of these stores with their vectors, in a shuffled order."""
    titles, sentences, vectors = [], [], []
    for store in stores:
        found = dict(
            zip(*store.vectors_of(store.rows_since(-1), embedder), strict=True)
        )
        for row, passage in store.born_since(-1):
            if row in found:
                titles.append(passage.article.title)
                sentences.append(_sentences(passage.text))
                vectors.append(found[row])
    order = np.random.default_rng(SEED).permutation(len(titles)).tolist()
    return Real(
        [titles[i] for i in order],
        [sentences[i] for i in order],
        np.stack([vectors[i] for i in order]),
    )


def _sentences(text: str) -> list[str]:
    starts = [start for start, _ in sentence_spans(text)] or [0]
    ends = [*starts[1:], len(text)]
    return [text[a:b] for a, b in zip([0, *starts[1:]], ends, strict=True)]


def blocks(real: Real, size: int) -> Iterator[Block]:
    """Yield `size` passages; a larger size begins with those of a smaller one."""
    for first in range(0, size, BLOCK):
        numbers = range(first, min(first + BLOCK, size))
        rng = np.random.default_rng((SEED, first))  # drawn for a whole block, always
        pairs = rng.integers(0, len(real), (BLOCK, 2))
        shares = rng.uniform(*_SHARES, (BLOCK, 1)).astype(np.float32)
        noise = rng.standard_normal((BLOCK, real.vectors.shape[1]), np.float32)
        mixed = _unit(
            shares * real.vectors[pairs[:, 0]]
            + (1 - shares) * real.vectors[pairs[:, 1]]
        )
        vectors = _unit(mixed + _NOISE * _unit(noise))[: len(numbers)]
        texts = []
        for number, (a, b) in zip(numbers, pairs.tolist(), strict=False):
            if number < len(real):
                texts.append((real.titles[number], real.text(number)))
                vectors[number - first] = real.vectors[number]
            else:
                texts.append((real.titles[a], real.halves(a, b)))
        yield Block(first, texts, vectors)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit

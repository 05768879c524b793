"""The dense side: a FAISS index over the store's vectors, exact or coded by size.

Up to `EXACT_MOST` passages the index holds whole vectors and compares all of them.
Past that it holds two bits for each dimension (RaBitQ, Gao & Long 2024; Gao et al.
2025). The first bits of all rows are compared, 32 rows at a time (FAISS's fast scan),
the second for rows that may be among the best: that proposes candidates, whose cosines
are then computed from the vectors in the store. No list is left unread, and nothing
but the centre of the vectors is learnt. A fast scan knows no filter, so the few rows
of a narrow one are all compared whole; for a wide one, more candidates are proposed.

What is on disk is a base, named by the generation that it holds. What the store
gained or lost since is caught up in memory, so that one changed article never
rewrites the base; it is written anew once a tenth of the rows has changed.
"""

import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from qa.library.store import Rows, Store
from qa.protocols import Vectors
from qa.search.base import BaseFile

__all__ = ["EXACT_MOST", "VectorIndex"]

# benchmarks.scale compares these with lists (IVF) and a graph (HNSW)
EXACT_MOST = 50_000  # passages; below it whole vectors are compared
_BITS = 2  # of a dimension; with one, twice the candidates find less
_WIDER = 1.5  # candidates for each row asked for, before their cosines are computed
_FEWEST = 150  # candidates
_NARROW = 5_000  # rows of a filter that are compared whole, whatever the size
_SPARE = 1.5  # candidates of a wide filter, for each that its share of the rows needs

_BLOCK_CODES = 32  # that a fast scan compares at once
_REWRITE_SHARE = 0.1  # of rows changed since the base was written
_BLOCK = 10_000  # vectors read from the store at a time


class VectorIndex:
    """Nearest passages by inner product; rows of the store are the ids."""

    def __init__(
        self, store: Store, embedder: str, dim: int, *, exact_most: int = EXACT_MOST
    ) -> None:
        """Open the index of `embedder`'s vectors and catch up with the store.

        Args:
            store: the library.
            embedder: name of the one whose vectors are searched.
            dim: length of its vectors.
            exact_most: passages up to which whole vectors are compared.
        """
        self._store = store
        self._embedder = embedder
        self._dim = dim
        self._exact_most = exact_most
        self._lock = threading.Lock()
        self._file = BaseFile(store.folder, store.identity, embedder)
        base = self._file.read(dim=dim, generation=store.generation)
        if base is None or not _is_known(base[0]):
            base = _exact(dim), -1
        self._index, self._generation = base
        self._changed = 0  # rows since the base was written
        self.catch_up()

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    @property
    def is_exact(self) -> bool:
        """Whether whole vectors are compared; codes of them otherwise."""
        return _is_exact(self._index)

    def search(
        self, query: Vectors, k: int, *, only: Rows | None = None
    ) -> list[tuple[int, float]]:
        """Return at most `k` pairs (row, cosine), best first, ties by row.

        Cosines are exact. The rows are, too, as long as `is_exact`; past that a few of
        the best may be missed: `benchmarks.scale` counts them.

        Args:
            query: one unit vector, shape `(dim,)`.
            k: how many.
            only: rows that may be found; None means all.
        """
        if only is not None and len(only) == 0:
            return []
        with self._lock:
            if not self.size:
                return []
            is_exact = self.is_exact
            if is_exact:
                rows, scores = self._nearest(query, k, only)
            elif only is not None and len(only) <= _NARROW:
                rows = np.sort(only)
            else:
                most = max(math.ceil(_WIDER * k), _FEWEST)
                rows = np.sort(self._proposed(query, most, only))
        if is_exact:
            pairs = zip(rows.tolist(), scores.tolist(), strict=True)
        else:
            pairs = zip(*self._stored(query, rows), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]

    def _nearest(
        self, query: Vectors, k: int, only: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """Return the `k` nearest rows by this index, best first, and their scores."""
        import faiss

        chosen = None
        if only is not None:
            # its stubs miss the keyword arguments of the Python layer
            parameters: Any = faiss.SearchParameters
            chosen = parameters(sel=faiss.IDSelectorBatch(only))
        scores, rows = self._index.search(
            query.reshape(1, -1), min(k, self.size), params=chosen
        )
        kept = rows[0] >= 0  # FAISS fills missing neighbours with row -1
        return rows[0][kept], scores[0][kept]

    def _proposed(self, query: Vectors, most: int, only: Rows | None) -> Rows:
        """Return the `most` nearest rows by their codes, best first."""
        if only is None:
            return self._nearest(query, most)[0]
        wide = math.ceil(_SPARE * most * self.size / len(only))
        while True:
            rows = self._nearest(query, wide)[0]
            rows = rows[np.isin(rows, only)]
            if len(rows) >= most or wide >= self.size:
                return rows[:most]
            wide *= 4

    def scores(self, query: Vectors, rows: Sequence[int]) -> dict[int, float]:
        """Return the exact cosine of these rows; rows without a vector are left out."""
        with self._lock:
            if self.is_exact:
                return self._held(query, rows)
        wanted = np.array(sorted(rows), dtype=np.int64)
        return dict(zip(*self._stored(query, wanted), strict=True))

    def _held(self, query: Vectors, rows: Sequence[int]) -> dict[int, float]:
        found = {}
        for row in rows:
            try:
                vector = self._index.reconstruct(row)
            except RuntimeError:  # FAISS: no such id
                continue
            found[row] = float(np.dot(vector, query))
        return found

    def _stored(self, query: Vectors, rows: Rows) -> tuple[list[int], list[float]]:
        """Return rows that the store has a vector of, and their cosines."""
        if not len(rows):
            return [], []
        found, vectors = self._store.vectors_of(rows, self._embedder)
        if not len(found):
            return [], []
        # not `@`, which rounds equal vectors apart by where they stand in the block
        return found.tolist(), np.einsum("nd,d->n", vectors, query).tolist()

    def catch_up(self) -> None:
        """Follow the store to its present generation."""
        with self._lock:
            generation = self._store.generation
            if generation == self._generation:
                return
            self._remove(self._store.removed_since(self._generation))
            self._add(self._store.rows_since(self._generation))
            if not self.is_exact and self.size < self._exact_most // 2:
                self._index = _exact(self._dim)
                self._add(self._store.rows_since(-1))
            self._generation = generation
            if self._changed > _REWRITE_SHARE * self.size and self._file.write(
                self._index, generation
            ):
                self._changed = 0

    def _remove(self, rows: Rows) -> None:
        if len(rows) and self.size:
            self._changed += int(self._index.remove_ids(rows))

    def _add(self, rows: Rows) -> None:
        """Take up the vectors of these rows, those that have one."""
        self._remove(rows)  # a replay of the same generation
        for first in range(0, len(rows), _BLOCK):
            some, vectors = self._store.vectors_of(
                rows[first : first + _BLOCK], self._embedder
            )
            if len(some):
                self._index.add_with_ids(vectors, some)
                self._changed += len(some)
            if self.is_exact and self.size > self._exact_most:
                self._index = _coded(self._index)


def _exact(dim: int) -> Any:
    """Return an empty index of whole vectors."""
    import faiss

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dim))


def _is_exact(index: Any) -> bool:
    import faiss

    return isinstance(index, faiss.IndexIDMap2)


def _coded(exact: Any) -> Any:
    """Return an index of codes of the vectors in an exact one, centred on these."""
    import faiss

    rows: npt.NDArray[np.int64] = faiss.vector_to_array(exact.id_map)
    whole = faiss.downcast_index(exact.index).reconstruct_n(0, exact.ntotal)
    inner = faiss.IndexRaBitQFastScan(
        exact.d, faiss.METRIC_INNER_PRODUCT, _BLOCK_CODES, _BITS
    )
    index = faiss.IndexIDMap(inner)
    index.train(whole)
    index.add_with_ids(whole, rows)
    return index


def _is_known(index: Any) -> bool:
    """Tell whether an index is of this version's kind; earlier codes were others."""
    import faiss

    if _is_exact(index):
        return True
    inner: Any = faiss.downcast_index(index.index)
    is_fast = isinstance(inner, faiss.IndexRaBitQFastScan)
    return is_fast and int(inner.rabitq.nb_bits) == _BITS

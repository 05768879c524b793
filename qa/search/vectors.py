"""The dense side: a FAISS index over the store's vectors, exact or coded by size.

Up to `EXACT_MOST` passages the index holds whole vectors and compares all of them.
Past that it holds two bits for each dimension (RaBitQ, Gao & Long 2024; Gao et al.
2025). The first bits of all rows are compared, 32 rows at a time (FAISS's fast scan),
the second for rows that may be among the best: that proposes candidates, whose cosines
are then computed from whole vectors (`whole.py`). No list is left unread, and nothing
but the centre of the vectors is learnt. A fast scan knows no filter, so the few rows
of a narrow one are all compared whole; for a wide one, more candidates are proposed.

What is on disk is a base, named by the generation that it holds. What the store
gained or lost since is caught up in memory, so that one changed article never
rewrites the base; it is written anew once a tenth of the rows has changed.
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from qa.library.store import Rows, Store
from qa.protocols import Vectors
from qa.search.base import BaseFile
from qa.search.codes import coded, exact, is_exact
from qa.search.whole import rounded

__all__ = ["EXACT_MOST", "VectorIndex", "is_written"]

# benchmarks.scale compares these with lists (IVF) and a graph (HNSW)
EXACT_MOST = 50_000  # passages; below it whole vectors are compared
_WIDER = 1.5  # candidates for each row asked for, before their cosines are computed
_FEWEST = 150  # candidates
_NARROW = 5_000  # rows of a filter that are compared whole, whatever the size
_SPARE = 1.5  # candidates of a wide filter, for each that its share of the rows needs

_REWRITE_SHARE = 0.1  # of rows changed since the base was written
_BLOCK = 10_000  # vectors read from the store at a time


def is_written(store: Store, embedder: str) -> bool:
    """Tell whether the base on disk is near enough to the store to be kept.

    Nothing of it is read, nor FAISS loaded: what asks next finds out whether it is
    whole.
    """
    base = BaseFile(store.folder, store.identity, embedder).generation()
    if base is None or base > store.generation:
        return False
    changed = len(store.removed_since(base)) + len(store.rows_since(base))
    return changed <= _REWRITE_SHARE * store.passage_count()


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
        # whole vectors of the base's rows; what came since is in the store alone
        self._index, self._generation, self._whole = base or (exact(dim), -1, None)
        self._changed = 0  # rows since the base was written
        self.catch_up()

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    @property
    def is_exact(self) -> bool:
        """Whether whole vectors are compared; codes of them otherwise."""
        return is_exact(self._index)

    def search(
        self, query: Vectors, k: int, *, only: Rows | None = None
    ) -> list[tuple[int, float]]:
        """Return at most `k` pairs (row, cosine), best first, ties by row.

        Rows and cosines are exact as long as `is_exact`. Past that cosines are those of
        vectors in 16 bits, and a few of the best rows may be missed: `benchmarks.scale`
        counts them.

        Args:
            query: one unit vector, shape `(dim,)`.
            k: how many.
            only: rows that may be found; None means all.
        """
        if only is not None and len(only) == 0:
            return []
        with self._lock:
            if self.is_exact:
                rows, scores = self._nearest(query, k, only)
                return _best(dict(zip(rows.tolist(), scores.tolist(), strict=True)), k)
            rows = self._proposed(query, k, only)
        return _best(self._stored(query, rows.tolist()), k)

    def search_beside(
        self,
        query: Vectors,
        k: int,
        others: Callable[[], Iterable[int]],
        *,
        only: Rows | None = None,
    ) -> dict[int, float]:
        """Return the cosines of the `k` nearest rows and of others, in any order.

        The others are asked for late, so that another thread may look for them while
        this one compares. Where the index holds codes, vectors are then read at one go:
        between rows of the store SQLite lets the other thread run, which doubled the
        time.

        Args:
            query: one unit vector, shape `(dim,)`.
            k: how many of the nearest.
            others: rows that are scored as well; those without a vector are left out.
            only: rows that the nearest are looked for among; None means all.
        """
        with self._lock:
            rows = (
                None
                if self.is_exact or (only is not None and len(only) == 0)
                else self._proposed(query, k, only)
            )
        if rows is None:
            near = dict(self.search(query, k, only=only))
            return near | self.scores(query, [r for r in others() if r not in near])
        beside = set(others())
        scores = self._stored(query, beside.union(rows.tolist()))
        proposed = {row: scores[row] for row in rows.tolist() if row in scores}
        wanted = beside.union(row for row, _ in _best(proposed, k))
        return {row: score for row, score in scores.items() if row in wanted}

    def _nearest(
        self, query: Vectors, k: int, only: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """Return the `k` nearest rows by this index, best first, and their scores."""
        import faiss

        if not self.size:  # FAISS's fast scan cannot search what was emptied
            return np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = None
        if only is not None:
            # its stubs miss the keyword arguments of the Python layer
            parameters: Any = faiss.SearchParameters
            chosen = parameters(sel=faiss.IDSelectorBatch(only))
        with _one_thread():
            scores, rows = self._index.search(
                query.reshape(1, -1), min(k, self.size), params=chosen
            )
        kept = rows[0] >= 0  # FAISS fills missing neighbours with row -1
        return rows[0][kept], scores[0][kept]

    def _proposed(self, query: Vectors, k: int, only: Rows | None) -> Rows:
        """Return rows that the `k` nearest, but for a few, are among."""
        if only is not None and len(only) <= _NARROW:
            return only
        most = max(math.ceil(_WIDER * k), _FEWEST)
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
        """Return the cosine of these rows; rows without a vector are left out."""
        with self._lock:
            if self.is_exact:
                return self._held(query, rows)
        return self._stored(query, rows)

    def _held(self, query: Vectors, rows: Sequence[int]) -> dict[int, float]:
        """Return the cosines of those rows that have a vector in an exact index."""
        if not rows:
            return {}
        try:
            vectors = self._index.reconstruct_batch(np.array(rows, dtype=np.int64))
        except RuntimeError:  # FAISS: one of them is no id; all go, so each is tried
            found: dict[int, float] = {}
            if len(rows) > 1:
                for row in rows:
                    found |= self._held(query, [row])
            return found
        return dict(zip(rows, _cosines(vectors, query), strict=True))

    def _stored(self, query: Vectors, rows: Iterable[int]) -> dict[int, float]:
        """Return the cosines of those rows that have a vector."""
        found, vectors = self._vectors_of(np.array(sorted(rows), dtype=np.int64))
        if not len(found):
            return {}
        return dict(zip(found.tolist(), _cosines(vectors, query), strict=True))

    def _vectors_of(self, rows: Rows) -> tuple[Rows, Vectors]:
        """Return which of these ascending rows have a vector, and these in 16 bits."""
        whole = self._whole
        if whole is None:
            found, vectors = self._store.vectors_of(rows, self._embedder)
            return found, rounded(vectors)
        found, vectors = whole.of(rows)
        if len(found) == len(rows):
            return found, vectors
        late = np.setdiff1d(rows, found, assume_unique=True)  # since the base
        late, others = self._store.vectors_of(late, self._embedder)
        if not len(late):
            return found, vectors
        both = np.concatenate([found, late])
        order = np.argsort(both)
        return both[order], np.concatenate([vectors, rounded(others)])[order]

    def _write(self) -> None:
        """Write the base anew."""
        whole = None if self.is_exact else self._vectors_of
        if self._file.write(self._index, self._generation, whole):
            self._changed = 0
            if whole is not None:
                # gone already when another process wrote a later one
                with suppress(OSError, ValueError):
                    self._whole = self._file.read_whole(self._index, self._generation)

    def catch_up(self) -> None:
        """Follow the store to its present generation."""
        with self._lock:
            generation = self._store.generation
            if generation == self._generation:
                return
            self._remove(self._store.removed_since(self._generation))
            self._add(self._store.rows_since(self._generation))
            if not self.is_exact and self.size < self._exact_most // 2:
                self._index, self._whole = exact(self._dim), None
                self._add(self._store.rows_since(-1))
            self._generation = generation
            if self._changed > _REWRITE_SHARE * self.size:
                self._write()

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
                self._index = coded(self._index)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS from sharing one query among threads.

    By hand, 10,000 vectors of 384: 1.3 ms, 95 of 100 within 1.7; with two threads on
    two cores 1.9 and 10, since they are woken for nothing. Of 50,000 6.7 and 7.7 ms
    (8.2 and 10.1), of 200,000 codes 5.4 and 5.9 (5.6 and 6.2).
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of the thread that calls, no other
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _cosines(vectors: Vectors, query: Vectors) -> list[float]:
    # not `@`, which rounds equal vectors apart by where they stand in the block
    found: list[float] = np.einsum("nd,d->n", vectors, query).tolist()
    return found


def _best(scores: dict[int, float], k: int) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]

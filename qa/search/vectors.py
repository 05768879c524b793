"""The dense side: a FAISS index over the store's vectors.

What is on disk is a base, named by the generation that it holds. What the store
gained or lost since is caught up in memory, so that one changed article never
rewrites the base; it is written anew once a tenth of the rows has changed.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from qa.library.store import Rows, Store
from qa.protocols import Vectors

__all__ = ["VectorIndex"]

logger = logging.getLogger(__name__)

_REWRITE_SHARE = 0.1  # of rows changed since the base was written


class VectorIndex:
    """Nearest passages by inner product; rows of the store are the ids."""

    def __init__(self, store: Store, embedder: str, dim: int) -> None:
        """Open the index of `embedder`'s vectors and catch up with the store."""
        self._store = store
        self._embedder = embedder
        self._dim = dim
        self._lock = threading.Lock()
        self._index, self._generation = self._read()
        self._changed = 0  # rows since the base was written
        self.catch_up()

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def search(
        self, query: Vectors, k: int, *, only: Rows | None = None
    ) -> list[tuple[int, float]]:
        """Return at most `k` pairs (row, cosine), best first, ties by row.

        Args:
            query: one unit vector, shape `(dim,)`.
            k: how many.
            only: rows that may be found; None means all.
        """
        import faiss

        if only is not None and len(only) == 0:
            return []
        with self._lock:
            if not self.size:
                return []
            parameters = None
            if only is not None:
                selector = faiss.IDSelectorBatch(only)
                # its stubs miss the keyword arguments of the Python layer
                parameters = faiss.SearchParameters(
                    sel=selector  # type: ignore[call-arg]
                )
            scores, rows = self._index.search(
                query.reshape(1, -1), min(k, self.size), params=parameters
            )
        pairs = zip(rows[0].tolist(), scores[0].tolist(), strict=True)
        # FAISS fills missing neighbours with row -1
        found = [(row, score) for row, score in pairs if row >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def scores(self, query: Vectors, rows: list[int]) -> dict[int, float]:
        """Return the exact cosine of these rows; rows without a vector are left out."""
        found = {}
        with self._lock:
            for row in rows:
                try:
                    vector = self._index.reconstruct(row)
                except RuntimeError:  # FAISS: no such id
                    continue
                found[row] = float(np.dot(vector, query))
        return found

    def catch_up(self) -> None:
        """Follow the store to its present generation."""
        with self._lock:
            generation = self._store.generation
            if generation == self._generation:
                return
            gone = self._store.removed_since(self._generation)
            if len(gone) and self.size:
                self._index.remove_ids(gone)
            rows, vectors = self._store.vectors_since(self._generation, self._embedder)
            if len(rows):
                self._index.remove_ids(rows)  # a replay of the same generation
                self._index.add_with_ids(vectors, rows)
            self._generation = generation
            self._changed += len(gone) + len(rows)
            if self._changed > _REWRITE_SHARE * self.size:
                self._write()

    # the base on disk

    def _stem(self) -> str:
        name = "".join(c if c.isalnum() else "-" for c in self._embedder)
        return f"vectors.{self._store.identity}.{name}"

    def _read(self) -> tuple[Any, int]:
        import faiss

        bases = sorted(
            self._store.folder.glob(f"{self._stem()}.*.faiss"),
            key=_generation_of,
            reverse=True,
        )
        for path in bases:
            try:
                index = faiss.read_index(str(path))
            except RuntimeError as error:
                logger.warning("%s cannot be read (%s) and is rebuilt", path, error)
                continue
            if index.d == self._dim and _generation_of(path) <= self._store.generation:
                return index, _generation_of(path)
        return faiss.IndexIDMap2(faiss.IndexFlatIP(self._dim)), -1

    def _write(self) -> None:
        import faiss

        path = self._store.folder / f"{self._stem()}.{self._generation}.faiss"
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            faiss.write_index(self._index, str(beside))
            beside.replace(path)
        except (OSError, RuntimeError) as error:
            # an index on a read-only disk still answers from memory
            logger.warning("%s cannot be written: %s", path, error)
            return
        name = self._stem().rpartition(".")[2]
        for old in self._store.folder.glob(f"vectors.*.{name}.*.faiss"):
            if old != path:  # an older generation, or of a store that was here before
                old.unlink(missing_ok=True)
        self._changed = 0


def _generation_of(path: Path) -> int:
    number = path.name.removesuffix(".faiss").rpartition(".")[2]
    return int(number) if number.isdigit() else -1

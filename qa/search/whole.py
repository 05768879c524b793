"""Whole vectors beside an index of codes: in 16 bits, one after the other, mapped.

The store keeps a vector under the hash of its text: three look-ups, each in another
part of a large file. Here they stand in the order of the index, so that the vectors of
a few hundred candidates are read at once (`benchmarks.scale` has the times). Sixteen
bits halve the file and move a cosine by less than a ten-thousandth. It is mapped, not
read: a question wants a few hundred places of it.
"""

import mmap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.library.store import Rows
from qa.protocols import Vectors

__all__ = ["Giver", "WholeVectors", "rounded", "write_whole"]

Giver = Callable[[Rows], tuple[Rows, Vectors]]
"""Returns which of some ascending rows have a vector, and the vectors."""

_NUMBER = np.dtype("<f2")
_BLOCK = 10_000  # vectors written at a time


def rounded(vectors: Vectors) -> Vectors:
    """Return vectors as they come back from the file, whatever the shape."""
    return vectors.astype(_NUMBER).astype(np.float32)


class WholeVectors:
    """The vectors of some rows of the store, in a file."""

    def __init__(self, path: Path, rows: Rows, dim: int) -> None:
        """Map the file.

        Args:
            path: of the file.
            rows: whose vectors stand in it, in its order, each once.
            dim: length of a vector.

        Raises:
            OSError: when the file is missing or cannot be mapped.
            ValueError: when its size is not that of so many vectors.
        """
        with path.open("rb") as file:
            held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        wanted = len(rows) * dim * _NUMBER.itemsize
        if len(held) != wanted:
            raise ValueError(f"{path}: found {len(held)} bytes, wanted {wanted}.")
        if hasattr(mmap, "MADV_RANDOM"):  # reading ahead would fetch what nobody wants
            held.madvise(mmap.MADV_RANDOM)
        self._held = held
        self._vectors = np.frombuffer(held, _NUMBER).reshape(len(rows), dim)
        self._places = np.argsort(rows, kind="stable")
        self._rows = rows[self._places]

    def of(self, rows: Rows) -> tuple[Rows, Vectors]:
        """Return those of these rows that it holds, in their order, and the vectors."""
        near = np.searchsorted(self._rows, rows).clip(max=len(self._rows) - 1)
        known = self._rows[near] == rows
        places = self._places[near[known]]
        self._fetch(places)
        vectors = self._vectors[places].astype(np.float32)
        if hasattr(mmap, "MADV_DONTNEED"):
            # what was read stays in the system's cache, but no longer counts as ours
            self._held.madvise(mmap.MADV_DONTNEED)
        return rows[known], vectors

    def _fetch(self, places: npt.NDArray[np.intp]) -> None:
        """Ask the disk for all of them at once, not for one after the other."""
        if not hasattr(mmap, "MADV_WILLNEED"):
            return
        size = self._vectors.strides[0]
        firsts = places * size // mmap.PAGESIZE * mmap.PAGESIZE
        for first, end in zip(
            firsts.tolist(), ((places + 1) * size).tolist(), strict=True
        ):
            self._held.madvise(mmap.MADV_WILLNEED, first, end - first)


def write_whole(path: Path, rows: Rows, vectors_of: Giver) -> None:
    """Write the vectors of these rows, in this order, in place of what was there.

    Args:
        path: of the file.
        rows: of the store; each must have a vector.
        vectors_of: gives them.

    Raises:
        OSError: when the disk does not take it.
        KeyError: when a row has no vector.
    """
    with path.open("wb") as file:
        for first in range(0, len(rows), _BLOCK):
            some = rows[first : first + _BLOCK]
            order = np.argsort(some)
            found, vectors = vectors_of(some[order])
            if len(found) != len(some):
                raise KeyError("a row of the index has no vector any more")
            block = np.empty(vectors.shape, _NUMBER)
            block[order] = vectors
            file.write(block.tobytes())

"""The vectors that a store keeps, asked for by passage or by text."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from qa.library.database import Database
from qa.protocols import Vectors

__all__ = ["AT_ONCE", "unembedded", "vectors_of"]

AT_ONCE = 500  # rows named in one statement; SQLite takes 999 everywhere


def vectors_of(
    database: Database, rows: npt.NDArray[np.int64], embedder: str
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return those of these rows that have a vector, and the vectors.

    Args:
        database: of the store.
        rows: of passages, shape `(n,)`, ascending.
        embedder: the name of the one whose vectors are wanted.
    """
    found: list[tuple[int, bytes]] = []
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE].tolist()
        found += database.rows(
            "SELECT row, vector FROM passages JOIN vectors USING (text_hash)"
            f" WHERE row IN ({','.join('?' * len(some))}) AND embedder = ?"
            " ORDER BY row",
            (*some, embedder),
        )
    flat = np.frombuffer(b"".join(vector for _, vector in found), dtype=np.float32)
    shape = (len(found), len(flat) // max(1, len(found)))
    return np.array([row for row, _ in found], dtype=np.int64), flat.reshape(shape)


def unembedded(
    database: Database, hashes: Iterable[bytes], embedder: str
) -> set[bytes]:
    """Return those text hashes that have no vector of this embedder yet."""
    return {
        key
        for key in hashes
        if not database.row(
            "SELECT 1 FROM vectors WHERE text_hash = ? AND embedder = ?",
            (key, embedder),
        )
    }

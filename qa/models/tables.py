"""Embedding tables are left in their file: only the rows of the words in use are read.

They are half of the weights. Mapped into memory they cost no time to open, and the
system shares their pages between processes and models.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qa.models.weights import Weights

__all__ = ["Tables"]

_DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "i1"}


class Tables:
    """Turns token ids into the sum of word, place and type embeddings."""

    def __init__(self, parts: Sequence[Weights]) -> None:
        """Map the tables of some files; a later file replaces those of an earlier."""
        mapped: dict[str, npt.NDArray[np.generic]] = {}
        for part in parts:
            mapped |= _map(part)
        self._words, self._places, self._types = (
            _Table(mapped, f"embeddings.{name}_embeddings.weight")
            for name in ("word", "position", "token_type")
        )

    @property
    def max_tokens(self) -> int:
        """The longest sequence there are places for."""
        return len(self._places.rows)

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return int(self._words.rows.shape[1])

    def embed(
        self, ids: Sequence[int], types: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        """Return shape `(len(ids), dim)`.

        Raises:
            ValueError: if there are more tokens than places.
        """
        if len(ids) > self.max_tokens:
            raise ValueError(
                f"{len(ids)} tokens, but the model has places for {self.max_tokens}"
            )
        total = self._words.take(ids)
        total += self._places.take(range(len(ids)))
        total += self._types.take(types)
        return total


class _Table:
    def __init__(self, mapped: dict[str, npt.NDArray[np.generic]], name: str) -> None:
        self.rows = mapped[name]
        self._scale = mapped.get(f"{name}.scale")

    def take(self, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        chosen = self.rows[np.asarray(rows, dtype=np.intp)].astype(np.float32)
        if self._scale is not None:
            chosen *= self._scale[np.asarray(rows, dtype=np.intp)].astype(np.float32)
        return chosen


def _map(part: Weights) -> dict[str, npt.NDArray[np.generic]]:
    """Map the embeddings of a safetensors file: its length, JSON, then the bytes."""
    with part.path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(n_header))
    mapped: dict[str, npt.NDArray[np.generic]] = {}
    for name, entry in header.items():
        plain = name.removeprefix("bert.")
        if plain.startswith("embeddings.") and entry["dtype"] in _DTYPES:
            mapped[plain] = np.memmap(
                part.path,
                dtype=_DTYPES[entry["dtype"]],
                mode="r",
                offset=8 + n_header + entry["data_offsets"][0],
                shape=tuple(entry["shape"]),
            )
    return mapped

"""The file of a FAISS index, named by store, embedder and generation."""

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["BaseFile"]

logger = logging.getLogger(__name__)


class BaseFile:
    """Where an index of one embedder's vectors is kept between runs.

    It is read whole, not mapped into memory: a search reads every code, so that a map
    would hold as much, and a million passages are read in a few hundredths of a second.
    """

    def __init__(self, folder: Path, identity: str, embedder: str) -> None:
        """Name it; nothing is read yet."""
        self._folder = folder
        self._embedder = "".join(c if c.isalnum() else "-" for c in embedder)
        self._stem = f"vectors.{identity}.{self._embedder}"

    def read(self, *, dim: int, generation: int) -> tuple[Any, int] | None:
        """Return the newest index up to `generation` that can be read, and its own.

        None stands for no such file: the index is to be built.
        """
        import faiss

        paths = self._folder.glob(f"{self._stem}.*.faiss")
        for path in sorted(paths, key=_generation_of, reverse=True):
            try:
                index = faiss.read_index(str(path))
            except RuntimeError as error:
                logger.warning("%s cannot be read (%s) and is rebuilt", path, error)
                continue
            if index.d == dim and _generation_of(path) <= generation:
                return index, _generation_of(path)
        return None

    def write(self, index: Any, generation: int) -> bool:
        """Write an index in place of older ones; return whether that was possible."""
        import faiss

        path = self._folder / f"{self._stem}.{generation}.faiss"
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            faiss.write_index(index, str(beside))
            beside.replace(path)
        except (OSError, RuntimeError) as error:
            # an index on a read-only disk still answers from memory
            logger.warning("%s cannot be written: %s", path, error)
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            return False
        for old in self._folder.glob(f"vectors.*.{self._embedder}.*.faiss"):
            if old != path:  # an older generation, or of a store that was here before
                with suppress(OSError):  # Windows keeps what another process reads
                    old.unlink(missing_ok=True)
        return True


def _generation_of(path: Path) -> int:
    number = path.name.removesuffix(".faiss").rpartition(".")[2]
    return int(number) if number.isdigit() else -1

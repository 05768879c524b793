"""The files of a FAISS index, named by store, embedder and generation."""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from qa.search.codes import is_exact, is_known, rows_of
from qa.search.whole import Giver, WholeVectors, write_whole

__all__ = ["BaseFile"]

logger = logging.getLogger(__name__)

_INDEX, _WHOLE = ".faiss", ".f16"  # what the names of the files end with
_UNFINISHED = ".tmp"  # and of one that is being written
_LEFT_S = 3600.0  # without a change: whoever was writing it was killed


class BaseFile:
    """Where an index of one embedder's vectors is kept between runs.

    It is read whole, not mapped into memory: a search reads every code, so that a map
    would hold as much, and a million passages are read in a few hundredths of a second.
    Beside an index of codes stands a second file with the vectors (`whole.py`).
    """

    def __init__(self, folder: Path, identity: str, embedder: str) -> None:
        """Name it; nothing is read yet."""
        self._folder = folder
        self._embedder = "".join(c if c.isalnum() else "-" for c in embedder)
        self._stem = f"vectors.{identity}.{self._embedder}"

    def read(
        self, *, dim: int, generation: int
    ) -> tuple[Any, int, WholeVectors | None] | None:
        """Return the newest index up to `generation` that can be read, and its own.

        With it come the vectors beside it, where it holds codes. None stands for no
        such files: the index is to be built.
        """
        import faiss

        for path in self._newest_first():
            found = _generation_of(path)
            try:
                index = faiss.read_index(str(path))
                if index.d != dim or found > generation or not is_known(index):
                    continue
                whole = None if is_exact(index) else self.read_whole(index, found)
            except (OSError, RuntimeError, ValueError) as error:
                logger.warning("%s cannot be read (%s) and is rebuilt", path, error)
                continue
            return index, found, whole
        return None

    def generation(self) -> int | None:
        """Return that of the newest index on disk, unread; None where there is none."""
        return next((_generation_of(path) for path in self._newest_first()), None)

    def _newest_first(self) -> list[Path]:
        paths = self._folder.glob(f"{self._stem}.*{_INDEX}")
        return sorted(paths, key=_generation_of, reverse=True)

    def read_whole(self, index: Any, generation: int) -> WholeVectors:
        """Open the vectors that were written beside an index.

        Args:
            index: as it was written.
            generation: of the store that it holds.

        Raises:
            OSError: when the file is missing or cannot be mapped.
            ValueError: when its size is another.
        """
        return WholeVectors(self._path(generation, _WHOLE), rows_of(index), index.d)

    def write(self, index: Any, generation: int, whole: Giver | None) -> bool:
        """Write an index in place of older ones; return whether that was possible.

        Args:
            index: the index.
            generation: of the store that it holds.
            whole: gives the vectors to be kept beside it; None for none.
        """
        import faiss

        path = self._path(generation, _INDEX)
        beside = path.with_suffix(f".{os.getpid()}{_UNFINISHED}")
        try:
            if whole is not None:
                write_whole(beside, rows_of(index), whole)
                beside.replace(self._path(generation, _WHOLE))
            faiss.write_index(index, str(beside))
            beside.replace(path)
        except (OSError, RuntimeError, KeyError) as error:
            # an index on a read-only disk still answers from memory
            logger.warning("%s cannot be written: %s", path, error)
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            return False
        kept = {path, self._path(generation, _WHOLE)} if whole is not None else {path}
        for kind in (_INDEX, _WHOLE):
            for old in self._folder.glob(f"vectors.*.{self._embedder}.*{kind}"):
                if old not in kept:  # older, or of a store that was here before
                    with suppress(OSError):  # Windows keeps what another process reads
                        old.unlink(missing_ok=True)
        for left in self._folder.glob(f"vectors.*{_UNFINISHED}"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT_S:
                    left.unlink()
        return True

    def _path(self, generation: int, kind: str) -> Path:
        return self._folder / f"{self._stem}.{generation}{kind}"


def _generation_of(path: Path) -> int:
    number = path.name.removesuffix(_INDEX).rpartition(".")[2]
    return int(number) if number.isdigit() else -1

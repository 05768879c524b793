"""Compiled models on the disk: read whole or not at all, dropped when out of use."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import zlib
from pathlib import Path

from qa.models.weights import replace_file

__all__ = ["FORMAT", "keep", "read_kept"]

FORMAT = "crc32"  # of the file: the checksum, then the model

_CHECKSUM_BYTES = 4
_DAY_S = 86_400
_UNUSED_S = 60 * _DAY_S

_log = logging.getLogger(__name__)


def read_kept(path: Path) -> bytes | None:
    """Return the model that was kept here; None where there is none, or it is damaged.

    OpenVINO loads one with a hole in it, and computes something else.
    """
    try:
        with path.open("rb", buffering=0) as file:
            checksum, model = file.read(_CHECKSUM_BYTES), file.read()
    except OSError:
        return None
    if checksum != _checksum(model):
        _log.warning("%s: damaged; making it again", path)
        return None
    with contextlib.suppress(OSError):  # of another user, or on a read-only disk
        if _age_s(path) > _DAY_S:
            os.utime(path)
    return model


def keep(path: Path, model: bytes) -> None:
    """Write a model, and drop those beside it that nobody has read for 60 days.

    They are of other versions and weights. Whoever has read one needs its file no more.

    Raises:
        OSError: if it cannot be written.
    """
    replace_file(path, _checksum(model) + model)
    for other in path.parent.glob("*.blob*"):  # and what a crash has left of one
        with contextlib.suppress(OSError):  # another process may have been faster
            if _age_s(other) > _UNUSED_S:
                other.unlink()


def _checksum(model: bytes) -> bytes:
    """Return what tells damage, not malice: who may write the one may write the other.

    By hand, a model of 8 bits (11 MB) takes 3 ms, one of 32 bits (43 MB) 12. SHA-256
    takes 8 and 28 ms, and five times that on a processor without instructions for it.
    """
    return zlib.crc32(model).to_bytes(_CHECKSUM_BYTES, "big")


def _age_s(path: Path) -> float:
    """Return how long ago it was written, or read: to a day."""
    return time.time() - path.stat().st_mtime

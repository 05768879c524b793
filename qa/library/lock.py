"""One process at a time writes articles to a store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from qa.errors import StoreBusyError
from qa.library.database import unusable
from qa.library.scan import STORE_FILE

__all__ = ["locked"]


@contextmanager
def locked(store: Path, *, wait_s: float = 30.0) -> Iterator[None]:
    """Keep other processes from adding and removing articles meanwhile.

    What is decided from the store's content, such as which texts need no vector, holds
    until the block is left. Questions can be asked.

    Args:
        store: its folder.
        wait_s: how long to wait for another process, in seconds.

    Raises:
        StoreBusyError: if the other one takes longer.
        StoreError: if the lock cannot be written.
    """
    try:
        held = filelock.FileLock(str(store / "sync.lock")).acquire(timeout=wait_s)
    except filelock.Timeout as error:
        raise StoreBusyError(
            f"{store}: another process is indexing into this store. Wait until it "
            "ends, or name another store with `--store`."
        ) from error
    except OSError as error:
        raise unusable(store / STORE_FILE, error) from error
    with held:
        yield

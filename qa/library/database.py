"""The SQLite file behind a store: made once, one connection for each thread."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qa.errors import StoreBusyError, StoreError
from qa.library.records import SCHEMA, SCHEMA_VERSION

__all__ = ["REBUILD", "Database", "unusable"]

REBUILD = (
    "delete `library.sqlite*`, `vectors.*` and `words` in it, and it is rebuilt from "
    "the articles; keep `added`, which may hold the only copy of files that were added"
)
"""What to do with a store that cannot be used."""


def unusable(path: Path, error: Exception) -> StoreError:
    """Return what to tell about a store that cannot be read or written."""
    words = getattr(error, "strerror", None) or str(error)
    if isinstance(error, sqlite3.OperationalError) and (
        "locked" in words or "busy" in words
    ):
        return StoreBusyError(
            f"{path}: {words}. Another process is writing to this store; wait until it "
            "ends, or name another store with `--store`."
        )
    return StoreError(
        f"{path.parent}: {words}. A store is a folder that qa may write to, with files "
        "of its own making. Name another with `--store` (in Python `store=`); if this "
        "one is damaged, "
        f"{REBUILD}."
    )


class Database:
    """Opens the file, creating folder and tables when they are missing.

    Whatever SQLite cannot read or write is a StoreError from here on.
    """

    def __init__(self, path: Path) -> None:
        """Open the database at `path`.

        Raises:
            StoreError: if there is no database, and none can be made.
        """
        self._path = path
        self._local = threading.local()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._has_tables():
                self._create()
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection; statements commit by themselves."""
        connection: sqlite3.Connection | None = getattr(self._local, "open", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA cache_size = -65536")  # KiB, negative by custom
            self._local.open = connection
        return connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows that a query finds, each a tuple.

        Raises:
            StoreError: if the file is damaged.
        """
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unusable(self._path, error) from error

    def row(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row that a query finds, or None."""
        return next(iter(self.rows(query, values)), None)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction; leaving the block commits it, an exception undoes it.

        Raises:
            StoreBusyError: if another process keeps writing for 30 s.
            StoreError: if the file is damaged or cannot be written.
        """
        try:
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection
        except sqlite3.Error as error:  # a full disk, say
            raise unusable(self._path, error) from error

    def check(self) -> None:
        """Read the whole file, and look whether its parts fit together.

        Raises:
            StoreError: if they do not.
        """
        (found,) = self.row("PRAGMA quick_check(1)")
        if found != "ok":
            where = found.splitlines()[-1]  # after a line that names the database
            raise unusable(self._path, sqlite3.DatabaseError(f"damaged ({where})"))

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "open", None)
        if connection is not None:
            connection.close()
            self._local.open = None

    def _has_tables(self) -> bool:
        found = self.connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'meta'"
        ).fetchone()
        return found is not None

    def _create(self) -> None:
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            if self._has_tables():
                return  # another process was faster
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [
                    ("schema", str(SCHEMA_VERSION)),
                    ("generation", "0"),
                    ("identity", secrets.token_hex(4)),
                ],
            )

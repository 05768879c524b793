"""The SQLite file behind a store: made once, one connection for each thread."""

import secrets
import sqlite3
import threading
from pathlib import Path

from qa.errors import StoreError
from qa.library.records import SCHEMA, SCHEMA_VERSION

__all__ = ["Database", "unusable"]


def unusable(path: Path, error: Exception) -> StoreError:
    """Return what to tell about a store that cannot be read or written."""
    return StoreError(
        f"{path.parent}: {error}. A store is a folder that qa may write to, with files "
        "of its own making. Name another with `--store`; one that is damaged can be "
        "deleted as a whole: it is rebuilt from the articles."
    )


class Database:
    """Opens the file, creating folder and tables when they are missing."""

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

"""The store: one SQLite file that is the truth about a library.

    meta       schema version, generation, which folder, how passages were cut
    files      every file seen: size, time and hash, or why it was skipped
    articles   text and metadata
    passages   offsets into an article's text, and the hash of what is embedded
    vectors    one vector for each (text hash, embedder)
    hidden     what is known of articles that the user took out of the library
    removed    rows of passages that are gone, so that an index can follow

Each committed change raises `generation` by one. FAISS and Tantivy indexes remember
the generation that they hold, and ask `born_since` and `removed_since` for the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.errors import StoreError
from qa.library.change import Change
from qa.library.database import REBUILD, Database
from qa.library.records import (
    ARTICLE_COLUMNS,
    SCHEMA_VERSION,
    Counts,
    FileRecord,
    StoredArticle,
    article_of,
    day_of,
    pairs_of,
)
from qa.library.scan import STORE_FILE
from qa.library.vectors import AT_ONCE, unembedded, vectors_of
from qa.protocols import Vectors
from qa.types import Article, Passage

__all__ = ["Rows", "Store"]

Rows = npt.NDArray[np.int64]
"""Rows of passages, shape `(n,)`, ascending."""


class Store:
    """A library on disk. Threads may share it: each has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`, creating both when they are missing.

        Raises:
            StoreError: if the file is no store, is damaged or of another version; so
                does all that reads or writes.
        """
        self.folder = folder
        self.path = folder / STORE_FILE
        self._articles: dict[int, Article] = {}
        self._articles_generation = -1
        self._count = -1, 0  # generation, and passages that it had
        self._database = Database(self.path)
        found = self.meta("schema")
        if found != str(SCHEMA_VERSION):
            raise StoreError(
                f"{self.folder}: built with schema {found!r}, this version of qa wants "
                f"'{SCHEMA_VERSION}'. Name another with `--store`, or {REBUILD}."
            )

    def close(self) -> None:
        """Close this thread's connection; those of ended threads close themselves."""
        self._database.close()

    def meta(self, key: str) -> str | None:
        """Return a value that `set_meta` kept, or None."""
        found = self._database.row("SELECT value FROM meta WHERE key = ?", (key,))
        return None if found is None else str(found[0])

    @property
    def identity(self) -> str:
        """Random name given at its making: two stores of one place are not mixed up."""
        return self.meta("identity") or ""

    @property
    def generation(self) -> int:
        """Number of committed changes so far."""
        return int(self.meta("generation") or 0)

    def counts(self) -> Counts:
        """Count what the library holds."""
        one = self._database.row
        return Counts(
            files=one("SELECT count(*) FROM files")[0],
            skipped=len(self.skipped()),
            articles=one("SELECT count(*) FROM articles")[0],
            passages=self.passage_count(),
            characters=int(one("SELECT total(length(text)) FROM articles")[0]),
            vectors=one("SELECT count(*) FROM vectors")[0],
        )

    def passage_count(self) -> int:
        """Count the passages: what a question is asked of."""
        generation, (counted, count) = self.generation, self._count
        if counted != generation:  # counting reads a whole index: 15 ms of a million
            count = int(self._database.row("SELECT count(*) FROM passages")[0])
            self._count = generation, count
        return count

    def files(self) -> dict[str, FileRecord]:
        """Return every file the store knows, by path."""
        rows = self._database.rows(
            "SELECT path, size, mtime_ns, hash, skipped FROM files"
        )
        return {
            path: FileRecord(path, size, mtime, digest, pairs_of(skipped))
            for path, size, mtime, digest, skipped in rows
        }

    def skipped(self) -> list[tuple[str, str]]:
        """Return (path, reason) of everything found but not indexed."""
        rows = self._database.rows(
            "SELECT skipped FROM files WHERE skipped != '[]' ORDER BY path"
        )
        return [pair for (skipped,) in rows for pair in pairs_of(skipped)]

    def hidden(self) -> dict[str, str]:
        """Return the articles that were taken out of the library: entry -> file."""
        rows = self._database.rows("SELECT id, file FROM hidden ORDER BY id")
        return dict(rows)

    def unrecorded_files(self) -> set[str]:
        """Return the files that articles come from and that have no record yet."""
        rows = self._database.rows(
            "SELECT DISTINCT file FROM articles"
            " WHERE file NOT IN (SELECT path FROM files)"
        )
        return {file for (file,) in rows}

    def article_files(self) -> dict[str, int]:
        """Return the files that articles come from, with the number of articles."""
        rows = self._database.rows("SELECT file, count(*) FROM articles GROUP BY file")
        return dict(rows)

    def lone_articles(self, start: str) -> set[str]:
        """Return ids of articles alone in their file, whose path opens with `start`."""
        rows = self._database.rows(
            "SELECT min(id) FROM articles WHERE substr(file, 1, ?) = ?"
            " GROUP BY file HAVING count(*) = 1",
            (len(start), start),
        )
        return {id_ for (id_,) in rows}

    def file_of(self, id_: str) -> str | None:
        """Return the file that an article comes from; None if there is none."""
        found = self._database.row("SELECT file FROM articles WHERE id = ?", (id_,))
        return None if found is None else str(found[0])

    def article_list(self) -> list[StoredArticle]:
        """Return all articles without their text, by path."""
        rows = self._database.rows(
            "SELECT number, id, path, title, published, source, byline,"
            " (SELECT count(*) FROM passages WHERE article = number), length(text)"
            " FROM articles ORDER BY path, number"
        )
        return [
            StoredArticle(number, id_, path, title, day_of(published), *rest)
            for number, id_, path, title, published, *rest in rows
        ]

    def article(self, id_: str) -> Article | None:
        """Return the article of that id, or None."""
        found = self._database.row("SELECT number FROM articles WHERE id = ?", (id_,))
        return None if found is None else self._article(found[0])

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages of these rows, in their order.

        A row that is gone (removed since an index was read) is left out.
        """
        marks = ",".join("?" * len(rows))
        found = {
            row: (article, start, end)
            for row, article, start, end in self._database.rows(
                'SELECT row, article, start, "end" FROM passages'
                f" WHERE row IN ({marks})",
                [int(row) for row in rows],
            )
        }
        passages = []
        for row in map(int, rows):
            if row in found:
                number, start, end = found[row]
                article = self._article(number)
                if article is not None:
                    passages.append(Passage(article, start, end, row))
        return passages

    def articles_by_row(self, rows: Iterable[int]) -> dict[int, int]:
        """Return the number of the article of each row, those that are gone left out.

        Like `passages`, without any text: a third of a millisecond for 200 rows.
        """
        wanted = [int(row) for row in rows]
        marks = ",".join("?" * len(wanted))
        query = f"SELECT row, article FROM passages WHERE row IN ({marks})"
        return dict(self._database.rows(query, wanted))

    def rows_of(self, ids: Iterable[str]) -> Rows:
        """Return the rows of all passages of these articles, ascending."""
        query = (
            "SELECT row FROM passages JOIN articles ON article = number WHERE id = ?"
        )
        found = [row for id_ in ids for (row,) in self._database.rows(query, (id_,))]
        return np.array(sorted(found), dtype=np.int64)

    def _article(self, number: int) -> Article | None:
        generation = self.generation
        if generation != self._articles_generation or len(self._articles) > 512:
            self._articles, self._articles_generation = {}, generation
        cache = self._articles
        if number not in cache:
            found = self._database.row(
                f"SELECT {ARTICLE_COLUMNS} FROM articles WHERE number = ?", (number,)
            )
            if found is None:
                return None
            cache[number] = article_of(found)
        return cache[number]

    def articles_of(self, file: str) -> Iterator[tuple[int, Article]]:
        """Yield (number, article) of one file, in the order they were stored."""
        numbers = self._database.rows(
            "SELECT number FROM articles WHERE file = ? ORDER BY number", (file,)
        )
        for (number,) in numbers:
            article = self._article(number)
            if article is not None:
                yield number, article

    def rows_since(self, generation: int) -> Rows:
        """Return the rows of passages that came after `generation`, ascending."""
        rows = self._database.rows(
            "SELECT row FROM passages WHERE born > ? ORDER BY row", (generation,)
        )
        return np.array([row for (row,) in rows], dtype=np.int64)

    def born_since(self, generation: int) -> Iterator[tuple[int, Passage]]:
        """Yield (row, passage) of passages that came after `generation`."""
        rows = self.rows_since(generation).tolist()
        for first in range(0, len(rows), AT_ONCE):
            for passage in self.passages(rows[first : first + AT_ONCE]):
                yield passage.row, passage

    def removed_since(self, generation: int) -> Rows:
        """Return the rows that went after `generation`, ascending."""
        rows = self._database.rows(
            "SELECT row FROM removed WHERE generation > ? ORDER BY row", (generation,)
        )
        return np.array([row for (row,) in rows], dtype=np.int64)

    def vectors_of(self, rows: Rows, embedder: str) -> tuple[Rows, Vectors]:
        """Return those of these rows that have a vector, and the vectors.

        Shapes are `(n,)` and `(n, dim)`, in the order of `rows`, which ascend.
        """
        return vectors_of(self._database, rows, embedder)

    def unembedded(self, hashes: Iterable[bytes], embedder: str) -> set[bytes]:
        """Return those text hashes that have no vector of this embedder yet."""
        return unembedded(self._database, hashes, embedder)

    def texts_without_vector(self, embedder: str) -> Iterator[Passage]:
        """Yield one passage of each text that has no vector of this embedder."""
        rows = self._database.rows(
            "SELECT min(row) FROM passages p WHERE NOT EXISTS (SELECT 1 FROM vectors v"
            " WHERE v.text_hash = p.text_hash AND v.embedder = ?) GROUP BY text_hash",
            (embedder,),
        )
        for (row,) in rows:
            yield from self.passages([row])

    def check(self) -> None:
        """Read the whole file, and look whether its parts fit together.

        Raises:
            StoreError: if they do not.
        """
        self._database.check()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Open a change; leaving the block commits it, an exception undoes it.

        Raises:
            StoreBusyError: if another process keeps writing for 30 s.
        """
        with self._database.transaction() as connection:
            change = Change(connection, self.generation + 1)
            yield change
            change.set_meta("generation", str(change.generation))

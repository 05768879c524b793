"""What can be written to a store, all of it within one transaction."""

import json
import sqlite3
from collections.abc import Sequence

import numpy as np

from qa.library.records import FileRecord, embedded_text, text_hash
from qa.protocols import Vectors
from qa.types import Article, Passage

__all__ = ["Change"]


class Change:
    """Writes of one transaction; made by `Store.change` only."""

    def __init__(self, connection: sqlite3.Connection, generation: int) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self.generation = generation

    def set_meta(self, key: str, value: str) -> None:
        """Keep a fact about the whole store."""
        self._execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def put_file(self, record: FileRecord) -> None:
        """Keep what is known of a file, in place of what was."""
        self._execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (
                record.path,
                record.size,
                record.mtime_ns,
                record.hash,
                json.dumps(record.skipped),
            ),
        )

    def forget_file(self, path: str) -> None:
        """Drop a file's record, and which of its articles were hidden.

        Articles are removed one by one.
        """
        self._execute("DELETE FROM files WHERE path = ?", (path,))
        self.show(path)

    def reread(self, file: str) -> None:
        """Have a file read again, although it may not have changed."""
        self._execute(
            "UPDATE files SET mtime_ns = -1, hash = '' WHERE path = ?", (file,)
        )

    def reread_all(self) -> None:
        """Have all files read again: the same bytes are read differently now."""
        self._execute("UPDATE files SET mtime_ns = -1, hash = ''")

    def hide(self, entry: str, file: str) -> None:
        """Keep an article out of the library, although its file holds it.

        `entry` is what it is known by: see `hidden.py`.
        """
        self._execute("INSERT OR REPLACE INTO hidden VALUES (?, ?)", (entry, file))

    def show(self, file: str) -> None:
        """Allow all articles of a file again."""
        self._execute("DELETE FROM hidden WHERE file = ?", (file,))

    def put_article(self, article: Article, file: str, passages: list[Passage]) -> None:
        """Add an article, found in `file`, with its passages.

        An article of the same id is replaced.
        """
        known = self._execute("SELECT number FROM articles WHERE id = ?", (article.id,))
        for (number,) in known.fetchall():
            self.remove_article(number)
        number = self._execute(
            "INSERT INTO articles (id, path, file, file_hash, title, published, source,"
            " byline, page_starts, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article.id,
                article.path,
                file,
                article.file_hash,
                article.title,
                article.published.isoformat() if article.published else None,
                article.source,
                article.byline,
                json.dumps(article.page_starts),
                article.text,
            ),
        ).lastrowid
        self.put_passages(number or 0, passages)

    def put_passages(self, number: int, passages: list[Passage]) -> None:
        """Give an article these passages in place of those it has."""
        self._remove_passages(number)
        self._executemany(
            'INSERT INTO passages (article, start, "end", text_hash, born)'
            " VALUES (?, ?, ?, ?, ?)",
            [
                (number, p.start, p.end, text_hash(embedded_text(p)), self.generation)
                for p in passages
            ],
        )

    def _remove_passages(self, number: int) -> None:
        self._execute(
            "INSERT OR REPLACE INTO removed SELECT row, ? FROM passages"
            " WHERE article = ?",
            (self.generation, number),
        )
        self._execute("DELETE FROM passages WHERE article = ?", (number,))

    def remove_article(self, number: int) -> None:
        """Remove an article and its passages."""
        self._remove_passages(number)
        self._execute("DELETE FROM articles WHERE number = ?", (number,))

    def set_file_hash(self, file: str, digest: str) -> None:
        """Note the new hash of a file for those of its articles that stayed."""
        self._execute(
            "UPDATE articles SET file_hash = ? WHERE file = ?", (digest, file)
        )

    def put_vectors(
        self, hashes: Sequence[bytes], embedder: str, vectors: Vectors
    ) -> None:
        """Keep vectors, shape `(len(hashes), dim)`, as 32-bit floats."""
        data = np.ascontiguousarray(vectors, dtype=np.float32)
        self._executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            [(h, embedder, v.tobytes()) for h, v in zip(hashes, data, strict=True)],
        )
        # passages that were there before are born again, for indexes to take them up
        self._executemany(
            "UPDATE passages SET born = ?1 WHERE text_hash = ?2 AND born < ?1",
            [(self.generation, key) for key in hashes],
        )

    def drop_orphan_vectors(self) -> None:
        """Forget vectors of texts that no passage has any more."""
        # found in the index of their hashes: the table is as large as all vectors
        self._execute(
            "DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM vectors"
            " WHERE NOT EXISTS (SELECT 1 FROM passages"
            " WHERE passages.text_hash = vectors.text_hash))"
        )

"""What the store keeps, as SQL and as Python sees it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from qa.library.formats.masthead import readable_name
from qa.types import Article, Passage

__all__ = ["SCHEMA", "SCHEMA_VERSION", "Counts", "FileRecord", "Pairs"]
__all__ += [
    "StoredArticle",
    "ARTICLE_COLUMNS",
    "article_of",
    "day_of",
    "embedded_text",
    "pairs_of",
]
__all__ += ["text_hash"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Paths, each with the reason why nothing was read there."""

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    hash TEXT NOT NULL, skipped TEXT NOT NULL  -- JSON list of [path, reason]
) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL, file TEXT NOT NULL, file_hash TEXT NOT NULL,
    title TEXT NOT NULL, published TEXT, source TEXT, byline TEXT,
    page_starts TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX articles_by_file ON articles (file);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text_hash BLOB NOT NULL, born INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);
CREATE INDEX passages_by_hash ON passages (text_hash);
CREATE INDEX passages_by_birth ON passages (born);
CREATE TABLE vectors (
    text_hash BLOB NOT NULL, embedder TEXT NOT NULL, vector BLOB NOT NULL,
    -- with row ids, for such long rows: half the disk, found in a tenth of the time
    PRIMARY KEY (text_hash, embedder)
);
CREATE TABLE hidden (id TEXT PRIMARY KEY, file TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE removed (row INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX removed_by_generation ON removed (generation);
"""


def embedded_text(passage: Passage) -> str:
    r"""Return what the embedder reads: the article's title, then the passage.

    A title that is only the file's name is left out: a renamed file embeds nothing.

    >>> from qa.types import Article
    >>> embedded_text(Passage(Article("a", "a", "Rain", "It fell. "), 0, 9))
    'Rain\nIt fell.'
    """
    article, text = passage.article, passage.text.strip()
    title = article.title.strip()
    key = article.id.removeprefix(article.path).removeprefix("#")
    if not title or text.startswith(title) or title == readable_name(article.path, key):
        return text
    return f"{title}\n{text}"


def text_hash(text: str) -> bytes:
    """Return the key of a text's vector: 16 bytes of BLAKE2b."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the store knows of one file; `skipped` pairs a path with a reason."""

    path: str
    size: int  # bytes
    mtime_ns: int
    hash: str  # SHA-256, hexadecimal
    skipped: Pairs = ()


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One line of the article list: all but the text."""

    number: int
    id: str
    path: str
    title: str
    published: date | None
    source: str | None
    byline: str | None
    passages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How large a library is."""

    files: int
    skipped: int
    articles: int
    passages: int
    characters: int
    vectors: int


ARTICLE_COLUMNS = (
    "id, path, title, text, published, source, byline, file_hash, page_starts"
)
"""What `article_of` takes, in this order."""


def article_of(row: tuple[Any, ...]) -> Article:
    """Return the article that a row of ARTICLE_COLUMNS holds."""
    id_, path, title, text, published, source, byline, digest, pages = row
    return Article(
        id_,
        path,
        title,
        text,
        published=day_of(published),
        source=source,
        byline=byline,
        file_hash=digest,
        page_starts=tuple(json.loads(pages)),
    )


def pairs_of(skipped: str) -> tuple[tuple[str, str], ...]:
    """Return the (path, reason) pairs that a file's record holds as JSON."""
    if skipped == "[]":  # of nearly all files: JSON takes 0.1 s for 20,000
        return ()
    return tuple((path, reason) for path, reason in json.loads(skipped))


def day_of(text: str | None) -> date | None:
    """Return the date of an ISO string; None of none."""
    return date.fromisoformat(text) if text else None

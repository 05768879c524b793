"""Batches on their way into the store: one collected, one embedded beside it.

Cutting articles and writing the database keep one core busy, embedding keeps all of
them: while a batch is embedded in a thread, the next one is collected. An article is
never divided, but the vectors of a long one are committed ahead of it, in slices.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import TypeVar

import numpy as np

from qa.library.beside import beside
from qa.library.progress import Meter
from qa.library.records import FileRecord, embedded_text, text_hash
from qa.library.store import Store
from qa.protocols import Embedder, Vectors
from qa.types import Article, Passage

__all__ = ["AHEAD", "BATCH", "Batches", "slices"]

_Item = TypeVar("_Item")

BATCH = 128  # passages; a batch embeds fewer than twice as many: a crash can lose two

AHEAD = "vectors ahead"
"""The key of `Store.meta` that is "1" while vectors may be ahead of their article."""


@dataclass(slots=True)
class _Batch:
    """Changes that are committed together."""

    arrivals: list[tuple[Article, str, list[Passage]]] = field(default_factory=list)
    departures: list[int] = field(default_factory=list)
    records: list[FileRecord] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    hidden: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by file
    begun: list[str] = field(default_factory=list)  # files of which more is to come
    n_passages: int = 0
    n_bytes: int = 0  # of the files that the arrivals come from

    def __bool__(self) -> bool:
        return bool(self.arrivals or self.departures or self.records or self.forgotten)


@dataclass(frozen=True, slots=True)
class _Embedding:
    """A batch whose new texts are being embedded."""

    batch: _Batch
    keys: list[bytes]
    vectors: "Future[Vectors]"


class Batches:
    """Collects changes until there are enough of them, then commits all at once.

    A context: leaving it ends the thread, at the latest after `BATCH` passages, and
    drops what was not committed.
    """

    def __init__(self, store: Store, embedder: Embedder, meter: Meter) -> None:
        """Start empty; `meter` counts and tells of each commit."""
        self._store = store
        self._embedder = embedder
        self.meter = meter
        self._is_over = threading.Event()
        self._open = _Batch()
        self._embedding: _Embedding | None = None
        self.departed = 0  # articles removed so far
        self.embedded = 0  # texts that the embedder read so far

    def __enter__(self) -> "Batches":
        """Return the same object."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread; the slice that it embeds at the moment is waited for."""
        self._is_over.set()
        if self._embedding is not None:
            self._embedding.vectors.exception()

    @property
    def is_full(self) -> bool:
        """Whether it is time to flush."""
        return self._open.n_passages >= BATCH

    def arrive(
        self, article: Article, file: str, passages: list[Passage], *, n_bytes: int
    ) -> None:
        """Store an article, cut into passages: `n_bytes` of what `file` holds."""
        self._open.arrivals.append((article, file, passages))
        self._open.n_passages += len(passages)
        self._open.n_bytes += n_bytes
        self.meter.bytes_waiting += n_bytes

    def depart(self, numbers: Sequence[int]) -> None:
        """Remove stored articles."""
        self._open.departures += numbers
        self.departed += len(numbers)

    def record(self, record: FileRecord) -> None:
        """Keep what is known of a file, once its articles are in."""
        self._open.records.append(record)

    def begin(self, path: str) -> None:
        """Have a file read again unless its record follows: only a part is in."""
        self._open.begun.append(path)

    def hide(self, file: str, entries: Iterable[str]) -> None:
        """Keep what the hidden articles of a file are known by now."""
        self._open.hidden[file] = tuple(entries)

    def forget(self, path: str) -> None:
        """Drop what is known of a file, and what was hidden of it."""
        self._open.forgotten.append(path)

    def flush(self) -> None:
        """Have what was collected embedded; commit the batch before it.

        The call waits for that batch only: `settle` waits for this one, too. Of twice
        `BATCH` new texts or more, vectors are batches of their own, ahead of the
        articles.
        """
        batch, self._open = self._open, _Batch()
        texts = _texts([p for _, _, cut in batch.arrivals for p in cut])
        known = set(self._embedding.keys) if self._embedding else set()
        keys = [key for key in self._new(texts) if key not in known]
        while len(keys) >= 2 * BATCH:
            n_bytes = batch.n_bytes * BATCH // len(keys)
            ahead, keys = keys[:BATCH], keys[BATCH:]
            batch.n_bytes -= n_bytes
            batch.n_passages -= BATCH
            self._push(_Batch(n_passages=BATCH, n_bytes=n_bytes), ahead, texts)
        self._push(batch, keys, texts)

    def _push(self, batch: _Batch, keys: list[bytes], texts: dict[bytes, str]) -> None:
        """Have a batch embedded, if there is anything in it; commit the one before."""
        before, embedding = self._embedding, None
        if batch or keys:
            vectors = self._beside([texts[key] for key in keys], after=before)
            embedding = _Embedding(batch, keys, vectors)
        self._embedding = embedding
        if before:
            self._commit(before)

    def settle(self) -> None:
        """Embed and commit everything that was collected."""
        self.flush()
        self.flush()

    def embed(self, passages: Sequence[Passage]) -> tuple[list[bytes], str, Vectors]:
        """Return hashes, embedder and vectors of those texts that have none yet."""
        texts = _texts(passages)
        keys = self._new(texts)
        self.embedded += len(keys)
        vectors = self._encode([texts[key] for key in keys])
        return keys, self._embedder.name, vectors

    def _beside(
        self, texts: Sequence[str], *, after: _Embedding | None
    ) -> "Future[Vectors]":
        def work() -> Vectors:
            if after is not None:
                after.vectors.exception()  # one batch at a time
            return self._encode(texts)

        return beside(work, name="qa-embed", is_waited_for=False)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """Return shape `(len(texts), dim)`, a slice at a time."""
        parts = [np.empty((0, self._embedder.dim), np.float32)]
        for first in range(0, len(texts), BATCH):
            if self._is_over.is_set():
                raise CancelledError
            part = texts[first : first + BATCH]
            parts.append(self._embedder.encode(part, kind="passage"))
        return np.concatenate(parts)

    def _new(self, texts: dict[bytes, str]) -> list[bytes]:
        return sorted(self._store.unembedded(texts, self._embedder.name))

    def _commit(self, embedding: _Embedding) -> None:
        """Write a batch as one change, once it is embedded."""
        batch, vectors = embedding.batch, embedding.vectors.result()
        self.embedded += len(embedding.keys)
        with self._store.change() as change:
            for number in batch.departures:
                change.remove_article(number)
            for article, file, cut in batch.arrivals:
                change.put_article(article, file, cut)
            for path in batch.forgotten:
                change.forget_file(path)
            for path in batch.begun:
                change.reread(path)
            for file, entries in batch.hidden.items():
                change.show(file)
                for entry in entries:
                    change.hide(entry, file)
            for record in batch.records:
                change.put_file(record)
                if record.hash:  # else its articles are those that were read last
                    change.set_file_hash(record.path, record.hash)
            change.put_vectors(embedding.keys, self._embedder.name, vectors)
            if not batch:
                change.set_meta(AHEAD, "1")
        self.meter.passages += batch.n_passages
        self.meter.bytes_waiting -= batch.n_bytes
        self.meter.tell()


def _texts(passages: Sequence[Passage]) -> dict[bytes, str]:
    """Return what is embedded of each passage, by its hash."""
    texts = [embedded_text(passage) for passage in passages]
    return {text_hash(text): text for text in texts}


def slices(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield the items in lists of `BATCH`, the last one of what is left."""
    left = iter(items)
    while part := list(islice(left, BATCH)):
        yield part

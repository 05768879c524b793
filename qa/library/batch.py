"""The batch in flight: what is embedded together and committed together."""

from collections.abc import Sequence

from qa.library.records import FileRecord, embedded_text, text_hash
from qa.library.store import Store
from qa.protocols import Embedder, Vectors
from qa.types import Article, Passage

__all__ = ["BATCH", "Batch"]

BATCH = 256  # passages embedded and committed together: the most a crash can lose


class Batch:
    """Collects changes until there are enough of them, then commits all at once."""

    def __init__(self, store: Store, embedder: Embedder) -> None:
        """Start empty."""
        self._store = store
        self._embedder = embedder
        self._arrivals: list[tuple[Article, str, list[Passage]]] = []
        self._departures: list[int] = []
        self._records: list[FileRecord] = []
        self._forgotten: list[str] = []
        self._waiting = 0  # passages of the arrivals
        self.stored = 0  # passages committed so far
        self.departed = 0  # articles removed so far
        self.embedded = 0  # texts that the embedder read so far

    @property
    def is_full(self) -> bool:
        """Whether it is time to flush."""
        return self._waiting >= BATCH

    def arrive(self, article: Article, file: str, passages: list[Passage]) -> None:
        """Store an article found in `file`, cut into passages."""
        self._arrivals.append((article, file, passages))
        self._waiting += len(passages)

    def depart(self, numbers: Sequence[int]) -> None:
        """Remove stored articles."""
        self._departures += numbers
        self.departed += len(numbers)

    def record(self, record: FileRecord) -> None:
        """Keep what is known of a file, once its articles are in."""
        self._records.append(record)

    def forget(self, path: str) -> None:
        """Drop what is known of a file."""
        self._forgotten.append(path)

    def flush(self) -> None:
        """Embed what is new, and commit everything as one change."""
        if not (self._arrivals or self._departures or self._records or self._forgotten):
            return
        passages = [p for _, _, cut in self._arrivals for p in cut]
        embedded = self.embed(passages)
        with self._store.change() as change:
            for number in self._departures:
                change.remove_article(number)
            for article, file, cut in self._arrivals:
                change.put_article(article, file, cut)
            for path in self._forgotten:
                change.forget_file(path)
            for record in self._records:
                change.put_file(record)
                change.set_file_hash(record.path, record.hash)
            change.put_vectors(*embedded)
        self.stored += len(passages)
        self._arrivals, self._departures = [], []
        self._records, self._forgotten = [], []
        self._waiting = 0

    def embed(self, passages: Sequence[Passage]) -> tuple[list[bytes], str, Vectors]:
        """Return hashes, embedder and vectors of those texts that have none yet."""
        texts = {}
        for passage in passages:
            text = embedded_text(passage)
            texts[text_hash(text)] = text
        name = self._embedder.name
        new = sorted(self._store.unembedded(texts, name))
        self.embedded += len(new)
        vectors = self._embedder.encode([texts[key] for key in new], kind="passage")
        return new, name, vectors

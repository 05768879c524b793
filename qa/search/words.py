"""The lexical side: a Tantivy index over the words of titles and passages (BM25)."""

import logging
import shutil
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import filelock
import tantivy

from qa.errors import StoreBusyError
from qa.library.store import Rows, Store
from qa.search.terms import content_words, quoted_phrases

__all__ = ["WordIndex"]

logger = logging.getLogger(__name__)

_TITLE_WEIGHT = 0.5  # of a word in the title, relative to the passage
_PAIR_WEIGHT = 0.2  # of two words that stand together in both
_PHRASE_WEIGHT = 4.0  # of a phrase that the question quotes
_HEAP_BYTES = 64_000_000
_FORMAT = "1"  # of the fields below; another one on disk is rebuilt


class WordIndex:
    """Passages by their words; rows of the store are the keys."""

    def __init__(self, store: Store) -> None:
        """Open the index beside the store and catch up with it."""
        self._store = store
        self._folder = store.folder / "words"
        self._lock = threading.Lock()
        self._file_lock = filelock.FileLock(str(store.folder / "words.lock"))
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(60))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self._schema = _schema()
        self._index = self._open()
        self.catch_up()

    def terms(self, text: str) -> list[str]:
        """Return the index terms of a text: folded, lower case, stemmed."""
        return list(self._analyzer.analyze(text))

    def search(
        self, question: str, k: int, *, only: Rows | None = None
    ) -> list[tuple[int, float]]:
        """Return at most `k` pairs (row, BM25 score), best first, ties by row.

        All words of the question count, "who" and "of" too, and so do pairs of
        neighbouring words (Metzler & Croft 2005) and phrases that the question quotes:
        `benchmarks/results/retrieval.jsonl` tells what comes of it.
        """
        query = self._query(question)
        if query is None or (only is not None and len(only) == 0):
            return []
        if only is not None:
            chosen = tantivy.Query.term_set_query(self._schema, "row", only.tolist())
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)),
                ]
            )
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=k, count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        found = [
            (int(row), float(score))
            for row, (score, _) in zip(rows, hits, strict=True)
            if row is not None
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Return those words that stand in no passage and no title."""
        searcher = self._index.searcher()
        return [
            word
            for word in words
            if (terms := self.terms(word))
            and not any(
                searcher.doc_freq(field, term)
                for term in terms
                for field in ("title", "body")
            )
        ]

    def _query(self, question: str) -> tantivy.Query | None:
        parts = []
        terms = self.terms(question)
        for term in dict.fromkeys(terms):
            for field, weight in (("body", 1.0), ("title", _TITLE_WEIGHT)):
                query = tantivy.Query.term_query(self._schema, field, term)
                parts.append(tantivy.Query.boost_query(query, weight))
        content = set(self.terms(" ".join(content_words(question))))
        for pair in dict.fromkeys(pairwise(terms)):
            if content.intersection(pair):  # "of the" stands everywhere
                query = tantivy.Query.phrase_query(
                    self._schema, "body", list(pair), slop=1
                )
                parts.append(tantivy.Query.boost_query(query, _PAIR_WEIGHT))
        for phrase in quoted_phrases(question):
            terms = self.terms(phrase)
            if len(terms) > 1:
                # terms alone: a position for each, as the index counts them
                query = tantivy.Query.phrase_query(self._schema, "body", list(terms))
                parts.append(tantivy.Query.boost_query(query, _PHRASE_WEIGHT))
        if not parts:
            return None
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, part) for part in parts]
        )

    def catch_up(self) -> None:
        """Follow the store to its present generation.

        Raises:
            StoreBusyError: if another process has been writing for a minute.
        """
        with self._lock:
            if self._generation() == self._store.generation:
                self._index.reload()
                return
            try:
                with self._file_lock.acquire(timeout=60):
                    self._follow()
            except filelock.Timeout as error:
                raise StoreBusyError(
                    f"{self._folder}: another process has been writing for a minute. "
                    "Wait until it ends, or name another store with `--store`."
                ) from error

    def _follow(self) -> None:
        generation = self._store.generation
        held = self._generation()
        writer = self._index.writer(_HEAP_BYTES, 1)
        for row in self._store.removed_since(held).tolist():
            writer.delete_documents_by_term("row", row)
        for row, passage in self._store.born_since(held):
            if held >= 0:
                writer.delete_documents_by_term("row", row)  # a replay after a crash
            document = tantivy.Document()
            document.add_integer("row", row)
            document.add_text("title", passage.article.title)
            document.add_text("body", passage.text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        _write_whole(
            self._folder / "generation",
            f"{_FORMAT} {self._store.identity} {generation}",
        )

    def _generation(self) -> int:
        try:
            held = (self._folder / "generation").read_text(encoding="utf-8").split()
        except OSError:
            return -1
        if held[:2] != [_FORMAT, self._store.identity] or len(held) != 3:
            return -1
        return int(held[2])

    def _open(self) -> tantivy.Index:
        with self._file_lock:  # another process may be making it
            return self._open_alone()

    def _open_alone(self) -> tantivy.Index:
        if self._folder.is_dir() and not 0 <= self._generation() <= (
            self._store.generation
        ):
            shutil.rmtree(self._folder)  # of another format, or of another store
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            index = tantivy.Index(self._schema, path=str(self._folder), reuse=True)
        except ValueError as error:
            logger.warning("%s cannot be read (%s) and is rebuilt", self._folder, error)
            shutil.rmtree(self._folder)
            self._folder.mkdir()
            index = tantivy.Index(self._schema, path=str(self._folder))
        index.register_tokenizer("qa", self._analyzer)
        return index


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name="qa")
    builder.add_text_field("body", tokenizer_name="qa")
    return builder.build()


def _write_whole(path: Path, text: str) -> None:
    beside = path.with_suffix(".tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)

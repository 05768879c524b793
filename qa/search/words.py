"""The lexical side: a Tantivy index over the words of titles and passages (BM25)."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import filelock
import tantivy

from qa.errors import StoreBusyError
from qa.library.store import Rows, Store
from qa.search.queries import (
    ANALYZER,
    SCHEMA,
    among_query,
    pairs_query,
    together_query,
    words_query,
)
from qa.search.terms import content_words, fold, quoted_phrases, spelled

__all__ = ["WordIndex"]

logger = logging.getLogger(__name__)

_CANDIDATES = 300  # best by their words alone, whose pairs are counted
_FUNCTION_WEIGHT = 0.5  # of a word that says how it is asked, not what about
_HEAP_BYTES = 64_000_000
_WAIT_S = 60.0  # for another process that fills the index for the first time
_FORMAT = "3"  # of fields and terms; another one on disk is rebuilt

_Found = TypeVar("_Found")


class WordIndex:
    """Passages by their words; rows of the store are the keys."""

    def __init__(self, store: Store) -> None:
        """Open the index beside the store and catch up with it, as `catch_up` does."""
        self._store = store
        self._folder = store.folder / "words"
        self._lock = threading.Lock()
        self._file_lock = filelock.FileLock(str(store.folder / "words.lock"))
        self._is_behind = False  # since another process is writing
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(60))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self._index = self._open()
        self.catch_up()

    def terms(self, text: str) -> list[str]:
        """Return the index terms of a text: folded, lower case, stemmed."""
        return list(self._analyzer.analyze(fold(text)))

    def search(
        self, question: str, k: int, *, only: Rows | None = None
    ) -> list[tuple[int, float]]:
        """Return at most `k` pairs (row, BM25 score), best first, ties by row.

        All words of the question count, "who" and "of" half, since in a few articles
        they are as rare as names. So do phrases that the question quotes, and
        neighbouring content words that stand near each other in the passage (Metzler &
        Croft 2005): `benchmarks/results/retrieval.jsonl` tells what comes of it.

        Words are asked first, alone: Tantivy leaves out passages that cannot be among
        the best (block-max WAND) only where nothing but words is asked. Pairs are then
        counted for the best of them; `benchmarks.scale` measures what that
        saves. A quoted phrase is asked with the words, and takes time in proportion to
        the library.
        """
        query = self._words_query(question)
        if query is None or (only is not None and len(only) == 0):
            return []
        if only is not None:
            query = among_query(query, only)
        wanted, pairs = max(k, _CANDIDATES), self._pairs(question)

        def found(searcher: tantivy.Searcher) -> dict[int, float]:
            scores = _scores(searcher, query, wanted)
            if pairs and scores:
                near = pairs_query(pairs, scores)
                for row, score in _scores(searcher, near, len(scores)).items():
                    scores[row] += score
            return scores

        scores = self._asked(found)
        return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Return those words that stand in no passage and no title.

        U.S. and US are one word. While another process writes the index, none is
        called unknown: what is new may hold it.
        """
        if self._is_behind:
            return []

        def found(searcher: tantivy.Searcher) -> list[str]:
            return [
                word
                for word in words
                if (spellings := self._spellings(word))
                and not any(
                    self._occurs(searcher, field, terms)
                    for terms in spellings
                    for field in ("title", "body")
                )
            ]

        return self._asked(found)

    def _asked(self, ask: Callable[[tantivy.Searcher], _Found]) -> _Found:
        """Ask the index; one that is damaged is rebuilt, and asked again.

        Tantivy opens some of its files only when a word is looked up.
        """
        index = self._index
        try:
            return ask(index.searcher())
        except BaseException as error:
            if not _is_damage(error):
                raise
            with self._lock:
                if self._index is index:  # else another thread was faster
                    self._rebuild(error)
        return ask(self._index.searcher())

    def _spellings(self, word: str) -> list[list[str]]:
        """Return the terms of a word, each way that it may be written."""
        plain = word.replace(".", "")
        written = [plain, ".".join(plain)] if plain.isupper() else [word]
        return [terms for text in written if (terms := self.terms(text))]

    def _occurs(
        self, searcher: tantivy.Searcher, field: str, terms: Sequence[str]
    ) -> bool:
        if not all(searcher.doc_freq(field, term) for term in terms):
            return False
        # the count takes in removed passages, until their segment is merged
        query = together_query(field, terms)
        return bool(searcher.search(query, limit=1, count=False).hits)

    def _words_query(self, question: str) -> tantivy.Query | None:
        phrases = [self.terms(phrase) for phrase in quoted_phrases(question)]
        weights = dict.fromkeys(self.terms(spelled(question)), _FUNCTION_WEIGHT)
        for term in self.terms(spelled(" ".join(content_words(question)))):
            weights[term] = 1.0
        return words_query(weights, phrases)

    def _pairs(self, question: str) -> list[tuple[str, str]]:
        content = set(self.terms(" ".join(content_words(question))))
        terms = [term for term in self.terms(question) if term in content]
        return list(dict.fromkeys(pairwise(terms)))

    def catch_up(self) -> bool:
        """Follow the store to its present generation; tell whether it is there.

        It is not while another process is writing it: then it is asked as it is.

        Raises:
            StoreBusyError: if nothing is in it, and the other writes for a minute.
        """
        with self._lock:
            try:
                self._follow(self._index)
            except BaseException as error:
                if not _is_damage(error):
                    raise
                self._rebuild(error)
            return not self._is_behind

    def _rebuild(self, error: BaseException) -> None:
        """Make the index anew; those who ask meanwhile keep the old one."""
        logger.warning("%s cannot be read (%s) and is rebuilt", self._folder, error)
        (self._folder / "generation").unlink(missing_ok=True)
        index = self._open()
        self._follow(index)
        self._index = index

    def _follow(self, index: tantivy.Index) -> None:
        held, was_behind = self._generation(), self._is_behind
        self._is_behind = False
        if held != self._store.generation:
            try:
                with self._alone(wait_s=0.0 if held >= 0 else _WAIT_S):
                    self._write(index)
            except StoreBusyError:
                if held < 0:
                    raise
                self._is_behind = True
                if not was_behind:
                    logger.info("%s: another process is writing", self._folder)
        index.reload()

    @contextmanager
    def _alone(self, *, wait_s: float) -> Iterator[None]:
        """Keep other processes from writing, once none does."""
        try:
            with self._file_lock.acquire(timeout=wait_s):
                yield
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"{self._folder}: another process has been writing for {wait_s:.0f} s. "
                "Wait until it ends, or name another store with `--store`."
            ) from error

    def _write(self, index: tantivy.Index) -> None:
        generation = self._store.generation
        held = self._generation()
        writer = index.writer(_HEAP_BYTES, 1)
        if held < 0:  # nothing in it counts: all comes anew
            writer.delete_all_documents()
        for row in self._store.removed_since(held).tolist():
            writer.delete_documents_by_term("row", row)
        for row, passage in self._store.born_since(held):
            if held >= 0:
                writer.delete_documents_by_term("row", row)  # a replay after a crash
            document = tantivy.Document()
            document.add_integer("row", row)
            document.add_text("title", spelled(passage.article.title))
            document.add_text("body", spelled(passage.text))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        _write_whole(
            self._folder / "generation",
            f"{_FORMAT} {self._store.identity} {generation}",
        )

    def _generation(self) -> int:
        try:
            text = (self._folder / "generation").read_text(encoding="utf-8")
            format_, identity, generation = text.split()
            held = int(generation)
        except (OSError, ValueError):
            return -1
        return held if (format_, identity) == (_FORMAT, self._store.identity) else -1

    def _open(self) -> tantivy.Index:
        index = self._on_disk()
        if index is None:
            with self._alone(wait_s=_WAIT_S):
                index = self._on_disk() or self._made()  # another process was faster
        index.register_tokenizer(ANALYZER, self._analyzer)
        return index

    def _on_disk(self) -> tantivy.Index | None:
        """Return the index of this store and format, if there is one to be read."""
        if not 0 <= self._generation() <= self._store.generation:
            return None
        try:
            return tantivy.Index.open(str(self._folder))
        except ValueError as error:
            logger.warning("%s cannot be read (%s) and is rebuilt", self._folder, error)
            return None

    def _made(self) -> tantivy.Index:
        if self._folder.is_dir():
            shutil.rmtree(self._folder)  # damaged, or of another format or store
        self._folder.mkdir(parents=True)
        return tantivy.Index(SCHEMA, path=str(self._folder))


def _is_damage(error: BaseException) -> bool:
    """Tell whether an error of Tantivy means that it cannot read its files.

    Where it looks for damage, that is a ValueError; elsewhere Rust panics, with an
    exception that no module offers by name.
    """
    return isinstance(error, ValueError) or type(error).__name__ == "PanicException"


def _scores(
    searcher: tantivy.Searcher, query: tantivy.Query, limit: int
) -> dict[int, float]:
    """Return the best rows of a query with their scores."""
    hits = searcher.search(query, limit=limit, count=False).hits
    rows = searcher.fast_field_values("row", [address for _, address in hits])
    return {
        int(row): float(score)
        for row, (score, _) in zip(rows, hits, strict=True)
        if row is not None
    }


def _write_whole(path: Path, text: str) -> None:
    beside = path.with_suffix(".tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)

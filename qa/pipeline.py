"""The whole way of a question, and the one place that names concrete classes."""

import dataclasses
import logging
import os
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral
from pathlib import Path
from types import TracebackType

from qa.conversation.follow_up import standalone
from qa.errors import ArticlesError, StoreBusyError
from qa.library.library import Library
from qa.library.origin import check_origin
from qa.library.progress import Progress
from qa.library.scan import check_articles, default_store
from qa.library.store import Store
from qa.protocols import Mode, Reader
from qa.reading.answer import choose
from qa.reading.confidence import Calibration, load_calibration
from qa.reading.read import open_reader
from qa.reading.stages import read_and_propose
from qa.remember import Recent
from qa.search.embed import open_embedder
from qa.search.retrieve import HybridRetriever
from qa.search.terms import checked, topic_words, well_formed
from qa.settings import Settings, check_share
from qa.types import Answer, Hit, Turn

__all__ = ["QA"]

_log = logging.getLogger(__name__)

_WAIT_S = 1.0  # for another process that is indexing; then the store is asked as it is


class QA:
    """Answers questions from a folder of articles, in their own words.

    Stateless between questions: a conversation is passed in as its turns. Threads may
    share one.
    """

    def __init__(
        self,
        library: Library,
        retriever: HybridRetriever,
        reader: Reader,
        calibration: Calibration,
        settings: Settings,
    ) -> None:
        """Take the parts; `QA.open` builds them."""
        self.library = library
        self.retriever = retriever
        self.reader = reader
        self.settings = settings
        self._store = library.store
        self._calibration = calibration
        self._recent = Recent[Answer](settings.remembered)

    @classmethod
    def open(
        cls,
        articles: str | Path = "seeds",
        *,
        store: str | Path | None = None,
        settings: Settings | None = None,
        progress: Callable[[Progress], None] | None = None,
        is_synced: bool = True,
    ) -> "QA":
        """Open the library of a folder (or file, or zip) and bring it in step.

        Args:
            articles: where the articles are; `~` is your home.
            store: where what is derived from them is kept; None picks
                `embeddings/` or the user's cache folder.
            settings: None takes the defaults.
            progress: called after each batch that is indexed.
            is_synced: whether to look for changed files first; without, the library
                is asked as it was left. A store that another process is writing to
                is asked as it is, too.

        Raises:
            ArticlesError: if there is nothing to read at that place.
            StoreError: if the store cannot be used, or holds another folder's articles.
            ModelError: if a model cannot be opened.
        """
        settings = settings or Settings()
        if not str(articles):  # a variable that is not set: not the folder one is in
            raise ArticlesError(
                "the articles are named by an empty word. Name their folder, as in "
                "`QA.open('seeds')`."
            )
        place = _expanded(articles)
        home = _expanded(store) if store else default_store(place)
        check_articles(place, home)
        kept = Store(home)
        check_origin(kept, place)
        embedder = open_embedder(settings.embedder)
        library = Library(place, kept, embedder, settings)
        with ThreadPoolExecutor(1) as beside:
            opening = beside.submit(open_reader, settings.reader, embedder)

            def tell(now: Progress) -> None:
                if opening.done():
                    opening.result()  # a wrong reader is told before all is indexed
                if progress is not None:
                    progress(now)

            if is_synced:
                try:
                    library.sync(progress=tell, wait_s=_WAIT_S)
                except StoreBusyError:
                    if not kept.passage_count():
                        raise  # nothing to ask yet
                    _log.warning("another process is indexing: asked is what is in")
            retriever = HybridRetriever(
                kept,
                embedder,
                dense_weight=settings.dense_weight,
                article_share=settings.article_share,
                pool=settings.pool,
            )
            reader = opening.result()
        calibration = load_calibration(reader.name)
        return cls(library, retriever, reader, calibration, settings)

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        only: Collection[str] | None = None,
        min_confidence: float | None = None,
    ) -> Answer:
        """Return the best answer; one that is not found is an Answer too.

        Args:
            question: in the words of the person who asks.
            turns: what was asked before, if this may be a follow-up.
            only: ids of the articles to be asked; None means all.
            min_confidence: below it we abstain; None takes the setting.

        Raises:
            QuestionError: if the question is no text, has no word, or is too long.
            ArticlesError: if there is no article of one of these ids.
            ValueError: if `only` is no list of ids, `turns` none of turns, or
                `min_confidence` not in [0, 1].
        """
        most = self.settings.max_question_chars
        whole = _completed(checked(question, max_chars=most), turns, self.settings)
        begun = time.perf_counter()
        if min_confidence is None:
            min_confidence = self.settings.min_confidence
        check_share("min_confidence", min_confidence)
        among = self._among(only)
        # before the indexes follow it: an answer may be newer than its key, not older
        generation = self._store.generation
        is_current = self.retriever.catch_up()
        key = (whole, among, min_confidence, generation)
        answer = self._recent.get(key)
        if answer is None:
            answer = self._answer(whole, among, min_confidence)
            if is_current:
                self._recent.put(key, dataclasses.replace(answer, timings={}))
        total = round(1000 * (time.perf_counter() - begun), 2)
        return dataclasses.replace(
            answer, question=question, timings={**answer.timings, "total": total}
        )

    def retrieve(
        self,
        question: str,
        *,
        top_k: int = 5,
        mode: Mode = "hybrid",
        only: Collection[str] | None = None,
    ) -> list[Hit]:
        """Return the passages nearest to the question, best first.

        Raises:
            QuestionError: if the question has no word, or is too long.
            ArticlesError: if there is no article of one of these ids.
            ValueError: if `top_k` is below 1, or `only` is no list of ids.
        """
        if not isinstance(top_k, Integral) or top_k < 1:
            raise ValueError(f"top_k must be a whole number from 1 on, got {top_k!r}")
        question = checked(question, max_chars=self.settings.max_question_chars)
        among = self._among(only)
        self.retriever.catch_up()
        return self.retriever.retrieve(question, top_k=top_k, mode=mode, only=among)

    def threshold(self, min_precision: float) -> float:
        """Return the confidence above which answers were right this often.

        Raises:
            ValueError: if the reader never reached that precision when measured.
        """
        return self._calibration.threshold(min_precision)

    def close(self) -> None:
        """Close the store and end the threads; nothing can be asked afterwards."""
        self.retriever.close()
        self._store.close()

    def __enter__(self) -> "QA":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(
        self, question: str, only: Collection[str] | None, min_confidence: float
    ) -> Answer:
        """Retrieve, read and decide; `question` stands alone."""
        settings = self.settings
        begun = time.perf_counter()
        hits = self.retriever.retrieve(question, top_k=settings.top_k, only=only)
        retrieved = time.perf_counter()
        words = topic_words(question)
        unknown_words = self.retriever.unknown(words)
        proposals = read_and_propose(
            question,
            hits,
            self.reader,
            self._calibration,
            settings,
            min_confidence=min_confidence,
            unknown=len(unknown_words) / max(1, len(words)),
        )
        read = time.perf_counter()
        answer = choose(
            question,
            hits,
            proposals,
            min_confidence=min_confidence,
            max_alternatives=settings.max_alternatives,
            unknown_words=unknown_words,
        )
        count = self._store.passage_count()
        asked = count if only is None else len(self._store.rows_of(only))
        decided = time.perf_counter()
        return dataclasses.replace(
            answer,
            reason="no_articles" if answer.reason and not count else answer.reason,
            timings={
                "retrieve": round(1000 * (retrieved - begun), 2),
                "read": round(1000 * (read - retrieved), 2),
                "decide": round(1000 * (decided - read), 2),
            },
            passages=asked,
        )

    def _among(self, only: Collection[str] | None) -> frozenset[str] | None:
        """Return the ids as a set; without it, a typing error would find nothing."""
        if only is None:
            return None
        if isinstance(only, str):
            raise ValueError(  # noqa: TRY004  # as every mistake of a caller
                f"only is {only!r}; wanted a list of ids, such as [{only!r}]"
            )
        among = frozenset(only)
        if odd := [i for i in among if not isinstance(i, str)]:
            raise ValueError(
                f"only holds {odd[0]!r}; wanted are ids of articles, which are strings"
            )
        gone = [i for i in among if i != well_formed(i) or not self._store.file_of(i)]
        if gone:
            raise ArticlesError(
                f"the article {min(gone)!r} is not in the library. Wanted are ids of "
                "articles, as citations and `library.articles()` tell them; leave "
                "`only` out to ask all."
            )
        return among


def _expanded(place: str | Path) -> Path:
    """Return a place, `~` told; not `Path.expanduser`: it fails for unknown users."""
    return Path(os.path.expanduser(place))


def _completed(question: str, turns: Sequence[Turn], settings: Settings) -> str:
    """Return the question completed from turns, which clients may have made up.

    What is too long for a question was not asked before, and is not asked now.
    """
    if odd := [turn for turn in turns if not isinstance(turn, Turn)]:
        found = type(odd[0]).__name__
        raise ValueError(f"turns holds {found}; wanted is a list of `qa.Turn`")
    most = settings.max_question_chars
    asked = [t for t in turns if max(len(t.question), len(t.answer.standalone)) <= most]
    whole = well_formed(standalone(question, asked))
    return whole if len(whole) <= most else question

"""What the page asks its server to do: JSON in, JSON with escaped HTML out.

Stateless: the conversation comes along with each call, so two people's can not mix.
"""

import datetime
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from qa.errors import QAError
from qa.library.formats import SUPPORTED, is_supported
from qa.library.library import FileResult
from qa.schema import Json, answer_from_json, answer_to_json
from qa.search.terms import well_formed
from qa.types import Answer, Article, Citation, Turn
from qa.web.answer_html import said, stub_html, turn_html
from qa.web.examples import Examples, spread
from qa.web.export import Asked, export
from qa.web.library_html import matching, progress_html, results_html, shelf_html
from qa.web.source_html import (
    article_head,
    article_html,
    change_html,
    is_changed,
    kept_html,
    quotes,
)
from qa.web.text_html import escape
from qa.web.turnstile import TURNSTILE
from qa.wording import near_citation, plural

if TYPE_CHECKING:
    from qa.pipeline import QA

__all__ = ["MAX_FILES", "MAX_FILE_BYTES", "MAX_UPLOAD_BYTES", "Actions", "turns_of"]

MAX_FILES = 50  # handed over at a time
MAX_FILE_BYTES = 50_000_000
MAX_UPLOAD_BYTES = 100_000_000  # all files that are handed over at a time
_MAX_TURNS = 500  # of one conversation, the last, that are drawn or followed up
_MOST_EXAMPLES = 5

_P = ParamSpec("_P")


def _told(act: Callable[_P, Json]) -> Callable[_P, Json]:
    """Return the act with its QAErrors as `{"error": …}`, for the page to show."""

    @wraps(act)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> Json:
        try:
            return act(*args, **kwargs)
        except QAError as error:
            return {"error": str(error)}

    return told


def turns_of(answers: Sequence[Json]) -> list[Turn]:
    """Return the turns that these answers, as JSON, were given in.

    Raises:
        QAError: if one is no answer.
    """
    found = [answer_from_json(data) for data in answers]
    return [Turn(answer.question, answer) for answer in found]


def _kept(data: Any) -> Asked:
    """Return an answer that the browser kept, and how many articles were chosen for it.

    Where none were, that is 0; `page_ask` adds it as `chosen` to what is published.

    Raises:
        QAError: if it is no answer, or one that cannot be read any more.
    """
    if not isinstance(data, dict):
        raise QAError("this is not an answer of qa: it is no object. Ask again.")
    chosen = data.get("chosen", 0)
    facts = {name: value for name, value in data.items() if name != "chosen"}
    return answer_from_json(facts), chosen if isinstance(chosen, int) else 0


def _readable(answers: Sequence[Json]) -> list[Asked]:
    """Return those of the answers that the browser kept which can be read."""
    found = []
    for data in answers:
        with suppress(QAError):
            found.append(_kept(data))
    return found


class Actions:
    """The acts of the page, over one library."""

    def __init__(self, qa: "QA") -> None:
        """Take the library; nothing is asked yet."""
        self._qa = qa
        self._store = qa.library.store
        self._examples = Examples(
            qa.ask, self._store.article, lambda: self._store.generation
        )

    @_told
    def page_ask(
        self,
        question: str,
        answers: list[Json],
        chosen: list[str],
        number: int,
        ticket: str,
    ) -> Json:
        """Answer a question; `html` is its turn, `ticket` is for `page_stop`."""
        left = [id_ for id_ in chosen if self._store.file_of(id_) is not None]
        if chosen and not left:
            raise QAError(
                "The chosen articles are no longer in the library. Choose others, or "
                "ask all."
            )
        with TURNSTILE.passed(ticket):
            kept = _readable(answers[-_MAX_TURNS:])
            turns = [Turn(answer.question, answer) for answer, _ in kept]
            unread = self._unread()
            answer = self._qa.ask(well_formed(question), turns=turns, only=left or None)
        return {
            "answer": answer_to_json(answer) | ({"chosen": len(left)} if left else {}),
            "html": turn_html(answer, number, self._store.article, len(left), unread),
            "said": said(answer, len(left)),
        }

    def _unread(self) -> int:
        """Return how many files are being read; the last, until all of it is stored."""
        progress = self._qa.library.status
        if progress is None or not progress.files_total:
            return 0  # what is stored may be embedded anew, and is asked meanwhile
        return max(1, progress.files_total - progress.files)

    @_told
    def page_stop(self, ticket: str) -> Json:
        """Give up the place in line of a question; one that is being read goes on."""
        return {"stopped": TURNSTILE.leave(ticket)}

    @_told
    def page_render(self, answers: list[Json]) -> Json:
        """Draw the turns of a conversation that the browser kept, each on its own."""
        drawn = list(enumerate(answers))[-_MAX_TURNS:]
        return {"html": [self._drawn(data, number) for number, data in drawn]}

    def _drawn(self, data: Any, number: int) -> str:
        try:
            answer, chosen = _kept(data)
        except QAError:
            return stub_html(data, number)
        return turn_html(answer, number, self._store.article, chosen)

    @_told
    def page_citation(self, answer: Json, group: str, index: int) -> Json:
        """Show the article of a citation with the cited words marked."""
        citation, sentence = _citation_of(_kept(answer)[0], group, index)
        article = self._store.article(citation.article)
        copied = quotes(article, citation, sentence)
        if article is None:
            return _source(citation, kept_html(citation, sentence), copied)
        notice = change_html(article, citation, sentence)
        shown = None if is_changed(article, citation, sentence) else citation
        return _source(article, notice + article_html(article, shown), copied)

    @_told
    def page_article(self, article: str, at: int, until: int) -> Json:
        """Show an article; of a long one the part from `at` on, to `until` if not 0."""
        found = self._store.article(article)
        if found is None:
            raise QAError("This article is no longer in the library.")
        at, until = (min(offset, len(found.text)) for offset in (at, until))
        return _source(found, article_html(found, None, at, until), {})

    @_told
    def page_library(self, query: str, chosen: list[str]) -> Json:
        """List the articles that match a search."""
        articles = self._qa.library.articles()
        here = {article.id for article in articles}
        kept = [id_ for id_ in chosen if id_ in here]
        html = shelf_html(
            matching(articles, query),
            set(kept),
            self._store.skipped(),
            len(self._qa.library.hidden()),
            self._qa.library.last_articles(),
        )
        return {"html": html, "chosen": kept, "total": len(articles), **self._state()}

    def page_status(self) -> Json:
        """Tell how large the library is, and how far indexing: changes wait for it."""
        return self._state()

    def _state(self) -> Json:
        counts = self._store.counts()
        status, error = self._qa.library.status, self._qa.library.error
        progress = progress_html(status) if status else ""
        if error is not None and not status:
            progress = f'<p class="wrong">{escape(str(error))}</p>'
        return {
            "generation": self._store.generation,
            "summary": f"{plural(counts.articles, 'article')}, "
            f"{plural(counts.passages, 'passage')}",
            "progress": progress,
            "indexing": self._qa.library.is_indexing,
        }

    @_told
    def page_add(self, files: list[str] | None) -> Json:
        """Add uploaded files, and tell of each what became of it."""
        places = [Path(file) for file in files or ()]
        if len(places) > MAX_FILES:
            raise QAError(
                f"{len(places)} files at once are too many; add at most {MAX_FILES} "
                "at a time, or a ZIP of them."
            )
        refused = {p: reason for p in places if (reason := _refusal(p))}
        kept = [place for place in places if place not in refused]
        try:
            added = self._qa.library.add([(p.name, p.read_bytes()) for p in kept])
        finally:
            for place in places:
                place.unlink(missing_ok=True)
        skipped = [FileResult(p.name, "skipped", why) for p, why in refused.items()]
        return {"html": results_html([*added, *skipped])}

    @_told
    def page_remove(self, articles: list[str]) -> Json:
        """Take articles out of the library."""
        self._qa.library.remove(articles)
        return {}

    @_told
    def page_restore(self) -> Json:
        """Bring hidden articles back."""
        self._qa.library.restore()
        return {}

    @_told
    def page_examples(self, articles: list[str], chosen: list[str], most: int) -> Json:
        """Find questions that are answered: by these articles first, then by any.

        Where some are chosen, only by those.
        """
        count = min(most, _MOST_EXAMPLES)
        wanted = frozenset(chosen)
        asked = [
            article.id
            for article in self._qa.library.articles()
            if not wanted or article.id in wanted
        ]
        first = [id_ for id_ in articles if not wanted or id_ in wanted]
        ids = list(dict.fromkeys([*first, *spread(asked, count)]))
        return {"questions": self._examples.among(ids, count)}

    @_told
    def page_export(self, kind: str, title: str, answers: list[Json]) -> Json:
        """Write a conversation down; `left_out` counts answers that cannot be read."""
        turns = _readable(answers)
        file = export(kind, title, turns, datetime.date.today())
        return {**file, "left_out": len(answers) - len(turns)}


def _source(of: Article | Citation, body: str, copied: dict[str, str]) -> Json:
    html = f'{article_head(of)}<div class="source-text">{body}</div>'
    id_ = of.id if isinstance(of, Article) else of.article
    return {"article": id_, "html": html, "quotes": copied}


def _citation_of(answer: Answer, group: str, index: int) -> tuple[Citation, str | None]:
    """Return a citation, and the sentence that was kept with it, if one was."""
    sentences = (answer.sentence, *[None] * len(answer.citations))
    groups: dict[str, list[tuple[Citation, str | None]]] = {
        "citations": list(zip(answer.citations, sentences, strict=False)),
        "nearest": [(citation, None) for citation in answer.nearest],
        "alternatives": [
            (a.citations[0] if answer.is_found else near_citation(a), a.sentence)
            for a in answer.alternatives
        ],
    }
    try:
        return groups[group][index]
    except (KeyError, IndexError) as error:
        raise QAError(f"this answer has no citation {group} {index}") from error


def _refusal(file: Path) -> str:
    """Why an uploaded file is not taken; the empty string if it is."""
    if not is_supported(file.name):
        return f"cannot be read; wanted one of {' '.join(SUPPORTED)}"
    if file.stat().st_size > MAX_FILE_BYTES:
        return f"larger than {MAX_FILE_BYTES // 1_000_000} MB"
    return ""

"""The library region: articles, what became of uploads, and how far indexing is."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qa.library.library import FileResult
from qa.library.progress import Progress
from qa.library.records import StoredArticle
from qa.library.scan import ADDED
from qa.web.text_html import escape, isolated
from qa.wording import plural

__all__ = ["Shelf", "matching", "progress_html", "results_html", "shelf_html"]

_SHOWN = 200  # articles listed at a time; the search box finds the rest
_SKIPPED_SHOWN = 50
_CLASS = re.compile(r"(file|damaged) \(\w+: ?")  # as the formats word a damage
_STATUS_WORDS = {
    "added": "added",
    "changed": "replaced",
    "unchanged": "unchanged, already here",
    "skipped": "skipped",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """The articles that a search of the library leaves."""

    articles: tuple[StoredArticle, ...]
    total: int


def matching(articles: Sequence[StoredArticle], query: str) -> Shelf:
    """Return the articles whose title, path, byline, source or date has all the words.

    A number counts from its first digit on: "5 Dec" does not find the 15th.
    """
    words = query.lower().replace(",", " ").split()
    wanted = [
        re.compile((r"(?<!\d)" if word[0].isdigit() else "") + re.escape(word))
        for word in words
    ]
    kept = [
        article
        for article, facts in zip(articles, map(_findable, articles), strict=True)
        if all(word.search(facts) for word in wanted)
    ]
    return Shelf(tuple(kept), len(articles))


def _findable(article: StoredArticle) -> str:
    day = article.published
    date = f"{day.day} {day:%B %Y} {day.isoformat()}" if day else None
    facts = (article.title, article.path, article.byline, article.source, date)
    return " ".join(fact for fact in facts if fact).lower()


def shelf_html(
    shelf: Shelf,
    chosen: Collection[str],
    skipped: Sequence[tuple[str, str]],
    hidden: int,
    last: Collection[str] = (),
) -> str:
    """Return the list of articles, then what was skipped and what is hidden.

    Args:
        shelf: the articles.
        chosen: ids of those that are ticked.
        skipped: (path, reason) of each.
        hidden: how many are.
        last: ids of the articles whose removal deletes their file.
    """
    if not shelf.total:
        body = (
            '<p class="empty">None yet. Markdown, text, HTML, PDF, DOCX, CSV and JSONL '
            "can be added, and a ZIP of them.</p>"
        )
    elif not shelf.articles:
        body = (
            '<p class="empty">No article matches. Titles, names and dates are searched '
            "here; to search the texts, ask a question.</p>"
        )
    else:
        rows = "".join(
            _row(a, a.id in chosen, a.id in last) for a in shelf.articles[:_SHOWN]
        )
        body = f'<ul class="shelf">{rows}</ul>'
    left = len(shelf.articles) - _SHOWN
    if left > 0:
        body += f'<p class="meta">{plural(left, "more article")}: search to find.</p>'
    return body + _skipped(skipped) + _hidden(hidden)


def _row(article: StoredArticle, is_chosen: bool, is_last: bool) -> str:
    facts = []
    if article.published:
        day = article.published
        facts.append(f'<time datetime="{day}">{day.day} {day:%b %Y}</time>')
    facts.append(plural(article.passages, "passage"))
    if article.path.startswith(ADDED):
        facts.append("added here")
    id_, title = escape(article.id), isolated(article.title)
    checked = " checked" if is_chosen else ""
    return (
        f'<li data-article="{id_}" data-last="{"true" if is_last else "false"}">'
        f'<label class="pick"><input type="checkbox"{checked}><span class="vh">'
        f"Ask only chosen articles: {title}</span></label>"
        f'<button class="open" data-act="open-article">{title}'
        f'<span class="meta">{" · ".join(facts)}</span></button>'
        f'<button class="quiet remove" data-act="remove" '
        f'aria-label="Remove {escape(article.title[:120])}" title="Remove">'
        '<span aria-hidden="true">×</span></button></li>'
    )


def _skipped(skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return ""
    items = "".join(
        f"<li>{isolated(path.removeprefix(ADDED), 160)}: "
        f"{isolated(_plainly(path, reason))}</li>"
        for path, reason in skipped[:_SKIPPED_SHOWN]
    )
    return (
        f'<details class="unread"><summary>{plural(len(skipped), "file")} skipped'
        f"</summary><ul>{items}</ul></details>"
    )


def _plainly(path: str, reason: str) -> str:
    """Return the reason without the path before it and the exception's class in it.

    >>> _plainly("a.docx", "a.docx: damaged, or no .docx file (BadZipFile: no zip).")
    'damaged, or no .docx file (no zip).'
    """
    found = reason.removeprefix(path).lstrip(": ").replace(ADDED, "")
    return _CLASS.sub(r"\1 (", found).replace(" ()", "")


def _hidden(hidden: int) -> str:
    if not hidden:
        return ""
    return (
        f'<p class="meta">{plural(hidden, "article")} hidden by you. '
        '<button class="quiet" data-act="restore">Bring back</button></p>'
    )


def results_html(results: Sequence[FileResult]) -> str:
    """Return one line for each file that was handed over."""
    items = "".join(
        f'<li class="{result.status}"><span class="status">'
        f"{_STATUS_WORDS[result.status]}</span> {isolated(result.name, 160)}"
        f"{_because(result)}</li>"
        for result in results
    )
    return (
        f'<ul class="results">{items}</ul>'
        '<button class="quiet" data-act="dismiss">Dismiss</button>'
    )


def _because(result: FileResult) -> str:
    if not result.reason:
        return ""
    reason = _plainly(result.name, result.reason.removeprefix(ADDED))
    return f": {isolated(reason)}"


def progress_html(progress: Progress) -> str:
    """Return how far indexing is, with its rate and the time left.

    >>> "50 %" in progress_html(Progress(1, 2, 90, 0.5, 3.0))
    True
    """
    share = round(100 * progress.share)
    left = progress.seconds_left
    parts = [
        f"{progress.files:,} of {plural(progress.files_total, 'file')}",
        f"{progress.rate:,.0f} passages/s",
    ]
    if left is not None:
        parts.append(f"{int(left // 60)}:{int(left % 60):02d} left")
    return (
        f'<label class="progress">Indexing: {share} %'
        f'<progress max="100" value="{share}">{share} %</progress></label>'
        f'<span class="meta">{" · ".join(parts)}</span>'
    )

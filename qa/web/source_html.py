"""The source region: an article, or a part of it, with the cited words marked."""

from bisect import bisect_right

from qa.library.sentences import Span, paragraph_spans
from qa.types import Article, Citation
from qa.web.text_html import clipped, escape, isolated, marked, plural

__all__ = ["article_head", "article_html", "as_quote", "window_around"]

_WINDOW = 40_000  # characters shown at a time: a page that stays quick
_LONGEST_HEADING = 90  # characters
_LONGEST_PARAGRAPH = 20_000  # characters; a longer one is cut where the window ends


def window_around(article: Article, start: int, end: int) -> Span:
    """Return the part of the article that is shown for `[start, end)`.

    It begins and ends with a paragraph, unless a paragraph is longer than the window.
    """
    size = len(article.text)
    if size <= _WINDOW:
        return 0, size
    first, last = max(0, start - _WINDOW // 2), min(size, end + _WINDOW // 2)
    paragraphs = paragraph_spans(article.text)
    for begin, stop in paragraphs:
        if begin <= first < stop and first - begin < _LONGEST_PARAGRAPH:
            first = min(begin, start)
        if begin < last <= stop and stop - last < _LONGEST_PARAGRAPH:
            last = max(stop, end)
    return first, last


def article_head(article: Article) -> str:
    """Return title, date, byline, source and file of an article."""
    facts = []
    if article.published:
        day = article.published
        facts.append(f'<time datetime="{day.isoformat()}">{day.day} {day:%B %Y}</time>')
    facts += [isolated(fact) for fact in (article.byline, article.source) if fact]
    return (
        f'<h3 class="source-title" tabindex="-1">{isolated(article.title)}</h3>'
        f'<p class="meta">{" · ".join(facts)}</p>'
        f'<p class="meta file" title="the file, relative to the articles folder">'
        f"{isolated(article.path)}</p>"
    )


def article_html(article: Article, citation: Citation | None, at: int = 0) -> str:
    """Return the text of an article by paragraphs.

    Args:
        article: the one to be shown.
        citation: whose span and sentence are marked; None marks nothing.
        at: offset that is to be in view when nothing is cited.
    """
    text = article.text
    span = (citation.start, citation.end) if citation else None
    sentence = (citation.sentence_start, citation.sentence_end) if citation else None
    first, last = window_around(article, *(span or (at, at)))
    parts, pages = [], 0
    for number, (start, end) in enumerate(paragraph_spans(text), start=1):
        begin, stop = max(start, first), min(end, last)
        if begin >= stop or _is_head(article, citation, begin, stop):
            continue
        page = bisect_right(article.page_starts, start)
        if page > pages:
            parts.append(f'<p class="page-mark" aria-hidden="true">Page {page}</p>')
            pages = page
        body = marked(text, begin, stop, span=span, sentence=sentence)
        kind = ' class="heading"' if _is_heading(text[start:end]) else ""
        parts.append(f'<p id="p{number}" dir="auto"{kind}>{body}</p>')
    earlier = _turn("Earlier in this article", max(0, first - _WINDOW // 2), first > 0)
    later = _turn("Later in this article", last + 1, last < len(text))
    note = plural(len(text), "character")
    if earlier or later:
        note = f"characters {first + 1:,} to {last:,} of {len(text):,}"
    return f'{earlier}{"".join(parts)}{later}<p class="meta end">{note}</p>'


def as_quote(citation: Citation) -> str:
    """Return the quote with its attribution, as copied to the clipboard."""
    facts = [citation.byline, citation.title]
    if citation.published:
        facts.append(f"{citation.published.day} {citation.published:%B %Y}")
    unit = ("page", citation.page) if citation.page else ("para", citation.paragraph)
    facts.append(f"{unit[0]}. {unit[1]}" if unit[0] == "para" else f"p. {unit[1]}")
    facts.append(citation.path)
    quote = citation.quote.strip()
    opened = quote if quote[:1] in '“"«„' else f"“{quote}”"
    return f"{opened} ({', '.join(clipped(f, 300) for f in facts if f)})"


def _is_head(article: Article, citation: Citation | None, start: int, end: int) -> bool:
    """Whether this is the title, which stands above the text already."""
    is_title = start < _LONGEST_HEADING and article.text[start:end] == article.title
    return is_title and (citation is None or citation.start >= end)


def _is_heading(paragraph: str) -> bool:
    return len(paragraph) <= _LONGEST_HEADING and paragraph[-1:] not in ".!?…”\"',;:)"


def _turn(label: str, at: int, is_there: bool) -> str:
    if not is_there:
        return ""
    return f'<p><button class="quiet" data-at="{at}">{escape(label)}</button></p>'

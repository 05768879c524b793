"""The source region: an article, or a part of it, with the cited words marked."""

from bisect import bisect_right

from qa.library.paragraphs import Span, paragraph_spans
from qa.library.scan import ADDED
from qa.types import Article, Citation
from qa.web.text_html import escape, isolated, marked
from qa.wording import clipped, part_around, plural

__all__ = [
    "GONE",
    "article_head",
    "article_html",
    "as_quote",
    "change_html",
    "is_changed",
    "kept_html",
    "paragraphs_around",
    "quotes",
    "window_around",
]

GONE = "The article is no longer in the library; this is what it said."
"""What is told of an answer whose article was removed."""

_IN_FOLDER = "the file, relative to the articles folder"
_WINDOW = 40_000  # characters shown at a time: a page that stays quick
_MOST_AROUND = 1500  # characters of a paragraph shown on either side of the sentence
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


def _window_from(text: str, at: int) -> Span:
    """Return the part of the article that is shown from `at` on.

    It ends with a paragraph, unless the last one is longer than half of the window.
    """
    if len(text) <= _WINDOW:
        return 0, len(text)
    most = at + _WINDOW
    if most >= len(text):
        return at, len(text)
    ends = [end for _, end in paragraph_spans(text) if end <= most]
    return at, ends[-1] if ends and ends[-1] > at + _LONGEST_PARAGRAPH else most


def _before(text: str, first: int) -> int:
    """Return the offset at which the window that ends where `first` is begins.

    It begins with a paragraph, unless the first one is longer than half of the window.
    """
    at = first - _WINDOW
    if at <= 0:
        return 0
    begins = [begin for begin, _ in paragraph_spans(text) if begin >= at]
    return begins[0] if begins and begins[0] < at + _LONGEST_PARAGRAPH else at


def paragraphs_around(text: str, sentence: Span) -> tuple[Span, str, str]:
    """Return the paragraphs that hold the sentence, and the signs of what is left out.

    Of a long paragraph that is the part around the sentence.
    """
    held = [
        p for p in paragraph_spans(text) if p[0] < sentence[1] and p[1] > sentence[0]
    ]
    first = min([sentence[0], *(p[0] for p in held)])
    last = max([sentence[1], *(p[1] for p in held)])
    return part_around(text, (first, last), sentence, _MOST_AROUND)


def article_head(article: Article | Citation) -> str:
    """Return title, date, byline, source and file of an article, or of a kept one."""
    facts = []
    if article.published:
        day = article.published
        facts.append(f'<time datetime="{day.isoformat()}">{day.day} {day:%B %Y}</time>')
    facts += [isolated(fact) for fact in (article.byline, article.source) if fact]
    return (
        f'<h3 class="source-title" tabindex="-1">{isolated(article.title)}</h3>'
        f'<p class="meta">{" · ".join(facts)}</p>'
        f'<p class="meta file" title="{_file_words(article.path)}">'
        f"{isolated(article.path.removeprefix(ADDED))}</p>"
    )


def article_html(
    article: Article, citation: Citation | None, at: int = 0, until: int = 0
) -> str:
    """Return the text of an article by paragraphs.

    Args:
        article: the one to be shown.
        citation: whose span and sentence are marked; None marks nothing.
        at: offset from which a long one is shown when nothing is cited.
        until: offset at which that part ends; 0 shows as much as is shown at a time.
    """
    text = article.text
    span = (citation.start, citation.end) if citation else None
    sentence = (citation.sentence_start, citation.sentence_end) if citation else None
    if span:
        first, last = window_around(article, *span)
    elif until > at:
        first, last = at, min(until, at + _WINDOW)
    else:
        first, last = _window_from(text, at)
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
    earlier = later = ""
    if text[:first].strip():
        earlier = _turn("Earlier in this article", _before(text, first), first)
    if text[last:].strip():
        later = _turn("Later in this article", last)
    note = plural(len(text), "character")
    if earlier or later:
        note = f"characters {first + 1:,} to {last:,} of {len(text):,}"
    return f'{earlier}{"".join(parts)}{later}<p class="meta end">{note}</p>'


def is_changed(article: Article, citation: Citation, sentence: str | None) -> bool:
    """Tell whether an article says something else by now where it is cited.

    `sentence` is what was kept as the citation's sentence; None where none was.
    """
    text = article.text
    stands = text[citation.sentence_start : citation.sentence_end]
    is_quote_gone = text[citation.start : citation.end] != citation.quote
    return is_quote_gone or sentence not in (None, stands)


def change_html(article: Article, citation: Citation, sentence: str | None) -> str:
    """Return what is told above an article that has changed since it was cited.

    Empty if it has not. `sentence` is as for `is_changed`; without it only the file's
    hash tells that the words around the quote may be others.
    """
    if is_changed(article, citation, sentence):
        words = escape(clipped(sentence or citation.quote, 400))
        told = (
            f"The article has changed since this was answered; the words were: “{words}"
            "”. Ask again to find where they stand now."
        )
    elif sentence is None and citation.file_hash != article.file_hash:
        told = "The file has changed since this was answered; the quote still stands."
    else:
        return ""
    return f'<p class="notice">{told}</p>'


def kept_html(citation: Citation, sentence: str | None) -> str:
    """Return what an article that is gone said; `sentence` as for `is_changed`."""
    text, shift = (sentence, citation.sentence_start) if sentence else ("", 0)
    span = citation.start - shift, citation.end - shift
    if text[slice(*span)] != citation.quote:
        text, span = citation.quote, (0, len(citation.quote))
    body = marked(text, 0, len(text), span=span, sentence=(0, len(text)))
    return f'<p class="notice">{GONE}</p><p dir="auto">{body}</p>'


def quotes(
    article: Article | None, citation: Citation, sentence: str | None
) -> dict[str, str]:
    """Return what is copied of a citation at each length of the answer.

    Of an article that has changed since or is gone, that is the sentence that was kept,
    if one was, or else the quote. `sentence` is as for `is_changed`.
    """
    if article is None or is_changed(article, citation, sentence):
        longer = dict.fromkeys(("sentence", "paragraph"), sentence or citation.quote)
    else:
        text, place = article.text, (citation.sentence_start, citation.sentence_end)
        (first, last), before, after = paragraphs_around(text, place)
        longer = {
            "sentence": text[place[0] : place[1]],
            "paragraph": f"{before}{text[first:last]}{after}",
        }
    copied = {length: as_quote(citation, words) for length, words in longer.items()}
    return {"span": as_quote(citation), **copied}


def as_quote(citation: Citation, words: str | None = None) -> str:
    """Return the quote, or words around it, with its attribution, to be copied."""
    facts = [citation.byline, citation.title]
    if citation.published:
        facts.append(f"{citation.published.day} {citation.published:%B %Y}")
    unit = ("page", citation.page) if citation.page else ("para", citation.paragraph)
    facts.append(f"{unit[0]}. {unit[1]}" if unit[0] == "para" else f"p. {unit[1]}")
    facts.append(citation.path.removeprefix(ADDED))
    quote = (words or citation.quote).strip()
    is_quoted = quote[:1] in '“"«„' and quote[-1:] in '”"»“'
    opened = quote if is_quoted else f"“{quote}”"
    return f"{opened} ({', '.join(clipped(f, 300) for f in facts if f)})"


def _file_words(path: str) -> str:
    return "a file added here" if path.startswith(ADDED) else _IN_FOLDER


def _is_head(article: Article, citation: Citation | None, start: int, end: int) -> bool:
    """Whether this is the title, which stands above the text already."""
    is_title = start < _LONGEST_HEADING and article.text[start:end] == article.title
    return is_title and (citation is None or citation.start >= end)


def _is_heading(paragraph: str) -> bool:
    return len(paragraph) <= _LONGEST_HEADING and paragraph[-1:] not in ".!?…”\"',;:)"


def _turn(label: str, at: int, until: int = 0) -> str:
    place = f'data-at="{at}" data-until="{until}"'
    return f'<p><button class="quiet" {place}>{escape(label)}</button></p>'

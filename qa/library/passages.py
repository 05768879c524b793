"""An article becomes passages: paragraphs, joined when tiny, cut when long."""

from collections.abc import Iterator

from qa.library.paragraphs import Span, paragraph_spans
from qa.library.sentences import sentence_spans
from qa.types import Article, Passage

__all__ = ["CUT_VERSION", "split"]

CUT_VERSION = "3"  # raised when the same text is cut otherwise: articles are re-cut


def split(
    article: Article, *, min_chars: int, max_chars: int, overlap_chars: int
) -> list[Passage]:
    r"""Return passages that together hold every character of the article.

    White space between two passages belongs to the first. Only windows of one long
    paragraph overlap, by whole sentences of at most `overlap_chars`.

    Args:
        article: an empty text gives no passage.
        min_chars: a paragraph below this is joined with the next.
        max_chars: no passage is longer, white space at its end aside.
        overlap_chars: the most that a window repeats of the one before.

    >>> a = Article(id="a", path="a", title="", text="Rain.\n\nSun and wind.\n\nSnow.")
    >>> [p.text for p in split(a, min_chars=10, max_chars=20, overlap_chars=5)]
    ['Rain.\n\nSun and wind.\n\n', 'Snow.']
    """
    text = article.text
    paragraphs = paragraph_spans(text)
    if not paragraphs:
        return []
    pieces: list[Span] = []
    open_start: int | None = None  # of a group that is still short
    for first, last in paragraphs:
        if open_start is not None and last - open_start > max_chars:
            pieces.append((open_start, first))
            open_start = None
        begin = first if open_start is None else open_start
        if last - first > max_chars:
            pieces.extend(_windows(text, first, last, max_chars, overlap_chars))
        elif last - begin >= min_chars:
            pieces.append((begin, last))
            open_start = None
        else:
            open_start = begin
    if open_start is not None:
        last = paragraphs[-1][1]
        if pieces and last - pieces[-1][0] <= max_chars:
            open_start = pieces.pop()[0]  # a tiny end joins what came before
        pieces.append((open_start, last))
    return [Passage(article, a, b) for a, b in _cover(pieces, len(text))]


def _cover(pieces: list[Span], length: int) -> Iterator[Span]:
    """Widen pieces over the white space between them, up to both ends of the text."""
    for number, (start, end) in enumerate(pieces):
        after = pieces[number + 1][0] if number + 1 < len(pieces) else length
        yield (start if number else 0), max(end, after)


def _windows(text: str, start: int, end: int, size: int, overlap: int) -> list[Span]:
    """Cut a long paragraph at sentence ends; a giant sentence at white space."""
    units = [
        unit
        for sentence in sentence_spans(text, start, end)
        for unit in _chop(text, *sentence, size)
        if text[unit[0] : unit[1]].strip()  # "_cover" takes the white space along
    ]
    windows: list[Span] = []
    first = 0  # index of the unit that opens the current window
    for index in range(len(units)):
        if units[index][1] - units[first][0] <= size:
            continue
        windows.append((units[first][0], units[index - 1][1]))
        first = index
        while (
            first - 1 > 0
            and units[first - 1][0] > windows[-1][0]
            and units[index - 1][1] - units[first - 1][0] <= overlap
            and units[index][1] - units[first - 1][0] <= size
        ):
            first -= 1
    windows.append((units[first][0], units[-1][1]))
    return windows


def _chop(text: str, start: int, end: int, size: int) -> Iterator[Span]:
    while end - start > size:
        space = text.rfind(" ", start + size // 2, start + size)
        cut = space + 1 if space > 0 else start + size
        yield start, cut
        start = cut
    yield start, end

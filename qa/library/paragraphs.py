"""Where paragraphs begin and end, by offset."""

from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise

from qa.library.wrapping import ITEM, paragraph_starts

__all__ = [
    "Span",
    "behind_mark",
    "block_spans",
    "paragraph_number",
    "paragraph_spans",
    "trim",
]

Span = tuple[int, int]
"""Half-open `[start, end)`, in characters."""


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without white space at both ends; empty stays empty.

    >>> trim("  to be  ", 0, 9)
    (2, 7)
    """
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return (start + left, start + max(left, len(inner.rstrip())))


@lru_cache(maxsize=64)
def paragraph_spans(text: str) -> tuple[Span, ...]:
    r"""Return the paragraphs, in order, without the white space between them.

    A blank line ends a paragraph. A single line break does too, unless it merely wraps
    prose; a list item, a row of a table and a line that begins with "Label:" always
    start a new one.

    >>> paragraph_spans("Head\n\nOne two.\nThree.")
    ((0, 4), (6, 14), (15, 21))
    """
    starts = paragraph_starts(text)
    return tuple(trim(text, a, b) for a, b in pairwise([*starts, len(text)]))


def paragraph_number(text: str, offset: int) -> int:
    r"""Return the number, from 1, of the paragraph that holds `offset`.

    >>> paragraph_number("One.\n\nTwo.", 7)
    2
    """
    return max(1, bisect_right(paragraph_spans(text), (offset, len(text))))


def behind_mark(text: str, start: int, end: int) -> int:
    """Return where the words of a paragraph begin: behind the mark of a list item.

    >>> behind_mark("- one", 0, 5), behind_mark("2. two", 0, 6), behind_mark("So", 0, 2)
    (2, 3, 0)
    """
    mark = ITEM.match(text, start, end)
    return mark.end() if mark else start


@lru_cache(maxsize=64)
def block_spans(text: str) -> tuple[Span, ...]:
    r"""Return paragraphs, the items of one list taken together: what reads as one.

    >>> block_spans("Three things:\n- one\n- two\nMore.")
    ((0, 13), (14, 25), (26, 31))
    """
    blocks: list[Span] = []
    was_item = False
    for start, end in paragraph_spans(text):
        is_item = ITEM.match(text, start, end) is not None
        if is_item and was_item:
            blocks[-1] = (blocks[-1][0], end)
        else:
            blocks.append((start, end))
        was_item = is_item
    return tuple(blocks)

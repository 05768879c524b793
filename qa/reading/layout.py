"""Which tokens of a passage may begin and end one span: paragraphs and list items."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.library.paragraphs import behind_mark, block_spans, paragraph_spans
from qa.reading.spans import Mask
from qa.types import Passage

__all__ = ["within"]

_Places = npt.NDArray[np.int64]


class _Paragraphs(NamedTuple):
    """Of each paragraph of an article, in characters of its text."""

    starts: _Places
    opens: _Places  # its first word, behind the mark of a list item
    closes: _Places  # one past its last letter or digit
    blocks: _Places  # number of the list, or of the paragraph alone


def within(passage: Passage, offsets: _Places) -> Mask:
    """Return which tokens may be the first and the last of one span, `(n, n)`.

    A span stays within its paragraph. In a list it may take in several items, whole
    ones: from the beginning of one to the end of another.

    Args:
        passage: whose tokens these are.
        offsets: where each stands in the passage, `(n, 2)`, in characters.
    """
    found = _paragraphs(passage.article.text)
    first, last = passage.start + offsets[:, 0], passage.start + offsets[:, 1]
    # by their last characters: a token may hold the line break before it
    number = np.searchsorted(found.starts, last - 1, side="right") - 1
    block = found.blocks[number]
    is_whole = np.outer(first <= found.opens[number], last >= found.closes[number])
    is_in_one = number[:, None] == number[None, :]
    joined: Mask = is_in_one | (is_whole & (block[:, None] == block[None, :]))
    return joined


@lru_cache(maxsize=64)  # an article of many windows has them for each
def _paragraphs(text: str) -> _Paragraphs:
    spans = paragraph_spans(text)
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    blocks = np.array([start for start, _ in block_spans(text)], dtype=np.int64)
    return _Paragraphs(
        starts,
        np.array([behind_mark(text, *span) for span in spans], dtype=np.int64),
        np.array([_last_word_end(text, *span) for span in spans], dtype=np.int64),
        np.searchsorted(blocks, starts, side="right"),
    )


def _last_word_end(text: str, start: int, end: int) -> int:
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return end

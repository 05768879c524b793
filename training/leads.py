"""What stands in front of a passage in training: as in `qa/reading/lead.py`.

Some sets name their articles and hold several passages of each: there the lead is the
title and the first sentence of the first one. Everywhere else a window from the middle
of a passage has that passage's first sentence in front.
"""

import re
from collections.abc import Iterable
from functools import cache

from qa.reading.lead import first_sentence
from training.data import Row

__all__ = ["Leads", "title_of"]

_NO_TITLE = re.compile(
    r"para_[0-9a-f]+|Amazon_Reviews_\d+|Filtered_Reddit.*|Wiki1k:.*|\S+\.(com|org|net)"
)


def title_of(row: Row) -> str:
    """Return the title in words, empty where it is only a key.

    >>> title_of(Row("1", "New_York", "", "", (), "")), title_of(
    ...     Row("1", "para_0a1b", "", "", (), ""))
    ('New York', '')
    """
    return "" if _NO_TITLE.fullmatch(row.title) else row.title.replace("_", " ")


class Leads:
    """Titles and first sentences by passage."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Learn from rows as the files have them, in the order of the articles."""
        self._titles: dict[str, str] = {}
        self._first: dict[str, str] = {}
        for row in rows:
            title = title_of(row)
            if title:
                self._titles.setdefault(row.context, title)
                self._first.setdefault(title, row.context)

    def of(self, row: Row) -> tuple[str, str]:
        """Return title and first sentence of the article that the passage is from.

        The sentence is empty where it is the passage's own, or not known.
        """
        if row.context not in self._titles:  # or changed, as statements are
            return title_of(row), ""
        title = self._titles[row.context]
        first = self._first[title]
        return title, "" if first == row.context else _opening(first)


@cache
def _opening(text: str) -> str:
    start, end = first_sentence(text)
    return text[start:end]

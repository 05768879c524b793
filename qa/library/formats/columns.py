"""A row's columns: which tell its text and masthead, and what the others say."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from qa.library.formats.dates import parse_date
from qa.library.formats.masthead import FIELDS, one_line

__all__ = ["further_lines", "sort_columns"]

_SHORT = 40  # characters: entries of a list that are no longer share a line
_SAMPLE = 1000  # characters looked at to tell words from numbers
# how files write that there is no value
_NOTHING = frozenset(["", "null", "nan", r"\n"])
# a name's last word, in any of the ways to part words: "id", "station_id", "pageUrl"
_IS_ADDRESS = re.compile(
    r"(?:^|[\W_])(?:(?i:ids?|uuid|guid|ur[il]))$|[a-z](?:I[dD]s?|U[rR][lLiI])$"
)
_URL = re.compile(r"\w[\w+.-]*://\S+|www\.\S+")


def sort_columns(
    columns: Iterable[tuple[str, object]],
) -> tuple[dict[str, object], list[tuple[str, object]]]:
    """Return what tells text and masthead, by noun, and all other columns.

    Of several columns for the same noun the first in `FIELDS` that tells it is taken;
    the others are columns like any other, and so is a date that cannot be read.

    >>> sort_columns([("Line", "4"), ("Body", "It opened."), ("date", "in spring")])
    ({'text': 'It opened.'}, [('Line', '4'), ('date', 'in spring')])
    """
    others = list(columns)
    told: dict[str, object] = {}
    for noun, aliases in FIELDS.items():
        tells = _TELLS.get(noun, one_line)
        for alias in aliases:
            places = (
                place
                for place, (name, value) in enumerate(others)
                if name.strip().lower() == alias and tells(value)
            )
            place = next(places, None)
            if place is not None:
                told[noun] = others.pop(place)[1]
                break
    return told, others


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


_TELLS: dict[str, Callable[[object], object]] = {
    "published": parse_date,
    "text": _is_text,
}


def further_lines(columns: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield a line for each value that says something, with the name of its column.

    What JSON nests is named by its way, `venue.city`. Left out are ids, addresses of
    pages, what is empty, and what only machines read: hashes, vectors, coded data.

    >>> list(further_lines([("line", "4"), ("url", "https://x.org"), ("note", " ")]))
    ['line: 4']
    >>> list(further_lines([("venue", {"id": 7, "city": "Oslo", "halls": ["A", "B"]})]))
    ['venue.city: Oslo', 'venue.halls: A, B']
    """
    # a stack, for JSON nests deeper than Python calls
    waiting = list(columns)[::-1]
    while waiting:
        name, value = waiting.pop()
        if _IS_ADDRESS.search(name):
            continue
        if isinstance(value, Mapping):
            inner = [(f"{name}.{key}", entry) for key, entry in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, list):
            if any(isinstance(entry, Mapping | list) for entry in value):
                waiting += ((name, entry) for entry in reversed(value))
                continue
            words = [shown for entry in value if (shown := _shown(entry))]
            if all(len(shown) <= _SHORT for shown in words):
                words = [", ".join(words)]
            yield from (_line(name, shown) for shown in words if _says(shown))
        else:
            shown = _shown(value)
            # numbers in a column without a name are those of the rows
            if _says(shown) and (name.strip() or not shown.isdigit()):
                yield _line(name, shown)


def _line(name: str, shown: str) -> str:
    name = " ".join(name.split())
    return f"{name}: {shown}" if name else shown


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    if not isinstance(value, str | int | float):
        return ""
    shown = " ".join(str(value).split())
    return "" if shown.lower() in _NOTHING else shown


def _says(shown: str) -> bool:
    """Whether a value is for people.

    >>> _says("Elm Park"), _says("9e107d9d372bb6826bd81d3542a419d6"), _says("0.1 " * 99)
    (True, False, False)
    """
    if all(map(_is_coded, shown.split())):
        return False
    sample = shown[:_SAMPLE]
    digits = sum(map(str.isdigit, sample))
    letters = sum(map(str.isalpha, sample))
    return len(sample) <= 3 * _SHORT or letters >= digits


def _is_coded(word: str) -> bool:
    # 32 characters are the shortest hash; words so long without a digit exist, and
    # scripts other than ours may set no spaces
    if len(word) >= 32 and word.isascii() and re.search(r"\d", word):
        return True
    return _URL.fullmatch(word) is not None

"""A table's rows and cells, whichever delimiter and quotes its file has."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from qa.library.formats.masthead import FIELDS

__all__ = ["Row", "find_delimiter", "first_names", "read_cells"]

Row = tuple[int, list[str] | csv.Error]
"""The line on which a row begins, and its cells or what is wrong with it."""

_DELIMITERS = ",;\t|"
_FIRST_LINE = 10_000  # characters in which it ends
# the module's own limit is 131,072 characters; its setting is a C long, 32 bits wide
# on Windows
_LONGEST_CELL = 2**31 - 1
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def _columns(text: str, delimiter: str) -> list[str]:
    try:
        first = io.StringIO(text[:_FIRST_LINE])
        return next(csv.reader(first, delimiter=delimiter), [])
    except csv.Error:
        return []


def find_delimiter(text: str) -> str | None:
    """Return the delimiter that makes the first line name a column of texts.

    The csv module's own sniffer guesses from the prose of the cells, and often wrong.
    """
    best, most = None, 0
    for delimiter in _DELIMITERS:
        names = [name.strip().lower() for name in _columns(text, delimiter)]
        if set(names) & set(FIELDS["text"]) and len(names) > most:
            best, most = delimiter, len(names)
    return best


def first_names(text: str) -> str:
    """Return what stands in the first line, for a message."""
    return ", ".join(map(repr, _columns(text, ",")[:10]))[:300]


def _csv_rows(text: str, delimiter: str, escape: str | None = None) -> Iterator[Row]:
    """Yield each row, or what is wrong with it, and the line on which it begins.

    After a row that is wrong, reading goes on at its second line: a quote that is never
    closed costs its own line, not all those below it.
    """
    lines = list(io.StringIO(text))
    begin = 0
    # a row went wrong in this line. So does any that begins above it and is still open
    # at its own line's end: that one is not read further, or all would be read anew
    wrong = 0
    while begin < len(lines):
        end = begin + 1 if begin < wrong else len(lines)
        left = map(lines.__getitem__, range(begin, end))
        # strict, so that a quote that is never closed is noticed
        reader = csv.reader(left, delimiter=delimiter, escapechar=escape, strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            yield begin + 1, error
            wrong = max(wrong, begin + reader.line_num - 1)
            begin += 1
        else:
            yield begin + 1, cells
            begin += reader.line_num


def read_cells(text: str, delimiter: str) -> list[Row]:
    r"""Return each row, or what is wrong with it, and the line on which it begins.

    Quotes in quoted cells are doubled, or written as `\"`. Programs that part cells by
    tabs often quote none; there a quotation mark may be no more than that.

    >>> read_cells('text\n"A \\"B\\" C"', ",")
    [(1, ['text']), (2, ['A "B" C'])]
    >>> read_cells('text\n"No," he said.', "\t")
    [(1, ['text']), (2, ['"No," he said.'])]
    """
    csv.field_size_limit(_LONGEST_CELL)
    rows = list(_csv_rows(text, delimiter))
    if not _count_wrong(rows):
        return rows
    readings = [rows]
    if '\\"' in text:
        # MySQL, which writes them so, writes \N for no value
        plain = re.sub(rf"(?<![^{delimiter}\n])\\N(?![^{delimiter}\n])", "", text)
        # it escapes newlines, too; any other backslash is a sign like others
        plain = re.sub(r'(\\["\\])|\\(\n?)', lambda f: f[1] or f[2] or r"\\", plain)
        readings.append(list(_csv_rows(plain, delimiter, "\\")))
    best = min(readings, key=_count_wrong)
    if delimiter == "\t":
        unquoted = csv.reader(
            io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE
        )
        lines = enumerate(unquoted, start=1)
        bare: list[Row] = [(line, [*map(_unquoted, cells)]) for line, cells in lines]
        return min(best, bare, key=_count_misfits)
    return best


def _unquoted(cell: str) -> str:
    """Return what stands in quotes if all of a cell does."""
    if _QUOTED.fullmatch(cell):
        return cell[1:-1].replace('""', '"')
    return cell


def _count_misfits(rows: Sequence[Row]) -> int:
    """Count rows that are wrong or have other numbers of values than the first."""
    wanted = next((cells for _, cells in rows if cells), None)
    width = len(wanted) if isinstance(wanted, list) else 0
    return sum(
        isinstance(cells, csv.Error) or len(cells) != width
        for _, cells in rows
        if cells != []
    )


def _count_wrong(rows: Sequence[Row]) -> int:
    return sum(isinstance(cells, csv.Error) for _, cells in rows)

"""Tables of articles, one a row: JSONL and CSV.

A row's text is that of one column. Below it stand its other columns, each as a line
`name: value`, so that they can be asked and cited as well.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from qa.errors import FormatError
from qa.library.formats.cells import find_delimiter, first_names, read_cells
from qa.library.formats.columns import further_lines, sort_columns
from qa.library.formats.masthead import FIELDS, from_fields, make_article, one_line
from qa.library.formats.parsed import Parsed, RawFile, Skipped
from qa.library.formats.text import decode
from qa.types import Article

__all__ = ["parse_csv", "parse_jsonl"]

# beside its text: a table of figures would bury it, and take hours to index
_MOST_VALUES = 50
_WANTED = "Wanted an article's words in a column named " + ", ".join(FIELDS["text"])


class _Collector:
    """Turns rows into articles with unique ids; rows that fail are noted."""

    def __init__(self, file: RawFile) -> None:
        self.file = file
        self.articles: list[Article] = []
        self.skipped: list[Skipped] = []
        self._keys: set[str] = set()
        self._cut: list[tuple[int, int]] = []  # rows not all of whose values are read

    def skip(self, row: int, line: int, found: str) -> None:
        reason = f"line {line}: {found}. {_WANTED}. Mend the row, or delete it."
        self.skipped.append(Skipped(f"{self.file.path}#{row}", reason))

    def take(self, row: int, line: int, columns: Iterable[tuple[str, object]]) -> bool:
        """Add the row, and tell whether it is an article."""
        told, others = sort_columns(columns)
        further = list(islice(further_lines(others), _MOST_VALUES + 1))
        if "text" not in told:
            named = ", ".join(repr(name) for name, value in others if value)[:300]
            but = f", but values in the columns {named}" if further else ""
            self.skip(row, line, f"no text in this row{but}")
            return False
        text = str(told["text"]).replace("\r\n", "\n").replace("\r", "\n")
        key = one_line(told.get("id")) or str(row)
        while key in self._keys:
            key = f"{key}-{row}"
        below = further[:_MOST_VALUES]
        try:
            article = make_article(
                self.file, text, from_fields(told), key=key, below=below
            )
        except FormatError:
            self.skip(row, line, "no words in this row's text")
            return False
        if len(further) > _MOST_VALUES:
            self._cut.append((row, line))
        self._keys.add(key)
        self.articles.append(article)
        return True

    def parsed(self) -> Parsed:
        if self._cut:
            row, line = self._cut[0]
            more = len(self._cut) - 1
            rows = "row" if more == 1 else "rows"
            also = f" So it is with {more:,} {rows} below it." if more else ""
            reason = (
                f"line {line}: more than {_MOST_VALUES} values beside the text; the "
                f"first {_MOST_VALUES} can be asked.{also} Wanted no more: put "
                "those that matter first, or into the text."
            )
            self.skipped.append(Skipped(f"{self.file.path}#{row}", reason))
        return Parsed(tuple(self.articles), tuple(self.skipped))


def parse_jsonl(file: RawFile) -> Parsed:
    """Return an article for each line that holds a JSON object with a text.

    A row's number is that of its line. Lines with nothing on them are passed over.

    Raises:
        FormatError: if it is no text.
    """
    rows = _Collector(file)
    # not splitlines: strings in JSON may hold U+2028, which is a newline to it
    for number, line in enumerate(decode(file.data, file.path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            rows.skip(number, number, f"not JSON ({error.msg}, column {error.colno})")
            continue
        except (ValueError, RecursionError) as error:  # a number or nesting too long
            rows.skip(number, number, f"not JSON ({error})")
            continue
        if isinstance(fields, dict):
            rows.take(number, number, fields.items())
        else:
            rows.skip(number, number, f"a JSON {type(fields).__name__}, not an object")
    return rows.parsed()


def _fitted(
    cells: Sequence[str], names: Sequence[str], delimiter: str
) -> Sequence[str] | None:
    """Return the values of a row that has no more than there are columns.

    A text in the last column that was not quoted is put together again: its own commas
    have cut it. In any other column nobody can tell; then there is None.

    >>> _fitted(["A", "He came", " saw"], ["title", "text"], ",")
    ['A', 'He came, saw']
    """
    most = len(names)
    if not any(cells[most:]):
        return cells[:most]
    if names[-1].strip().lower() in FIELDS["text"]:
        return [*cells[: most - 1], delimiter.join(cells[most - 1 :])]
    return None


class _Widths:
    """How many values rows have: what has others may be the rest of a wrong one."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._seen: set[int] = set()
        self._are_cut = False  # texts in the last column, by their own commas

    def note(self, cells: Sequence[str]) -> None:
        self._seen.add(len(cells))
        self._are_cut = self._are_cut or any(cells[self._columns :])

    def is_row(self, cells: Sequence[str], below: Sequence[str] | csv.Error) -> bool:
        """Whether it is a row, though the last one was wrong; `below` is the next."""
        width = len(cells)
        if width == self._columns or width in self._seen:
            return True
        if width > self._columns and self._are_cut:
            return True
        # two of the same tell it, where the rows seen so far do not speak against it
        is_twice = not isinstance(below, csv.Error) and len(below) == width
        return is_twice and width > (self._columns if self._seen else 1)


def parse_csv(file: RawFile) -> Parsed:
    """Return an article for each row below the line that names the columns.

    Row 1 is the first below it. The delimiter is a comma, semicolon, tab or bar. After
    a row that is wrong, what may be the rest of its text is no row: the next one has as
    many values as there are columns, as rows above it have, or as the one below it.

    Raises:
        FormatError: if it is no text, or its first line names no column of texts.
    """
    # Python 3.10's reader refuses NULs
    text = decode(file.data, file.path).lstrip("\n").replace("\0", "\ufffd")
    delimiter = find_delimiter(text)
    if delimiter is None:
        raise FormatError(
            f"{file.path}: the first line names the columns {first_names(text)}. "
            f"{_WANTED}. Name the columns in the first line."
        )
    (_, names), *found = (row for row in read_cells(text, delimiter) if row[1])
    if isinstance(names, csv.Error):
        raise FormatError(
            f"{file.path}: the first line is not CSV ({names}). {_WANTED}. Mend that "
            "line."
        )
    rows = _Collector(file)
    widths = _Widths(len(names))
    is_after_wrong = False
    end: tuple[int, list[str]] = (0, [])
    for number, ((line, cells), (_, below)) in enumerate(pairwise([*found, end]), 1):
        if isinstance(cells, csv.Error):
            rows.skip(number, line, f"not CSV ({cells})")
            is_after_wrong = True
            continue
        whole = _fitted(cells, names, delimiter)
        if whole is not None and (not is_after_wrong or widths.is_row(cells, below)):
            is_after_wrong = False
            # a short row is read as far as it goes
            if rows.take(number, line, zip(names, whole, strict=False)):
                widths.note(cells)
        else:
            why = "may be the rest of the row above"
            why = why if is_after_wrong else "put texts in quotes"
            counts = f"{len(cells)} values for {len(names)} columns"
            rows.skip(number, line, f"{counts}; {why}")
    return rows.parsed()

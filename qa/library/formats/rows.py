"""Tables of articles, one a row: JSONL and CSV."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from qa.errors import FormatError
from qa.library.formats.masthead import FIELDS, from_fields, make_article, one_line
from qa.library.formats.parsed import Parsed, RawFile, Skipped
from qa.library.formats.text import decode
from qa.types import Article

__all__ = ["parse_csv", "parse_jsonl"]

_DELIMITERS = ",;\t|"
# the module's own limit is 131,072 characters; its setting is a C long, 32 bits wide
# on Windows
_LONGEST_CELL = 2**31 - 1
_WANTED = "Wanted an article's words in a column named " + ", ".join(FIELDS["text"])


class _Collector:
    """Turns rows into articles with unique ids; rows that fail are noted."""

    def __init__(self, file: RawFile) -> None:
        self.file = file
        self.articles: list[Article] = []
        self.skipped: list[Skipped] = []
        self._keys: set[str] = set()

    def skip(self, row: int, line: int, found: str) -> None:
        reason = f"line {line}: {found}. {_WANTED}. Mend the row, or delete it."
        self.skipped.append(Skipped(f"{self.file.path}#{row}", reason))

    def take(self, row: int, line: int, fields: Mapping[str, object]) -> bool:
        """Add the row, and tell whether it is an article."""
        known = {name.strip().lower(): value for name, value in fields.items()}
        texts = (known.get(name) for name in FIELDS["text"])
        text = next((t for t in texts if isinstance(t, str) and t.strip()), None)
        if text is None:
            self.skip(row, line, "no text in this row")
            return False
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        ids = (one_line(known.get(name)) for name in FIELDS["id"])
        key = next((name for name in ids if name), str(row))
        while key in self._keys:
            key = f"{key}-{row}"
        try:
            article = make_article(self.file, text, from_fields(known), key=key)
        except FormatError:
            self.skip(row, line, "no words in this row's text")
            return False
        self._keys.add(key)
        self.articles.append(article)
        return True

    def parsed(self) -> Parsed:
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
            rows.take(number, number, fields)
        else:
            rows.skip(number, number, f"a JSON {type(fields).__name__}, not an object")
    return rows.parsed()


def _columns(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(text: str, path: str) -> str:
    """Return the delimiter that makes the first line name a column of texts.

    The csv module's own sniffer guesses from the prose of the cells, and often wrong.
    """
    first = text[:10_000]
    best, most = "", 0
    for delimiter in _DELIMITERS:
        names = [name.strip().lower() for name in _columns(first, delimiter)]
        if set(names) & set(FIELDS["text"]) and len(names) > most:
            best, most = delimiter, len(names)
    if not best:
        found = ", ".join(map(repr, _columns(first, ",")[:10]))[:300]
        raise FormatError(
            f"{path}: the first line names the columns {found}. {_WANTED}. Name the "
            "columns in the first line."
        )
    return best


def _csv_rows(
    text: str, delimiter: str, escape: str | None = None
) -> Iterator[tuple[int, list[str] | csv.Error]]:
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


def _read_csv(text: str, delimiter: str) -> list[tuple[int, list[str] | csv.Error]]:
    r"""Return what `_csv_rows` yields; quotes are doubled, or written as `\"`.

    >>> _read_csv('text\n"A \\"B\\" C"', ",")
    [(1, ['text']), (2, ['A "B" C'])]
    """
    rows = list(_csv_rows(text, delimiter))
    if '\\"' not in text or not _count_wrong(rows):
        return rows
    # MySQL, which writes them so, writes \N for no value
    text = re.sub(rf"(?<![^{delimiter}\n])\\N(?![^{delimiter}\n])", "", text)
    # it escapes newlines, too; any other backslash is a sign like others
    text = re.sub(r'(\\["\\])|\\(\n?)', lambda f: f[1] or f[2] or r"\\", text)
    return min(rows, list(_csv_rows(text, delimiter, "\\")), key=_count_wrong)


def _count_wrong(rows: Sequence[tuple[int, list[str] | csv.Error]]) -> int:
    return sum(isinstance(cells, csv.Error) for _, cells in rows)


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
    csv.field_size_limit(_LONGEST_CELL)
    # Python 3.10's reader refuses NULs
    text = decode(file.data, file.path).lstrip("\n").replace("\0", "\ufffd")
    delimiter = _delimiter(text, file.path)
    (_, names), *found = (row for row in _read_csv(text, delimiter) if row[1])
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
            if rows.take(number, line, dict(zip(names, whole, strict=False))):
                widths.note(cells)
        else:
            why = "may be the rest of the row above"
            why = why if is_after_wrong else "put texts in quotes"
            counts = f"{len(cells)} values for {len(names)} columns"
            rows.skip(number, line, f"{counts}; {why}")
    return rows.parsed()

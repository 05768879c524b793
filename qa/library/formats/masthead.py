"""What stands above an article: title, date, source, byline."""

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from qa.errors import FormatError
from qa.library.formats.dates import dateline, first_dateline, parse_date
from qa.library.formats.parsed import RawFile
from qa.types import Article

__all__ = ["FIELDS", "Masthead", "from_fields", "make_article", "one_line"]
__all__ += ["readable_name"]

FIELDS = {  # what files call them, in front matter as in rows; the first found counts
    "title": ("title", "headline"),
    "published": ("published", "date", "published_at", "publication_date", "pubdate"),
    "source": ("source", "publisher", "publication"),
    "byline": ("byline", "author", "authors", "by"),
    "text": ("text", "body", "content", "article"),
    "id": ("id", "_id"),
}

_LONGEST_TITLE = 150  # characters of a first line that may still be a headline
_LONGEST_FIELD = 300  # characters kept of a title, source or byline from metadata
_TOP_CHARS = 4000  # of a text: byline and dateline are not looked for further down
_TOP_LINES = 10
_WORD = re.compile(r"[^\W_]")
# NUL ends a string for SQLite's functions and for C, half a surrogate pair cannot be
# written as UTF-8 at all. One sign takes the place of one, so that offsets hold
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BYLINE = re.compile(r"(?:By|BY|by)[:\s]\s*(?P<names>[^|·•\d]{2,150}?)\s*(?:[|·•].*)?$")
_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z-]{0,40})[ \t]*:(?P<value>.*)")
_OF_MAIL = frozenset("from to cc bcc sent date subject".split())
_AT_SOURCE = re.compile(r"\s+(?:at|of)\s+(?P<source>[A-Z].*)$")
_SMALL = frozenset(
    "and with for in at of the de del della der den di da dos du la le van von y "
    "bin al el und et".split()
)


@dataclass(frozen=True, slots=True)
class Masthead:
    """What a file tells about its article; None where it does not."""

    title: str | None = None
    published: datetime.date | None = None
    source: str | None = None
    byline: str | None = None


def one_line(value: object, *, deepest: int = 2) -> str | None:
    r"""Return a metadata value as one clean line; None if nothing is left of it.

    Lists within lists are read as deep as `[[Ann]]`: aliases of YAML may nest them
    without end, so that each level has 20 times the names of the one above.

    >>> one_line(" Iraq\n\x07 joins "), one_line(["Ann", {"name": "Bo"}]), one_line("")
    ('Iraq joins', 'Ann, Bo', None)
    """
    if isinstance(value, list):
        entries = value[:20] if deepest else []
        names = [one_line(entry, deepest=deepest - 1) for entry in entries]
        text = ", ".join(name for name in names if name)
        return text[:_LONGEST_FIELD].rstrip() or None
    if isinstance(value, Mapping):
        value = value.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)[: 4 * _LONGEST_FIELD]
    shown = (" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return " ".join("".join(shown).split())[:_LONGEST_FIELD].rstrip() or None


def from_fields(fields: Mapping[str, object]) -> Masthead:
    """Return what named fields tell, whatever the case of their names.

    >>> from_fields({"Headline": "Rain", "DATE": "2015-11-18", "author": "By Ann Li"})
    Masthead(title='Rain', published=datetime.date(2015, 11, 18), source=None, \
byline='Ann Li')
    """
    known = {str(name).strip().lower(): value for name, value in fields.items()}

    def field(noun: str) -> object:
        values = (known.get(name) for name in FIELDS[noun])
        return next((value for value in values if value not in (None, "", [])), None)

    byline = one_line(field("byline"))
    return Masthead(
        title=one_line(field("title")),
        published=parse_date(field("published")),
        source=one_line(field("source")),
        byline=re.sub(r"^by\s+", "", byline, flags=re.IGNORECASE) if byline else None,
    )


def _byline(line: str) -> tuple[str, str | None] | None:
    """Return names and newspaper of a line like "By ANN LI at The Times"."""
    found = _BYLINE.match(line)
    if not found:
        return None
    names = found["names"]
    words = re.findall(r"[^\W\d_][\w.'’-]*", names)
    if not words or not words[0][0].isupper() or len(words) > 25:
        return None
    if any(not word[0].isupper() and word.lower() not in _SMALL for word in words):
        return None  # "By Monday the troops had left"
    source = _AT_SOURCE.search(names)
    if source and source.start():
        return names[: source.start()].rstrip(" ,"), source["source"]
    return names, None


def _is_headline(line: str, following: list[str]) -> bool:
    if len(line) > _LONGEST_TITLE or not _WORD.search(line) or not following:
        return False
    if line.endswith((".", ",", ";", "-", "…")) and not line.endswith(("U.S.", "U.N.")):
        return False
    # a line of wrapped prose goes on in lower case in the lines below it
    return not any(line[:1].islower() for line in following[:3])


def _from_mail(top: str) -> Masthead | None:
    r"""Return what the headers of a mail tell; None if the text does not open so.

    >>> mail = _from_mail("From: Bo Chi <bo@x.org>\nSubject: Flood\n\nIt rose.")
    >>> mail.title, mail.byline
    ('Flood', 'Bo Chi')
    """
    headers: dict[str, str] = {}
    name = ""  # of the header that the line above belongs to
    for line in top.split("\n"):
        found = _HEADER.match(line)
        if not line.strip():
            name = ""  # a copy may have blank lines between its headers
        elif found and (name or not headers or found["name"].lower() in _OF_MAIL):
            name = found["name"].lower()
            headers.setdefault(name, found["value"].strip())
        elif name and line[0] in " \t":
            headers[name] += f" {line.strip()}"
        else:
            break
    told = headers.keys() & _OF_MAIL
    # a train, too, goes from here to there
    if len(told - {"to", "cc", "bcc"}) < 2 or not told & {"from", "subject"}:
        return None
    sender = headers.get("from", "")
    names = re.split(r"[<\[]", sender)[0].strip(" \t\"'")
    return Masthead(
        title=one_line(headers.get("subject")),
        published=parse_date(headers.get("date")) or parse_date(headers.get("sent")),
        byline=one_line(names or sender.strip("<>[] ")),
    )


def _from_text(text: str) -> Masthead:
    """Return what the first lines of the text itself tell."""
    top = text[:_TOP_CHARS]
    mail = _from_mail(top)
    if mail is not None:
        return mail
    lines = [" ".join(line.split()) for line in top.split("\n") if line.strip()]
    lines = lines[:_TOP_LINES]
    title = byline = source = None
    for number, line in enumerate(lines):
        names = _byline(line) if byline is None else None
        if names:
            byline, source = names
        if number == 0 and not names and not dateline(line):
            title = one_line(line) if _is_headline(line, lines[1:]) else None
    return Masthead(title, first_dateline(lines), source, byline)


def _storable(text: str) -> str:
    if "\0" in text or not text.isascii():
        return _UNSTORABLE.sub("\ufffd", text)
    return text


def readable_name(path: str, key: str = "") -> str:
    """Return the file's name as a title.

    >>> readable_name("news/iraq-joins_pact.txt")
    'iraq joins pact'
    """
    name = re.sub(r"[-_\s]+", " ", PurePosixPath(path).stem).strip()
    return one_line(f"{name} {key}") or path


def make_article(
    file: RawFile,
    text: str,
    told: Masthead | None = None,
    *,
    key: str = "",
    below: Sequence[str] = (),
    page_starts: tuple[int, ...] = (),
    prefer_dateline: bool = False,
) -> Article:
    """Return the article; what `told` does not tell is looked for in the text's top.

    Args:
        file: where the text comes from.
        text: as the reader sees it.
        told: what the file's metadata tells.
        key: tells it from other articles of the same file.
        below: paragraphs that follow the text, in which nothing is looked for.
        page_starts: offset at which each page begins.
        prefer_dateline: the date that `told` knows is only the day the file was made.

    Raises:
        FormatError: if the text holds no words.
    """
    if not _WORD.search(text):
        raise FormatError(
            f"{file.path}: no words found. Wanted the text of an article. Put it in, "
            "or take the file out of the folder."
        )
    told = told or Masthead()
    seen = _from_text(_storable(text))
    if below:
        text = "\n\n".join([text.rstrip(), *below])
    dates = (told.published, seen.published)
    return Article(
        id=f"{file.path}#{key}" if key else file.path,
        path=file.path,
        title=told.title or seen.title or readable_name(file.path, key),
        text=_storable(text),
        published=(dates[1] or dates[0]) if prefer_dateline else (dates[0] or dates[1]),
        source=told.source or seen.source,
        byline=told.byline or seen.byline,
        file_hash=file.hash,
        page_starts=page_starts,
    )

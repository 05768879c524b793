"""Dates as articles write them. One that could be read in two ways is no date."""

import datetime
import re
from collections.abc import Sequence

__all__ = ["dateline", "first_dateline", "parse_date"]

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>[12]\d{3})(?!\d)"
_DAY = r"(?<!\d)(?P<day>[0-3]?\d)"
_FORMS = (
    r"(?<!\d)(?P<year>[12]\d{3})[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)(?!\d)",
    rf"\b{_MONTH}\s*{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}",
    rf"{_DAY}(?:st|nd|rd|th|\.)?(?:\s+of)?[\s-]{_MONTH},?[\s-]{_YEAR}",
    rf"(?<!\d)(?P<first>[0-3]?\d)[/.](?P<second>[0-3]?\d)[/.]{_YEAR}",
)
_DATES = tuple(re.compile(form, re.IGNORECASE | re.ASCII) for form in _FORMS)
_ANY_YEAR = re.compile(r"[12][0-9]{3}")
# hours and minutes may follow, seconds, thousandths; hours alone as PDF writes them,
# after "D:". Other ten digits, or thirteen, are a time since 1970
_COMPACT = re.compile(
    r"(?P<pdf>D:)?(?P<year>(?:18|19|20)\d\d|[12]\d{3}(?=\d{4}(?!\d)))"
    r"(?P<month>[01]\d)(?P<day>[0-3]\d)"
    r"(?:\d{4}|\d{6}|\d{9}|(?(pdf)\d\d))?(?!\d)",
    re.ASCII,
)

_LABEL = re.compile(
    r"(?:(?:first\s+)?published|posted|publication date|date[d]?|issued)"
    r"(?:\s+(?:on|at))?\s*:?\s*",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
                      r"\.?,?\s+", re.IGNORECASE)  # fmt: skip
# before a date on its line: "By Jane Doe |", "LONDON,", "Reuters, Paris -". A number
# and a dash are where a span of days begins: "3-5 June 2010"
_LEAD = re.compile(
    r"(?:(?:[^.!?:]{0,80}[|·•]|[^.!?:\d]{0,80}[–—])\s*|(?:[A-Z][A-Z'’./ -]+,\s*){1,2})?"
)
# after it: a time, a time zone, when it was updated, the agency and a dash
_TRAIL = re.compile(
    r"[\s,|·•–—-]*(?:$|(?:at\s+)?\d{1,2}[:.]\d{2}|T\d{2}:|\(?updated|[(][^()]{2,30}[)]"
    r"\s*(?:$|[-–—]))",
    re.IGNORECASE,
)
_DASH = re.compile(r"\s*[–—]\s*|\s+--?\s+|(?<=\d)-(?=\d)")
_LONGEST = 200  # characters looked at: no date stands further into its value or line


def _build(found: re.Match[str]) -> datetime.date | None:
    parts = found.groupdict()
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        if first != second and (first <= 12) == (second <= 12):
            return None  # 3/4/2015 is March 4 to some and April 3 to others
        month, day = (first, second) if first <= 12 else (second, first)
    else:
        name = parts["month"].lower()
        month = int(name) if name.isdigit() else _MONTHS.index(name[:3]) + 1
        day = int(parts["day"])
    try:
        return datetime.date(int(parts["year"]), month, day)
    except ValueError:  # the 31st of February
        return None


def _first_date(text: str) -> tuple[datetime.date, int, int] | None:
    head = text[:_LONGEST]
    if not _ANY_YEAR.search(head):  # as in most lines; this is the quick way to tell
        return None
    matches = [found for form in _DATES if (found := form.search(head))]
    for found in sorted(matches, key=lambda found: found.start()):
        date = _build(found)
        if date is not None:
            return date, found.start(), found.end()
    return None


def parse_date(value: object) -> datetime.date | None:
    """Return the date that a metadata value tells, as written: no time zone is applied.

    >>> parse_date("Wed, 18 Nov 2015 23:30:00 -0500")
    datetime.date(2015, 11, 18)
    >>> parse_date("D:20151118093000Z"), parse_date("3/4/2015"), parse_date("soon")
    (datetime.date(2015, 11, 18), None, None)
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, int):
        value = str(value) if 10**7 <= value < 10**8 else ""
    if not isinstance(value, str):
        return None
    compact = _COMPACT.match(value.strip())
    if compact:
        year, month, day = map(int, compact.group("year", "month", "day"))
        try:
            return datetime.date(year, month, day)
        except ValueError:
            return None
    found = _first_date(value.strip())
    return found[0] if found else None


def dateline(line: str) -> datetime.date | None:
    """Return the date of a line that is there to tell it; a sentence is not.

    Nor are the entry of a timeline and the days between two.

    >>> dateline("Published: Wednesday, Nov. 18, 2015 at 9:30 a.m. ET")
    datetime.date(2015, 11, 18)
    >>> dateline("BAGHDAD, Sept. 28, 2015 (Reuters) - Iraq joined Russia.")
    datetime.date(2015, 9, 28)
    >>> dateline("On Nov. 18, 2015, the talks began.") is None
    True
    >>> dateline("8 May 1945 - The war ends"), dateline("5 May 1945 – 3 June 2010")
    (None, None)
    """
    return _told(line)[0]


def _told(line: str) -> tuple[datetime.date | None, bool]:
    """Return the date that a line tells, and whether it says that it is the date."""
    line = line.strip()
    found = _first_date(line)
    if found is None:
        return None, False
    date, start, end = found
    lead = _LEAD.match(line)
    begin = lead.end() if lead and lead.end() <= start else 0
    label = _LABEL.match(line, begin, start)
    begin = label.end() if label else begin
    weekday = _WEEKDAY.match(line, begin, start)
    begin = weekday.end() if weekday else begin
    dash = _DASH.match(line, end)
    if line[begin:start].strip() or (dash and _opens_with_date(line[dash.end() :])):
        return None, False
    # what follows a dash is the article where a place or a day of the week stands
    # before the date, and where nothing does what happened on that day
    is_opened = dash and any(map(str.isalpha, line[:start]))
    told = is_opened or _TRAIL.match(line, end)
    called = label or _LABEL.fullmatch(line[:begin].rstrip(" |·•–—"))
    return (date, called is not None) if told else (None, False)


def _opens_with_date(text: str) -> bool:
    weekday = _WEEKDAY.match(text)
    found = _first_date(text)
    return found is not None and found[1] == (weekday.end() if weekday else 0)


def first_dateline(lines: Sequence[str]) -> datetime.date | None:
    """Return the date that the first lines of a text tell.

    One that is called the date counts; others do not if they differ, as the days of a
    timeline do, nor in rows of a table.

    >>> first_dateline(["Rain", "Nov. 18, 2015", "It rained."])
    datetime.date(2015, 11, 18)
    >>> first_dateline(["1 Sept. 1939", "War.", "8 May 1945", "Peace."]) is None
    True
    >>> first_dateline(["Born | 5 May 1945", "Country | Peru"]) is None
    True
    """
    told = []
    for number, line in enumerate(lines):
        date, is_labelled = _told(line)
        near = (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2])
        is_row = "|" in line and any("|" in other for other in near)
        if date and is_labelled:
            return date
        if date and not is_row:
            told.append(date)
    return told[0] if len(set(told)) == 1 else None

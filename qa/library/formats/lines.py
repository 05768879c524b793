"""The lines of printed pages become paragraphs again."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Line", "join_pages", "without_running_lines"]

_PAGE_NUMBER = re.compile(
    r"(?P<rule>[-–—|\s]*)(?P<word>(?:page|seite|página|pág\.?|[ps]\.)\s*)?"
    r"(?P<number>\d{1,4})(?:\s*(?:/|of|von|de)\s*\d{1,4})?(?P<end>[-–—|\s]*)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_LONGEST_RUNNING = 200  # characters of a line whose numbers may follow the pages
_WORD = re.compile(r"[^\W\d_]+")
_BULLET = re.compile(r"(?:[-*•‣–—▪●]|\(?\d{1,3}[.)])\s")
_ENDED = re.compile(r"[.!?…:][)\]\"'”’»]*$")
# both begin at a word's first letter only: from each letter of a long one they would
# look for its end anew
_LAST_PART = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?=[-\u2010\u00ad]$)")
_COMPOUND = re.compile(r"(?<![^\W\d_])[^\W\d_]+-[^\W\d_]+")
_FIRST_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its words, where it begins, in points, and its letters' size."""

    text: str
    x: float = 0.0
    y: float = 0.0  # grows upwards, as in PDF
    size: float = 0.0


def _forms(line: str, page: int, *, is_foot: bool) -> set[str]:
    """Return the line, and it with each of its numbers as seen from the page's own.

    At the top there is no such form of a word and its number: it may well be a heading.

    >>> sorted(_forms("The Daily Example 12", page=3, is_foot=False))
    ['The Daily Example 12', 'The Daily Example {9}']
    """
    line = line.strip()
    if len(line) > _LONGEST_RUNNING or not (is_foot or len(_WORD.findall(line)) > 1):
        return {line}
    return {line} | {
        f"{line[: found.start()]}{{{int(found[0]) - page}}}{line[found.end() :]}"
        for found in _NUMBER.finditer(line)
    }


def _is_page_number(line: str, page: int, shifts: Counter[int]) -> bool:
    found = _PAGE_NUMBER.fullmatch(line)
    if found is None:
        return False
    if found["word"] or (found["rule"].strip() and found["end"].strip()):
        return True
    shift = int(found["number"]) - page
    return shift == 0 or shifts[shift] > 1


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without page numbers, and headers and footers they share.

    Only the first and the last line of a page are looked at. A number by itself must be
    the page's own, or grow with the pages on two of them; a header must stand on three
    and on more than half of them, the same or with a number that grows with the pages:
    in doubt, a line stays.

    >>> page = [Line("It rained."), Line("- 7 -")]
    >>> without_running_lines([page])
    [[Line(text='It rained.', x=0.0, y=0.0, size=0.0)]]
    """
    often = max(3, len(pages) // 2 + 1)
    heads: Counter[str] = Counter()
    feet: Counter[str] = Counter()
    shifts: Counter[int] = Counter()  # of lone numbers, from the pages' own
    for number, page in enumerate(pages, start=1):
        if page:
            heads.update(_forms(page[0].text, number, is_foot=False))
            feet.update(_forms(page[-1].text, number, is_foot=True))
            lone = [_PAGE_NUMBER.fullmatch(page[end].text) for end in (0, -1)]
            shifts.update({int(found["number"]) - number for found in lone if found})
    kept = []
    for number, page in enumerate(pages, start=1):
        lines = list(page)
        for end, known in ((-1, feet), (0, heads)):
            text = lines[end].text if len(lines) > 1 else ""
            forms = _forms(text, number, is_foot=end == -1)
            if text and (
                _is_page_number(text, number, shifts)
                or any(known[form] >= often for form in forms)
            ):
                lines.pop(end)
        kept.append(lines)
    return kept


class _Layout:
    """What is usual in this file, to see what is not."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        lengths = sorted(len(line.text) for page in pages for line in page)
        self.full = lengths[len(lengths) * 4 // 5] if lengths else 0  # characters
        pitches = sorted(
            (above.y - below.y) / below.size
            for page in pages
            for above, below in pairwise(page)
            if below.size > 0 and 0 < above.y - below.y < 3 * below.size
        )
        self.pitch = (
            pitches[len(pitches) // 2] if pitches else 0.0
        )  # sizes from line to line

    def is_break(self, above: Line, below: Line, *, same_page: bool) -> bool:
        """Whether a paragraph ends between two lines that follow each other."""
        if not above.text.strip() or not below.text.strip():
            return True
        if _BULLET.match(below.text):
            return True
        ended = bool(_ENDED.search(above.text))
        begins = not below.text[:1].islower()
        if abs(above.size - below.size) > 0.1 * max(above.size, below.size):
            return True
        gap = above.y - below.y
        apart = same_page and gap > 1.6 * below.size > 0  # for titles and datelines
        if same_page and gap > 0 < self.pitch:
            if gap > 1.3 * self.pitch * below.size:
                return True
            indent = below.x - above.x
            if ended and 0.8 * below.size < indent < 6 * below.size:
                return True
        elif ended and begins and len(above.text) < 0.9 * self.full:
            return True  # the next page or column, after a last line
        return (ended or apart) and begins and len(above.text) < 0.7 * self.full


def _glue(above: str, below: str, words: frozenset[str]) -> tuple[str, str]:
    """Return the line above without its hyphen if that one only breaks a word."""
    part, rest = _LAST_PART.search(above), _FIRST_WORD.match(below)
    if above.endswith("\u00ad"):
        return above[:-1], ""
    if not part or not rest:
        # "2015-\n16" and "Mr.-\nHu" keep the hyphen; a dash between words is not one
        tight = above.endswith(("-", "\u2010")) and not above[-2:-1].isspace()
        return above, "" if tight and above[-2:-1] not in ("-", "") else " "
    compound = f"{part[0]}-{rest[0]}".lower()
    if not rest[0][0].islower() or compound in words:
        return above, ""
    return above[:-1], ""


def join_pages(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[int, ...]]:
    r"""Return the text, and the offset at which each page begins.

    Wrapped lines are joined by a space; words hyphenated at a line's end are whole
    again, unless the file elsewhere writes them with the hyphen. A paragraph may go on
    over the end of a page.

    >>> one = [Line("The cease-"), Line("fire held in the north of"), Line("Syria.")]
    >>> join_pages([one, [], [Line("Then it broke.")]])
    ('The ceasefire held in the north of Syria.\n\nThen it broke.', (0, 43, 43))
    """
    layout = _Layout(pages)
    everything = "\n".join(line.text for page in pages for line in page).lower()
    words = frozenset(_COMPOUND.findall(everything))
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    above: Line | None = None
    for page in pages:
        begin: int | None = None
        for line in page:
            text = line.text.strip()
            if above is not None and text:
                same_page = begin is not None
                if layout.is_break(above, line, same_page=same_page):
                    glue = "\n\n"
                else:
                    before, glue = _glue(parts[-1], text, words)
                    length += len(before) - len(parts[-1])
                    parts[-1] = before
                parts.append(glue)
                length += len(glue)
            if text:
                begin = length if begin is None else begin
                parts.append(text)
                length += len(text)
                above = Line(text, line.x, line.y, line.size)
        starts.append(-1 if begin is None else begin)
    # an empty page begins where the next one does
    following = length
    for number in reversed(range(len(starts))):
        following = starts[number] = following if starts[number] < 0 else starts[number]
    return "".join(parts), tuple(starts)

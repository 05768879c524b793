"""What stands before the items of lists in Word files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Numbering"]

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# styles that stand for items even in a file whose writer told no list of them. "List
# Paragraph" and "List Continue" do not: Word leaves them where a mark was taken away
_MARKED = ("List Bullet", "List Number")
_MOST_STYLES = 20  # based on each other; a damaged file's may go round in a circle


@dataclass(frozen=True, slots=True)
class _Level:
    """How the items of one level of a list are counted and marked."""

    kind: str  # lists of one kind go on where another one of that kind stopped
    start: int
    sign: str  # what stands behind the number; none where it is no plain number
    begins_anew: bool


def _value(element: Any, name: str) -> str:
    found = element.find(_WORD + name)
    return str(found.get(f"{_WORD}val", "")) if found is not None else ""


def _number(text: str | None) -> int | None:
    # nine digits are more than Word counts to
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _levels(lists: Any) -> Iterator[tuple[str, int, str, _Level]]:
    """Yield each level of each list: the list's name, its number, its style, itself."""
    kinds = {
        element.get(f"{_WORD}abstractNumId"): element
        for element in lists.iterfind(f"{_WORD}abstractNum")
    }
    for element in lists.iterfind(f"{_WORD}num"):
        name, kind = element.get(f"{_WORD}numId"), _value(element, "abstractNumId")
        if kind not in kinds:
            continue
        starts = {}
        forms = list(kinds[kind].iterfind(f"{_WORD}lvl"))
        for other in element.iterfind(f"{_WORD}lvlOverride"):
            starts[other.get(f"{_WORD}ilvl")] = _value(other, "startOverride")
            forms += other.iterfind(f"{_WORD}lvl")
        for form in forms:
            level = _number(form.get(f"{_WORD}ilvl"))
            anew = _number(starts.get(form.get(f"{_WORD}ilvl")))
            start = _number(_value(form, "start")) if anew is None else anew
            text = _value(form, "lvlText")
            is_plain = (
                start is not None
                and level is not None
                and text in (f"%{level + 1}.", f"%{level + 1})")
                and _value(form, "numFmt") == "decimal"
                and form.find(f"{_WORD}lvlRestart") is None
            )
            sign = text[-1] if is_plain else ""
            one = _Level(kind, start or 0, sign, anew is not None)
            yield str(name), level or 0, _value(form, "pStyle"), one


def _place(properties: Any) -> tuple[str | None, int | None]:
    """Return the list and the level that a paragraph or a style names."""
    told = properties.numPr if properties is not None else None
    if told is None:
        return None, None
    level = told.ilvl.val if told.ilvl is not None else None
    return str(told.numId.val) if told.numId is not None else None, level


class Numbering:
    """Counts the items of a file's lists as Word does.

    A number is written only where Word shows it by itself, as in "1." or "1)". All
    other items begin with a dash: no number is made up.
    """

    def __init__(self, document: Any) -> None:
        self._levels: dict[tuple[str, int], _Level] = {}
        self._linked: dict[tuple[str, str], int] = {}  # levels of styles in lists
        self._of_style: dict[str | None, tuple[str | None, int]] = {}
        self._counts: dict[str, dict[int, int]] = {}  # by kind of list, then level
        self._begun: set[tuple[str, int]] = set()
        try:
            lists = document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # the file defines no lists
            return
        for name, level, style, form in _levels(lists):
            self._levels[name, level] = form
            self._linked[name, style] = level

    def mark(self, paragraph: Any) -> str | None:
        """Count an item and return what stands before it; None if this is no item."""
        name, level = _place(paragraph._p.pPr)
        if name is None:
            style = paragraph._p.style
            if style not in self._of_style:  # to look a style up takes its time
                self._of_style[style] = self._place_of_style(paragraph.style)
            name, of_style = self._of_style[style]
            level = of_style if level is None else level
        if name is None or name == "0":  # 0: no item, though its style says so
            return None
        return "  " * min(level or 0, 8) + self._counted(name, level or 0)

    def _place_of_style(self, style: Any) -> tuple[str | None, int]:
        own_name = (style.name or "") if style is not None else ""
        level: int | None = None
        for _ in range(_MOST_STYLES):
            if style is None:
                break
            name, own = _place(style.element.pPr)
            level = own if level is None else level
            if name is not None:
                linked = self._linked.get((name, style.style_id), 0)
                return name, linked if level is None else level
            style = style.base_style
        return "" if own_name.startswith(_MARKED) else None, 0

    def _counted(self, name: str, level: int) -> str:
        form = self._levels.get((name, level))
        if form is None:
            return "- "
        counts = self._counts.setdefault(form.kind, {})
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if form.begins_anew and (name, level) not in self._begun:
            counts.pop(level, None)
        self._begun.add((name, level))
        counts[level] = counts[level] + 1 if level in counts else form.start
        return f"{counts[level]}{form.sign} " if form.sign else "- "

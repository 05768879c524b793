"""Formulas of Word files on one line."""

from typing import Any

__all__ = ["FORMULA", "formula_line"]

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FORMULA = f"{_MATH}oMath"
"""The tag of a formula."""

_NONE = frozenset(f"{_WORD}{name}" for name in ("del", "moveFrom"))  # no longer there
# what stands before a part, lest 10 to the power of 5 becomes 105
_SIGNS = {"sup": "^", "sub": "_", "den": "/", "num": "", "rad": "√"}
# what stands between the rows of a matrix, its cells, equations, a function's parts
_BETWEEN = {"m": "; ", "mr": " ", "eqArr": "; ", "func": " "}


def _told(element: Any, kind: str, sign: str, usual: str) -> str:
    """Return the sign that a part's properties name, which may be none at all."""
    found = element.find(f"{_MATH}{kind}Pr/{_MATH}{sign}")
    return usual if found is None else str(found.get(f"{_MATH}val", ""))


def _as_one(text: str) -> str:
    return text if text.isalnum() or not text else f"({text})"


def formula_line(element: Any) -> str:
    """Return a formula, or a part of one, as people write it on one line.

    >>> from lxml.etree import fromstring
    >>> math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    >>> part = "<sSup><e><r><t>10</t></r></e><sup><r><t>-5</t></r></sup></sSup>"
    >>> formula_line(fromstring(f"<oMath xmlns='{math}'>{part}</oMath>"))
    '10^(-5)'
    """
    if element.tag in _NONE:
        return ""
    kind = str(element.tag).removeprefix(_MATH)
    if kind == "t":
        return str(element.text or "")
    parts = [part for part in map(formula_line, element) if part]
    if kind == "d":
        between = _told(element, kind, "sepChr", "|").join(parts)
        first = _told(element, kind, "begChr", "(")
        return first + between + _told(element, kind, "endChr", ")")
    if kind == "rad" and len(parts) > 1:  # its degree comes first
        return f"{_as_one(parts[1])}^(1/{_as_one(parts[0])})"
    if kind in ("limLow", "limUpp") and len(parts) > 1:
        return parts[0] + ("_" if kind == "limLow" else "^") + _as_one(parts[1])
    if kind == "nary" and parts:
        *limits, last = parts
        return f"{_told(element, kind, 'chr', '∫')}{''.join(limits)} {last}"
    text = _BETWEEN.get(kind, "").join(parts)
    return _SIGNS[kind] + _as_one(text) if kind in _SIGNS and text else text

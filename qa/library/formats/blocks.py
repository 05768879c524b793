"""How the blocks of an article become its text."""

import re

__all__ = ["Blocks", "one_space", "strip_lines"]

# HTML's white space, which a browser shows as one space; a no-break space is kept
_SPACE = re.compile(r"[ \t\n\r\f]+")


def one_space(text: str) -> str:
    r"""Return `text` with each run of white space as one space.

    >>> one_space("one\n  two")
    'one two'
    """
    return _SPACE.sub(" ", text)


def strip_lines(text: str) -> str:
    r"""Return `text` without spaces at the ends of its lines, nor blank ones around it.

    >>> strip_lines(" \n one \n two ")
    'one\ntwo'
    """
    # no regular expression: it would try each space of a long run in turn
    return "\n".join(line.strip(" ") for line in text.split("\n")).strip("\n")


class Blocks:
    r"""Collects blocks; a blank line parts them, one newline those of the same group.

    A list or a table is such a group: any number will do that no other one has.

    >>> blocks = Blocks()
    >>> for text, group in [("Buy:", None), ("- tea", 1), ("- milk", 1)]:
    ...     blocks.add(text, group=group)
    >>> blocks.text()
    'Buy:\n\n- tea\n- milk'
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._group: int | None = None

    def add(self, text: str, *, group: int | None = None) -> None:
        """Append a block; one without words or signs is left out."""
        text = text.rstrip().lstrip("\n")
        if not text:
            return
        if self._parts:
            near = group is not None and group == self._group
            self._parts.append("\n" if near else "\n\n")
        self._parts.append(text)
        self._group = group

    def text(self) -> str:
        """Return all blocks as one text."""
        return "".join(self._parts)

"""Word files: paragraphs, headings, lists and tables in their order."""

import datetime
import io
from collections.abc import Iterator
from typing import Any

from qa.library.formats.archive import open_zip
from qa.library.formats.blocks import Blocks
from qa.library.formats.formula import FORMULA, formula_line
from qa.library.formats.masthead import Masthead, make_article, one_line
from qa.library.formats.numbering import Numbering
from qa.library.formats.parsed import Parsed, RawFile

__all__ = ["parse"]

# what python-docx's template puts into each file that is made with it
_TEMPLATE_AUTHOR = "python-docx"
_TEMPLATE_CREATED = datetime.date(2013, 12, 23)
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _tags(names: str) -> frozenset[str]:
    return frozenset(_WORD + name for name in names.split())


# these stand around words, paragraphs, rows and cells, and are none themselves. Those
# around what is no longer there, `w:del` and `w:moveFrom`, are not among them
_WRAPPERS = _tags(
    "ins moveTo sdt sdtContent hyperlink smartTag customXml fldSimple bdo dir r ruby "
    "rubyBase"
) | {f"{FORMULA}Para"}
_WORDS = _tags("t tab ptab br cr noBreakHyphen") | {FORMULA}
_PARAGRAPH, _TABLE, _ROW, _CELL = map(_tags, ("p", "tbl", "tr", "tc"))
_PROMPT = f"{_WORD}sdtPr/{_WORD}showingPlcHdr"  # "Click here to enter text."


def _inside(element: Any, tags: frozenset[str]) -> Iterator[Any]:
    """Yield what stands in an element, in its order, whatever is wrapped around it."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag in _WRAPPERS and child.find(_PROMPT) is None:
            yield from _inside(child, tags)


def _words(paragraph: Any) -> str:
    return "".join(
        formula_line(part) if part.tag == FORMULA else str(part)
        for part in _inside(paragraph, _WORDS)
    )


def _rows(table: Any) -> Iterator[list[str]]:
    """Yield the words of each row's cells; a cell over two rows is in both."""
    above: dict[int, str] = {}  # by the cell's first column
    for row in _inside(table, _ROW):
        cells = []
        before = row.xpath("string(w:trPr/w:gridBefore/@w:val)")
        column = int(before) if before.isdecimal() else 0
        for cell in _inside(row, _CELL):
            goes_on = cell.vMerge == "continue"
            above[column] = above.get(column, "") if goes_on else _cell(cell)
            cells.append(above[column])
            column += cell.grid_span
        yield cells


def _cell(cell: Any) -> str:
    """Return a cell's words on one line, those of tables within it in their place."""
    parts = []
    for part in _inside(cell, _PARAGRAPH | _TABLE):
        if part.tag in _TABLE:
            parts += [" | ".join(cells) for cells in _rows(part)]
        else:
            parts.append(_words(part))
    return " ".join(" ".join(parts).split())


def _masthead(document: Any, heading: str | None) -> Masthead:
    facts = document.core_properties
    author = one_line(facts.author)
    created = facts.created.date() if facts.created else None
    if created == _TEMPLATE_CREATED:
        created = None
    return Masthead(
        title=one_line(facts.title) or heading,
        published=created,
        byline=author if author != _TEMPLATE_AUTHOR else None,
    )


def parse(file: RawFile) -> Parsed:
    """Return the one article of a Word file.

    A date written at the text's top goes before the day on which the file was made.
    Changes that are tracked count as accepted; formulas stand on one line. Headers,
    footers, footnotes, comments and text boxes are not read.

    Raises:
        FormatError: if it is damaged, locked or has no words.
    """
    # here, not at the top: a folder without Word files does not wait for it
    from docx import Document
    from docx.text.paragraph import Paragraph

    with open_zip(file):  # refuses what is no zip, or too big when unpacked
        document = Document(io.BytesIO(file.data))
    blocks, heading, group = Blocks(), None, 0
    numbering = Numbering(document)
    for part in _inside(document.element.body, _PARAGRAPH | _TABLE):
        if part.tag in _TABLE:
            group += 2
            for item in part.iter(*_PARAGRAPH):  # its marks are not read, but count
                numbering.mark(Paragraph(item, document))
            for cells in _rows(part):
                blocks.add(" | ".join(cells) if any(cells) else "", group=group)
            continue
        paragraph, text = Paragraph(part, document), _words(part)
        mark = numbering.mark(paragraph)
        style = paragraph.style.name if paragraph.style is not None else ""
        if style.startswith(("Heading", "Title")):
            mark, heading = None, heading or one_line(text)
        if mark is None:
            group += 2
        if text.strip():
            shown = (mark or "") + text
            blocks.add(shown, group=group + 1 if mark else None)
    told = _masthead(document, heading)
    article = make_article(file, blocks.text(), told, prefer_dateline=True)
    return Parsed((article,))

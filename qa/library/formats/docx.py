"""Word files: paragraphs, headings, lists and tables in their order."""

import datetime
import io
from typing import Any

from qa.library.formats.archive import open_zip
from qa.library.formats.blocks import Blocks
from qa.library.formats.masthead import Masthead, make_article, one_line
from qa.library.formats.parsed import Parsed, RawFile

__all__ = ["parse"]

# what python-docx's template puts into each file that is made with it
_TEMPLATE_AUTHOR = "python-docx"
_TEMPLATE_CREATED = datetime.date(2013, 12, 23)


def _list_mark(paragraph: Any, counts: dict[tuple[str, int], int]) -> str | None:
    """Return "- " or the number of a list item, None of another paragraph."""
    style = paragraph.style.name if paragraph.style is not None else ""
    level, kind = 0, "list"
    numbering = paragraph._p.pPr.numPr if paragraph._p.pPr is not None else None
    if numbering is not None and numbering.numId is not None:
        level = numbering.ilvl.val if numbering.ilvl is not None else 0
        kind = str(numbering.numId.val)
    elif not style.startswith("List"):
        return None
    indent = "  " * min(level, 8)
    if not (style.startswith("List Number") or _is_numbered(paragraph, kind, level)):
        return indent + "- "
    counts[kind, level] = counts.get((kind, level), 0) + 1
    return f"{indent}{counts[kind, level]}. "


def _is_numbered(paragraph: Any, number: str, level: int) -> bool:
    if not number.isdigit():
        return False
    try:
        root = paragraph.part.numbering_part.element
    except (KeyError, NotImplementedError):  # the file defines no lists
        return False
    abstract = root.xpath(f"./w:num[@w:numId='{number}']/w:abstractNumId/@w:val")
    if not abstract or not str(abstract[0]).isdigit():
        return False
    form = root.xpath(
        f"./w:abstractNum[@w:abstractNumId='{abstract[0]}']"
        f"/w:lvl[@w:ilvl='{level}']/w:numFmt/@w:val"
    )
    return bool(form) and form[0] not in ("bullet", "none")


def _row(row: Any) -> str:
    cells, seen = [], set()
    for cell in row.cells:
        if cell._tc not in seen:  # a merged cell is listed once for each column
            seen.add(cell._tc)
            cells.append(" ".join(cell.text.split()))
    return " | ".join(cells) if any(cells) else ""


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
    Headers, footers, footnotes, comments and text boxes are not read.

    Raises:
        FormatError: if it is damaged, locked or has no words.
    """
    # here, not at the top: a folder without Word files does not wait for it
    from docx import Document
    from docx.table import Table

    with open_zip(file):  # refuses what is no zip, or too big when unpacked
        document = Document(io.BytesIO(file.data))
    blocks, heading, group = Blocks(), None, 0
    counts: dict[tuple[str, int], int] = {}
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            group += 2
            for row in part.rows:
                blocks.add(_row(row), group=group)
            continue
        mark = _list_mark(part, counts)
        if mark is None:
            group += 2
            counts.clear()
        style = part.style.name if part.style is not None else ""
        if style.startswith(("Heading", "Title")) and heading is None:
            heading = one_line(part.text)
        if part.text.strip():
            shown = (mark or "") + part.text
            blocks.add(shown, group=group + 1 if mark else None)
    told = _masthead(document, heading)
    article = make_article(file, blocks.text(), told, prefer_dateline=True)
    return Parsed((article,))

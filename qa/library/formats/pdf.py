"""PDF files: text by page, lines joined into paragraphs."""

import io
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qa.errors import FormatError
from qa.library.formats.lines import Line, join_pages, without_running_lines
from qa.library.formats.masthead import Masthead, make_article, one_line
from qa.library.formats.parsed import Parsed, RawFile, Skipped

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

__all__ = ["parse"]

# what it finds wrong in a file is not for the terminal; set up logging to see it
logging.getLogger("pypdf").addHandler(logging.NullHandler())

_NO_TITLE = re.compile(
    r"(?i)(?:untitled|unspecified|\(unspecified\)|\(anonymous\)|anonymous|document\d*"
    r"|microsoft word - .*|slide 1|no title|.*\.(?:docx?|pdf|indd|tex|rtf|odt|qxd|txt)"
    r"|(?:about:|data:|www\.|[a-z][a-z\d+.-]*://)\S*)"  # of a web page without one
)
_REPRINT = "Print the file to a new PDF."


def _locked(path: str, found: str) -> FormatError:
    return FormatError(
        f"{path}: {found}. Wanted a PDF that opens without a password. Open it with "
        "its password and save an unprotected copy."
    )


def _open(file: RawFile) -> "PdfReader":
    # here, not at the top: a folder without PDF files does not wait for it
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(file.data), strict=False)
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("")  # only printing or copying may be restricted
        except (DependencyError, NotImplementedError) as error:
            raise _locked(file.path, f"encrypted ({error})") from error
        if not opened:
            raise _locked(file.path, "protected by a password")
    return reader


def _lines(page: "PageObject") -> list[Line]:
    """Return the page's lines in reading order, each where its first word stands."""
    lines: list[Line] = []
    words: list[str] = []
    place: tuple[float, float, float] | None = None

    def end_line() -> None:
        nonlocal words, place
        text = "".join(words).strip()
        if text:
            lines.append(Line(text, *(place or (0.0, 0.0, 0.0))))
        words, place = [], None

    def take(text: str, cm: Any, tm: Any, _font: Any, size: float) -> None:
        nonlocal place
        for number, piece in enumerate(text.split("\n")):
            if number:
                end_line()
            if piece.strip() and place is None:
                x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
                y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
                scale = abs(tm[3] * cm[3]) or 1.0
                place = (float(x), float(y), float(size) * float(scale))
            words.append(piece)

    page.extract_text(visitor_text=take)
    end_line()
    return lines


def _read_page(page: "PageObject") -> tuple[list[Line], str]:
    """Return the page's lines, and what is wrong where it cannot be read."""
    try:
        return _lines(page), ""
    except Exception as error:  # any: pages are damaged in many ways
        return [], f"damaged ({type(error).__name__}: {error})"


def _masthead(reader: "PdfReader") -> Masthead:
    try:
        info: Mapping[str, Any] = reader.metadata or {}
        facts = {name: info.get(f"/{name}") for name in ("Title", "Author")}
    except Exception:  # a damaged note about the file; its text may be whole
        return Masthead()
    title = one_line(str(facts["Title"] or ""))
    author = one_line(str(facts["Author"] or ""))
    if title and _NO_TITLE.fullmatch(title):
        title = None
    if author and _NO_TITLE.fullmatch(author):
        author = None
    return Masthead(title=title, byline=author)


def parse(file: RawFile) -> Parsed:
    """Return the one article of a PDF file; a page that cannot be read is skipped.

    Its date is one written at the text's top: that on which the file was made is not
    that of the article, which may have been printed years later.

    Raises:
        FormatError: if it is damaged, locked, or holds pictures of text only; a damaged
            page's reason where no page has text.
    """
    reader = _open(file)
    pages: list[list[Line]] = []
    skipped: list[Skipped] = []
    for number, page in enumerate(reader.pages, start=1):
        lines, problem = _read_page(page)
        pages.append(lines)
        if problem:
            place = f"{file.path}#page={number}"
            reason = f"page {number}: {problem}. Wanted a whole page. {_REPRINT}"
            skipped.append(Skipped(place, reason))
    if not any(pages) and skipped:
        raise FormatError(
            f"{file.path}: no text on any of its {len(pages):,} pages. The first that "
            f"cannot be read is {skipped[0].reason}"
        )
    if not any(pages):
        raise FormatError(
            f"{file.path}: {len(pages)} pages and no text on them: they are pictures. "
            "Wanted text. Run text recognition over it first, such as `ocrmypdf`."
        )
    text, starts = join_pages(without_running_lines(pages))
    article = make_article(file, text, _masthead(reader), page_starts=starts)
    return Parsed((article,), tuple(skipped))

"""Web pages: the article's body without menus, and what the page tells about it."""

import logging
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from qa.library.formats.blocks import Blocks, one_space, strip_lines
from qa.library.formats.masthead import Masthead, make_article, one_line
from qa.library.formats.page import Page, first_words, read_page
from qa.library.formats.parsed import Parsed, RawFile
from qa.library.formats.text import decode
from qa.library.formats.tree import load_tree

__all__ = ["parse"]

_log = logging.getLogger(__name__)
# what these say about a page is not for the terminal; whoever sets up logging sees it
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_CHARSET = re.compile(
    rb"""<(?:meta\b[^>]{0,200}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)\s*=\s*["']?\s*"""
    rb"""([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_HEAD_BYTES = 4096  # a charset declared further down counts for nobody
_LONGEST_PAGE = 200_000  # visible characters; beyond, trafilatura takes minutes
_XML_LINE = re.compile(r"\A\s*<\?xml[^>]*\?>")
_BUTTON = re.compile(r"(?=<button[\s>/])", re.IGNORECASE)
_BUTTON_END = re.compile(r"</button[\s>/]", re.IGNORECASE)
_OPEN_END = re.compile(
    r"(?=<(?:p|h[1-6]|article|section|blockquote|main)[\s>/])|\Z", re.IGNORECASE
)
_GROUPS = frozenset(["list", "table"])
_BLOCKS = frozenset(["p", "head", "quote", "code", "item", "row", "div"]) | _GROUPS
_LINES = _BLOCKS | frozenset(["lb"])  # in a cell
_NUMBERED = "\0"  # before an item whose number is to be found; in no text


class _Writer:
    """Writes trafilatura's tree of blocks as text.

    That tree lacks some items and where the numbers begin: those are the page's own.
    """

    def __init__(self, numbers: Mapping[str, str]) -> None:
        self.blocks = Blocks()
        self._numbers = numbers
        self._known = sorted(numbers)
        self._words: list[str] = []
        self._group = 0  # number of the list or table
        self._in_group = 0  # depth

    def take(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
        self._open(element, tag)
        if tag == "cell":
            lines = "".join(self._cell(element)).split("\n")
            self._words.append("\n".join(filter(None, map(str.strip, lines))))
        else:
            self._words.append(self._shown(element.text, tag))
            for child in element:
                self.take(child)
                self._words.append(self._shown(child.tail, tag))
        if tag in _BLOCKS:
            self._flush()
        if tag == "item":
            self._words.clear()  # its mark, if it has no words
        if tag in _GROUPS:
            self._in_group -= 1

    def _open(self, element: Any, tag: object) -> None:
        if tag in _GROUPS:
            self._group += self._in_group == 0
            self._in_group += 1
        elif tag == "item":
            is_numbered = element.getparent().get("rend") == "ol"
            self._words = [_NUMBERED if is_numbered else "- "]
        elif tag == "cell":
            # from the end, where the last mark is: rows may have thousands of cells
            if any(map(str.strip, reversed(self._words))):
                self._words[-1] = self._words[-1].rstrip(" ")
                self._words.append(" | ")
            else:
                self._words.clear()
        elif tag == "lb":
            self._words.append("\n")

    def _cell(self, element: Any) -> Iterator[str]:
        """Yield the words of a cell or a part of it; a block is a line there."""
        yield self._shown(element.text, element.tag)
        for child in element:
            end = "\n" if child.tag in _LINES else ""
            # cells in a cell are those of a table in it
            is_next = child.tag == "cell" and child.getprevious() is not None
            yield " | " if is_next else end
            yield from self._cell(child)
            yield end + self._shown(child.tail, element.tag)

    def _shown(self, text: str | None, tag: object) -> str:
        return (text or "") if tag == "code" else one_space(text or "")

    def _flush(self) -> None:
        text = "".join(self._words)
        if one_space(text) in (_NUMBERED, f"{_NUMBERED} ", "- "):
            self._words = [one_space(text)]  # an item's mark waits for its first block
            return
        self._words = []
        text = strip_lines(text.strip())
        if text.startswith(_NUMBERED):
            text = text[1:].lstrip()
            text = self._number(first_words(text)) + text
        self.blocks.add(text, group=self._group if self._in_group else None)

    def _number(self, words: str) -> str:
        """Return what stands before the item; a dash where that is not certain.

        Code or a quote within it is a block here, and ends what the page knows it by.
        """
        place = bisect_left(self._known, words)
        near = [key for key in self._known[place : place + 2] if key.startswith(words)]
        is_known = words in near or (words and len(near) == 1)
        return self._numbers[near[0]] if is_known else "- "


def _with_buttons_ended(html: str) -> str:
    """Return the page with the ends of buttons that lack one: they hide what they hold.

    >>> _with_buttons_ended("<button>Read on<p>It rained.")
    '<button>Read on</button><p>It rained.'
    """
    before, *buttons = _BUTTON.split(html)
    return before + "".join(
        button if _BUTTON_END.search(button) else _OPEN_END.sub("</button>", button, 1)
        for button in buttons
    )


def _extract(html: str, *, with_unseen: bool) -> Any:
    """Return trafilatura's document, or None where it finds no article."""
    # here, not at the top: it takes half a second, and only web pages need it
    import trafilatura

    # its date is not used: it may be a guess. These settings keep the guess short
    dates = {"extensive_search": False, "original_date": True}
    try:
        found: Any = trafilatura.bare_extraction(
            load_tree(_XML_LINE.sub("", html), with_unseen=with_unseen),
            include_comments=False,
            with_metadata=True,
            date_extraction_params=dates,
        )
    except Exception:  # whatever a broken page makes it raise, the page can be read
        _log.debug("trafilatura failed", exc_info=True)
        return None
    if found is None or found.body is None:
        return None
    only = found.body[0] if len(found.body) == 1 else None
    # its last resort puts every piece of text on a line of its own, in one paragraph
    lost_structure = only is not None and only.tag == "p" and "\n" in (only.text or "")
    return None if lost_structure else found


def _masthead(page: Page, found: Any) -> Masthead:
    meta = page.meta
    guessed = [found.title, found.author, found.sitename] if found else [None] * 3
    title = meta.get("og:title") or guessed[0] or page.heading or page.title
    author = meta.get("author") or guessed[1] or meta.get("article:author")
    if author and author.startswith(("http://", "https://")):
        author = guessed[1]  # the page of the author
    return Masthead(
        title=one_line(title),
        published=page.published,
        source=one_line(meta.get("og:site_name") or guessed[2]),
        byline=one_line(author),
    )


def parse(file: RawFile) -> Parsed:
    """Return the one article of a web page.

    The date is the one that metadata, a time element or a dateline tells: no guess from
    addresses or copyright lines. A page that is nothing but its article is taken whole;
    so is one whose article cannot be told from what is around it, menus aside. What is
    hidden is left out, unless that is most of the page: then a script will show it.

    Raises:
        FormatError: if it is no text, or has no words.
    """
    found = _CHARSET.search(file.data[:_HEAD_BYTES])
    charset = found[1].decode("ascii") if found else None
    html = _with_buttons_ended(decode(file.data, file.path, charset=charset))
    page = read_page(html)
    is_veiled = page.is_veiled
    if is_veiled:
        page = read_page(html, with_unseen=True)
    whole = page.is_plain or len(page.text) > _LONGEST_PAGE
    document = None if whole else _extract(html, with_unseen=is_veiled)
    text = ""
    if document is not None:
        writer = _Writer(page.numbers)
        writer.take(document.body)
        text = writer.blocks.text()
    told = _masthead(page, document)
    return Parsed((make_article(file, text or page.text, told),))

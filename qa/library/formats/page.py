"""An HTML page by itself: its visible text and what its tags tell of the article."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from qa.library.formats.blocks import Blocks, one_space, strip_lines
from qa.library.formats.dates import parse_date

__all__ = ["BLOCKS", "HIDDEN", "Page", "first_words", "is_unseen", "read_page"]

HIDDEN = frozenset(
    "script style template noscript svg iframe object textarea select button".split()
)
"""Tags whose content no reader sees as text."""

_MENUS = frozenset(["nav", "aside", "footer", "menu"])
_LINES = frozenset(["li", "tr", "dt", "dd", "option"])
BLOCKS = _LINES | frozenset(
    """
    address article aside blockquote body caption center details dialog dir div dl
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html
    main menu nav ol p pre section summary table tbody tfoot thead title ul
    """.split()
)
"""Tags that end the line that they stand in."""

# what pages of newspapers have around the article, and a plain page has not
_FURNITURE = _MENUS | frozenset(["form", "button", "input", "select", "iframe"])
_FURNITURE_NAME = re.compile(r"(?i)nav|menu|sidebar|footer|cookie|share|promo|related")
_VOID = frozenset("area base br col embed hr img input link meta source wbr".split())
_CELLS = frozenset(["td", "th"])
_TABLES = HIDDEN | frozenset(["table"])
_WALLS = _TABLES | _CELLS | frozenset(["caption"])
# what a tag ends if it stands open, and the tags beyond which that is none of its
# business (WHATWG HTML, 13.2.6.4)
_ENDS = {
    "li": (frozenset(["li"]), _WALLS | frozenset(["ul", "ol", "menu", "dir"])),
    "dt": (frozenset(["dt", "dd"]), _WALLS | frozenset(["dl"])),
    "dd": (frozenset(["dt", "dd"]), _WALLS | frozenset(["dl"])),
    "td": (_CELLS, _TABLES),
    "th": (_CELLS, _TABLES),
    "tr": (frozenset(["tr"]), _TABLES),
    "option": (frozenset(["option"]), HIDDEN),
}
_PARAGRAPH = frozenset(["p"])
_DEEPEST = 512  # open tags looked through for one to end: what browsers stop at, too
_MARK = re.compile(r"-|-?\d+\.")
_NUMBER = re.compile(r"-?\d+\. ")
_UNSEEN = re.compile(r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b")
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,9})(?![0-9])")
_DATE_KEYS = """
    article:published_time og:article:published_time og:published_time datepublished
    date dc.date dc.date.issued dc.date.created dcterms.date dcterms.issued
    dcterms.created pubdate publishdate publish-date publish_date publication_date
    citation_publication_date citation_date parsely-pub-date sailthru.date
    article.published published
""".split()
_LD_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{4,60})"')


@dataclass(slots=True)
class Page:
    """What one pass over a page finds."""

    text: str = ""  # blocks outside menus, or all where there are no others
    title: str | None = None
    heading: str | None = None  # the first h1
    meta: dict[str, str] = field(default_factory=dict)
    published: datetime.date | None = None  # told by metadata or a time element
    is_plain: bool = False  # nothing but the article: no menus, hardly any links
    is_veiled: bool = False  # most of its words are unseen until a script shows them
    # by an item's first words, what stands before it; a dash where that is not certain
    numbers: dict[str, str] = field(default_factory=dict)


def first_words(text: str) -> str:
    """Return what tells an item from others, however its spaces are written."""
    return "".join(text.split())[:60]


def is_unseen(facts: Mapping[str, str]) -> bool:
    """Whether attributes of a tag keep what stands in it from the reader's eyes.

    >>> is_unseen({"style": "color: red; display:none"}), is_unseen({"hidden": ""})
    (True, True)
    >>> is_unseen({"hidden": "until-found"})  # the browser's search shows it
    False
    """
    if facts.get("hidden", "until-found").strip().lower() != "until-found":
        return True
    return bool(_UNSEEN.search(facts.get("style", "")))


def _first_number(facts: dict[str, str]) -> int | None:
    """Return the number of a list's first item, None where it is no plain number."""
    if "reversed" in facts or facts.get("type", "1") != "1":
        return None
    told = _INTEGER.match(facts.get("start", ""))
    return int(told[1]) if told else 1


class _Reader(HTMLParser):
    """Collects blocks of visible text; open tags are kept on a stack."""

    def __init__(self, *, with_unseen: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._with_unseen = with_unseen
        self.body, self.everything = Blocks(), Blocks()
        self.linked_data: list[str] = []
        self.times: list[tuple[bool, str]] = []  # (named as the publishing date, date)
        self._open: list[str] = []
        self._count: Counter[str] = Counter()  # of the same, to tell them at once
        self._words: list[str] = []
        self._group = 0
        self._in_data = False
        # the next item's number in each open list; None where they are not numbered
        self._lists: list[int | None] = []
        self._veils: list[int] = []  # places in `_open` of tags that are unseen
        self._letters = self._linked_letters = self._veiled_letters = 0
        self._has_furniture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in BLOCKS:
            self._flush()
            self._end_open(_PARAGRAPH, _WALLS)
        if tag in _ENDS:
            self._end_open(*_ENDS[tag])
        if tag in ("ul", "ol", "dl", "table"):
            self._group += not self._lists
            self._lists.append(_first_number(facts) if tag == "ol" else None)
        names = f"{facts.get('class', '')} {facts.get('id', '')}"
        if tag in _FURNITURE or (tag != "body" and _FURNITURE_NAME.search(names)):
            self._has_furniture = True
        if tag == "meta":
            self._note_meta(facts)
        elif tag == "time" and facts.get("datetime") and not self._is_within(_MENUS):
            named = "pubdate" in facts or facts.get("itemprop") == "datePublished"
            self.times.append((named, facts["datetime"]))
        is_veil = tag not in ("html", "body") and is_unseen(facts)
        if is_veil and not self._with_unseen and tag not in _VOID:
            self._veils.append(len(self._open))
        if not self._veils:
            self._begin(tag, facts)
        self._in_data = tag == "script" and "ld+json" in facts.get("type", "")
        if tag not in _VOID:
            self._open.append(tag)
            self._count[tag] += 1

    def _begin(self, tag: str, facts: dict[str, str]) -> None:
        """Write what stands before the words of a tag."""
        if tag == "br":
            self._words.append("\n")
        elif tag == "li":
            self._words = [self._mark(facts)]
        elif tag in _CELLS:
            # from the end, where the last mark is: rows may have thousands of cells
            if any(map(str.strip, reversed(self._words))):
                self._words.append(" | ")
            else:
                self._words.clear()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # as XHTML means it: a browser would take the rest of the page for a script
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._flush(ended=tag)
        if tag in ("ul", "ol", "dl", "table") and self._lists:
            self._lists.pop()
        if self._count[tag]:
            while self._pop() != tag:
                pass
        self._in_data = False

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:  # Python 3.11's stops where a browser sees a comment
            return self.parse_bogus_comment(i, report)

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.linked_data.append(data)
        if self._is_within(HIDDEN):
            return
        if self._veils:
            self._veiled_letters += 0 if self._is_within(_MENUS) else len(data)
        else:
            self._words.append(data if self._count["pre"] else one_space(data))
            self._letters += 0 if self._is_within(_MENUS) else len(data)
            self._linked_letters += len(data) if self._count["a"] else 0

    def _is_within(self, tags: Iterable[str]) -> bool:
        return any(self._count[tag] for tag in tags)

    def _pop(self) -> str:
        tag = self._open.pop()
        if self._veils and self._veils[-1] == len(self._open):
            self._veils.pop()
        self._count[tag] -= 1
        return tag

    def _end_open(self, tags: frozenset[str], walls: frozenset[str]) -> None:
        """Close the innermost of these tags, unless one of `walls` is within it."""
        if not self._is_within(tags):
            return
        for depth, tag in enumerate(reversed(self._open[-_DEEPEST:]), start=1):
            if tag in walls:
                return
            if tag in tags:
                for _ in range(depth):
                    self._pop()
                return

    def _mark(self, facts: dict[str, str]) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        told = _INTEGER.match(facts.get("value", ""))
        number = int(told[1]) if told else number
        self._lists[-1] = number + 1
        return f"{number}. "

    def _note_meta(self, facts: dict[str, str]) -> None:
        key = facts.get("property") or facts.get("name") or facts.get("itemprop")
        if key and facts.get("content"):
            self.page.meta.setdefault(key.strip().lower(), facts["content"])

    def _flush(self, ended: str = "") -> None:
        text = "".join(self._words)
        text = text.strip("\n") if self._count["pre"] else strip_lines(text)
        self._words = []
        if not text or _MARK.fullmatch(text):
            # an item's mark waits for its first block
            self._words = [f"{text} "] if text and not ended else []
        elif self._count["title"] and not self._count["svg"]:
            self.page.title = self.page.title or text
        else:
            if self._count["h1"]:
                self.page.heading = self.page.heading or text
            number = _NUMBER.match(text) if self._count["li"] else None
            if number:
                words = first_words(text[number.end() :])
                other = self.page.numbers.get(words, number[0])
                self.page.numbers[words] = number[0] if number[0] == other else "- "
            group = self._group if self._is_within(_LINES) else None
            self.everything.add(text, group=group)
            if not self._is_within(_MENUS):
                self.body.add(text, group=group)

    def finish(self) -> Page:
        self.close()
        self._flush()
        self.page.text = self.body.text() or self.everything.text()
        self.page.published = self._published()
        few_links = self._linked_letters * 10 <= self._letters
        self.page.is_plain = few_links and not self._has_furniture
        self.page.is_veiled = self._veiled_letters > self._letters
        return self.page

    def _published(self) -> datetime.date | None:
        """Return the date given by metadata, or by the one time element there is."""
        told = [self.page.meta.get(key) for key in _DATE_KEYS]
        told += _LD_DATE.findall("".join(self.linked_data))[:1]
        told += [date for named, date in self.times if named][:1]
        for value in told:
            date = parse_date(value)
            if date is not None:
                return date
        # several different ones may be those of other articles, teased on the page
        dates = {parse_date(value) for _, value in self.times}
        return dates.pop() if len(dates) == 1 else None


def read_page(html: str, *, with_unseen: bool = False) -> Page:
    r"""Return the visible text of a page or a piece of one, and its metadata.

    Args:
        html: the page.
        with_unseen: read what `is_unseen` tells of, too.

    >>> read_page("<p>Rain &amp; <b>wind</b></p><script>x()</script><p>Snow").text
    'Rain & wind\n\nSnow'
    """
    reader = _Reader(with_unseen=with_unseen)
    # what is never closed is no tag; the parser would look for the end of each anew
    end = html.rfind(">") + 1
    reader.feed(html[:end] + html[end:].replace("<", "&lt;"))
    return reader.finish()

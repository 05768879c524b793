"""Markdown as its reader sees it: words without marks, under its front matter."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qa.errors import FormatError
from qa.library.formats.blocks import Blocks
from qa.library.formats.masthead import Masthead, from_fields, make_article, one_line
from qa.library.formats.page import HIDDEN, read_page
from qa.library.formats.parsed import Parsed, RawFile
from qa.library.formats.text import decode

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

__all__ = ["parse", "split_front_matter"]

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_TOML_FRONT = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.S | re.M)
_TOML_PAIR = re.compile(r"^([\w-]+)[ \t]*=[ \t]*", re.M)
_TOML_TABLE = re.compile(r"^\[.*\][ \t]*(?:#.*)?$", re.M)
_PAIR = re.compile(r"([A-Za-z_][\w -]*):(?:\s+(.*)|\s*)$")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
# libyaml recurses in C without a limit: deep nesting would end the process. Nothing
# nests deeper than it is long, and the slow parser stops by itself
_SHORT_FRONT = 500
_DEEPEST = 100  # blocks and marks within each other


class _NoMerges:
    """Makes a YAML loader take `<<` for a name: merges may multiply at each level."""

    def flatten_mapping(self, node: Any) -> None:
        for key, _ in node.value:
            if key.tag in ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"):
                key.tag = "tag:yaml.org,2002:str"


def _load_yaml(front: str) -> object:
    # here, not at the top: only files with front matter need it
    import yaml

    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    base = quick if len(front) <= _SHORT_FRONT else yaml.SafeLoader
    loader: Any = type("Loader", (_NoMerges, base), {})
    return yaml.load(front, Loader=loader)


def _read_front(front: str, path: str) -> Mapping[str, object] | None:
    try:
        found = _load_yaml(front)
    except Exception as error:
        # "title: Iraq: a pact" is the one slip that everybody makes: read it as meant
        lines = [line for line in front.splitlines() if line.strip(" -#")]
        pairs = [_PAIR.match(line) for line in lines if line[0] not in " \t-#"]
        if pairs and all(pairs):
            return {pair[1]: (pair[2] or "").strip("[]\"' ") for pair in pairs if pair}
        if pairs and not any(pairs):
            return None  # words between two rules
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise FormatError(
            f"{path}: the front matter is not YAML{line} ({problem}). Wanted lines of "
            "`key: value` between two lines of `---`. Put the value in quotes, or "
            "remove the first `---`."
        ) from error
    if found is None:
        return {}
    return found if isinstance(found, Mapping) else None


def _toml_value(text: str) -> object:
    """Return a value, which is written as in YAML, three quotes aside."""
    if not text.startswith(("'''", '"""')):
        with suppress(Exception):
            return _load_yaml(" ".join(text.split("\n")))
    return text.strip("[]\"' \n")


def _read_toml_front(front: str) -> Mapping[str, object] | None:
    """Return the pairs above the first table: what an article needs stands there.

    Python itself reads TOML from 3.11 on only.
    """
    first, *parts = _TOML_PAIR.split(_TOML_TABLE.split(front, maxsplit=1)[0])
    if not all(line.startswith("#") for line in first.split("\n") if line.strip()):
        return None  # words between two rules
    return dict(zip(parts[::2], map(_toml_value, parts[1::2]), strict=True)) or None


def split_front_matter(text: str, path: str) -> tuple[Masthead, str]:
    r"""Return what the front matter tells, and the body below it.

    It stands in YAML between two lines of `---`, or in TOML between two of `+++`. Lines
    between them that are no pairs belong to the body.

    Raises:
        FormatError: if there are pairs between `---`, but not in YAML.

    >>> split_front_matter("---\ntitle: Rain\n---\nIt rained.", "a.md")[1]
    'It rained.'
    """
    found = _FRONT.match(text)
    fields = _read_front(found[1], path) if found else None
    if found is None:
        found = _TOML_FRONT.match(text)
        fields = _read_toml_front(found[1]) if found else None
    if found is None or fields is None:
        return Masthead(), text
    return from_fields(fields), text[found.end() :]


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    # here, not at the top: a folder without Markdown does not wait for it
    from markdown_it import MarkdownIt

    # deeper than by default: what is nested beyond the limit is dropped in silence
    markdown = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
    from markdown_it.rules_block import reference

    def reference_or_footnote(
        state: "StateBlock", start: int, end: int, silent: bool
    ) -> bool:
        """Leave `[^1]: words` as they are written: CommonMark has no footnotes."""
        at = state.bMarks[start] + state.tShift[start]
        is_note = state.src.startswith("[^", at)
        return not is_note and reference(state, start, end, silent)

    markdown.block.ruler.at("reference", reference_or_footnote)
    return markdown.enable(["table", "strikethrough"])


def _inline(tokens: Sequence["Token"]) -> str:
    """Return the words of a line: no marks, no tags, no pictures."""
    words: list[str] = []
    hidden = 0  # depth within tags whose content nobody sees
    for token in tokens:
        tag = _TAG.match(token.content) if token.type == "html_inline" else None
        if tag and tag[2].lower() in HIDDEN:
            hidden = max(0, hidden - 1 if tag[1] else hidden + 1)
        elif hidden:
            continue
        elif token.type in ("text", "code_inline", "text_special"):
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "hardbreak" or (tag and tag[2].lower() == "br"):
            words.append("\n")
    # what was left out may leave two spaces, which a browser shows as one
    text = "".join(words).replace(" \n", "\n")
    return re.sub(" {2,}", " ", text) if "  " in text else text


class _Writer:
    """Writes the blocks of a token stream, one call a token."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.title = ""
        self._has_words = False
        self._group = 0  # number of the outermost list or table
        self._depth = 0  # of lists
        self._marker = ""  # of an item whose first block is still to come
        self._cells: list[str] | None = None  # of a row
        self._heading = ""  # the tag of the one that is open

    def take(self, token: "Token") -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open", "table_open"):
            self._group += self._depth == 0
            self._depth += kind != "table_open"
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._depth -= 1
        elif kind == "list_item_open":
            number = f"{token.info}{token.markup}" if token.info else "-"
            self._marker = "  " * (self._depth - 1) + number + " "
        elif kind == "list_item_close":
            self._marker = ""
        elif kind in ("heading_open", "heading_close"):
            self._heading = token.tag if kind == "heading_open" else ""
        elif kind == "tr_open":
            self._cells = []
        elif kind == "tr_close":
            self.blocks.add(" | ".join(self._cells or []), group=self._group)
            self._cells = None
        elif kind == "inline":
            self._write(_inline(token.children or []))
        elif kind in ("fence", "code_block"):
            self._write(token.content)
        elif kind == "html_block":
            self._write(read_page(token.content).text)

    def _write(self, text: str) -> None:
        # a heading of a lower level further down is that of a part
        if self._heading == "h1" or (self._heading and not self._has_words):
            self.title = self.title or text.strip()
        self._has_words = self._has_words or bool(text.strip())
        if self._cells is not None:
            self._cells.append(text)
        elif text.strip():
            group = self._group if self._marker else None
            self.blocks.add(self._marker + text, group=group)
            self._marker = ""


def parse(file: RawFile) -> Parsed:
    """Return the one article of a Markdown file.

    Its title is the front matter's, otherwise the first heading that is of level one
    or stands at the top. Pictures leave no words. Footnotes and other extensions of
    CommonMark, tables and strikethrough aside, stay as they are written.

    Raises:
        FormatError: if it is no text, has no words or a front matter that is not YAML.
    """
    told, body = split_front_matter(decode(file.data, file.path), file.path)
    writer = _Writer()
    for token in _parser().parse(body):
        writer.take(token)
    if told.title is None:
        title = one_line(writer.title)
        told = Masthead(title, told.published, told.source, told.byline)
    return Parsed((make_article(file, writer.blocks.text(), told),))

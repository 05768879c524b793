"""A web page's tree, put so that trafilatura reads what it would pass over."""

import re
from typing import Any

from qa.library.formats.page import BLOCKS, HIDDEN, is_unseen

__all__ = ["load_tree"]

# what no paragraph holds: blocks, scripts, what is to be pressed or filled in
_NO_PARAGRAPH = BLOCKS | HIDDEN | frozenset(["input", "label"])
# a `div` in one of these is read with it
_HOLDERS = frozenset(["a", "li", "dd", "dt", "td", "th", "blockquote"])
# letters in `p` from which on trafilatura reads no text that a `div` holds by itself
_ENOUGH = 750
_SENTENCE = re.compile(r"\S.{24,}[.!?…。！？।؟][)\]\"'”’»」]*\s*\Z", re.DOTALL)


def load_tree(html: str, *, with_unseen: bool = False) -> Any:
    """Return the tree of a page for trafilatura, None if this is no page.

    Args:
        html: the page.
        with_unseen: keep what `is_unseen` tells of.
    """
    import trafilatura

    tree = trafilatura.load_html(html)
    if tree is None:
        return None
    for element in tree.xpath("//*[@hidden or @style][not(self::html|self::body)]"):
        if is_unseen(element.attrib) and not with_unseen:
            element.drop_tree()
        # trafilatura would drop what has "hidden" in it, as in "overflow: hidden"
        element.attrib.pop("style", None)
    _unwrap_lists_in_cells(tree)
    _name_paragraphs(tree)
    _name_frame(tree)
    return tree


def _is_linked(element: Any) -> bool:
    """Whether half of an element's words or more are links: such is a menu."""
    linked = sum(len(link.text_content()) for link in element.iter("a"))
    return bool(linked * 2 >= len(element.text_content()))


def _unwrap_lists_in_cells(tree: Any) -> None:
    """Make lines of the items in tables: trafilatura drops lists there."""
    for found in tree.xpath("//td//ul | //td//ol | //th//ul | //th//ol"):
        if not _is_linked(found):
            for item in found.findall("li"):
                item.addprevious(item.makeelement("br"))
                item.drop_tag()
            end = found.makeelement("br")
            end.tail, found.tail = found.tail, None
            found.addnext(end)
            found.drop_tag()


def _name_paragraphs(tree: Any) -> None:
    """Make paragraphs of the sentences that stand in a `div` by themselves.

    Trafilatura reads those by itself on a page with few others. What is no sentence
    stays as it is: labels, times, names of photographers.
    """
    if sum(map(len, tree.xpath("//p//text()"))) < _ENOUGH:
        return
    frames = set()  # elements with a block in them
    for block in tree.iter(*_NO_PARAGRAPH):
        for element in block.iterancestors():
            if element in frames:
                break
            frames.add(element)
    for element in list(tree.iter("div", "section")):
        if (
            element not in frames
            and _SENTENCE.search(element.text_content())
            and not _is_linked(element)
            and not any(above.tag in _HOLDERS for above in element.iterancestors())
        ):
            element.tag = "p"


def _name_frame(tree: Any) -> None:
    """Put a body into `main` unless trafilatura knows a frame in it by its name.

    Outside of such a frame it reads paragraphs and tables, no headings and no lists.
    """
    from trafilatura.xpaths import BODY_XPATH

    if any(expression(tree) for expression in BODY_XPATH):
        return
    body = tree.find("body")
    holder = tree if body is None else body
    frame = holder.makeelement("main")
    frame.text, holder.text = holder.text, None
    frame.extend(holder)
    holder.append(frame)

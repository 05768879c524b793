"""Where paragraphs and sentences begin and end, by offset.

Rules instead of a model: an abbreviation, an initial or a number before the full stop
holds a sentence together; a word that opens many sentences lets it end after all.
Newspaper prose is what they were written for. Other scripts end at their own marks.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

__all__ = [
    "Span",
    "block_spans",
    "paragraph_number",
    "paragraph_spans",
    "sentence_around",
]
__all__ += ["sentence_spans", "trim"]

Span = tuple[int, int]
"""Half-open `[start, end)`, in characters."""

# a full stop after these never ends a sentence: something must follow
_TITLES = frozenset(
    """
    mr mrs ms mx dr prof rev hon fr sr st mt ft gen lt col maj capt cmdr adm sgt cpl pvt
    gov sen rep pres amb supt insp det no nos vol fig figs art arts sec secs ch pp vs v
    cf approx ca al eg e.g i.e ie messrs mme mlle bros dept est
    """.split()
)
# these may end a sentence, but mostly do not: only a clear opener lets them
_ABBREVIATIONS = frozenset(
    """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
    sat sun inc corp ltd co cos llc plc assn univ ave blvd rd jr esq ph.d m.d b.a m.a
    a.m p.m etc u.s u.k u.n e.u u.s.a u.s.s.r d.c n.y l.a calif conn mass penn fla ill
    ariz colo mich minn tenn tex va wash pct bn mln tel min max avg ed eds op
    """.split()
)
# words that seldom follow an abbreviation within a sentence when capitalised
_OPENERS = frozenset(
    """
    the a an this that these those he she it they we i you his her its their our my
    in on at by for from with after before when while as if although though since
    but and or so yet however meanwhile still also then there here what who where why
    how both some many most several all each no not one another other asked
    """.split()
)

_STOP = re.compile(r"(?<![.!?…])[.!?…]+[)\]\"'”’»]*(?=\s)|[。！？؟।]+[」』”’）]*")
_LINE_END = re.compile(r"[.!?…。！？؟।][)\]\"'”’»」』）]*$")
_BLANK_LINE = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_ITEM = re.compile(r"\s*(?:[-*•‣–—]\s|\(?\d{1,3}[.)]\s)")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]+$")
_NEXT_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_LONGEST_WRAPPED_LINE = 120  # characters; text that breaks its lines keeps below
_FULL = 0.85  # of the column: so long are most lines of a text that is wrapped
_FEWEST_LINES = 6  # that show a column although a line is longer
_LONGEST_WORD = 40  # characters looked at around a stop: keeps the scan linear


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without white space at both ends; empty stays empty.

    >>> trim("  to be  ", 0, 9)
    (2, 7)
    """
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return (start + left, start + max(left, len(inner.rstrip())))


def _is_wrapped(text: str) -> bool:
    """Whether single line breaks are mere wrapping, as in mail and Gutenberg texts."""
    blocks = [block.split("\n") for block in _BLANK_LINE.split(text)]
    lines = [line.rstrip() for block in blocks for line in block[:-1]]
    broken = [line for line in lines if not _is_long_word(line)]
    if not broken:
        return False
    lengths = sorted(map(len, broken))
    usual, column = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
    if column > _LONGEST_WRAPPED_LINE or usual < _LONGEST_WRAPPED_LINE // 3:
        return False
    if max(map(len, lines)) <= _LONGEST_WRAPPED_LINE:
        return True
    # a mail may have a header that no program broke; rows of a table fill no column,
    # and a paragraph a line ends where a sentence does
    ends = sum(_LINE_END.search(line) is not None for line in broken)
    is_full = len(broken) >= _FEWEST_LINES and usual >= _FULL * column
    return is_full and 2 * ends < len(broken)


def _is_long_word(line: str) -> bool:
    """Whether a line is a web address, say, which nothing can wrap."""
    is_long = len(line) > _LONGEST_WRAPPED_LINE
    return is_long and line.isascii() and len(line.split(maxsplit=1)) == 1


@lru_cache(maxsize=64)
def paragraph_spans(text: str) -> tuple[Span, ...]:
    r"""Return the paragraphs, in order, without the white space between them.

    A blank line ends a paragraph. A single line break does too, unless the text wraps
    its lines; a list item always starts a new one.

    >>> paragraph_spans("Head\n\nOne two.\nThree.")
    ((0, 4), (6, 14), (15, 21))
    """
    wrapped = _is_wrapped(text)
    cuts = [0]
    for newline in re.finditer(r"\n", text):
        after = newline.end()
        line_end = text.find("\n", after)
        line = text[after : line_end if line_end >= 0 else len(text)]
        if not wrapped or not line.strip() or _ITEM.match(line):
            cuts.append(after)
        elif not text[text.rfind("\n", 0, newline.start()) + 1 : after].strip():
            cuts.append(after)  # the line before was blank
    spans = (
        trim(text, a, b) for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)
    )
    return tuple(span for span in spans if span[0] < span[1])


def paragraph_number(text: str, offset: int) -> int:
    r"""Return the number, from 1, of the paragraph that holds `offset`.

    >>> paragraph_number("One.\n\nTwo.", 7)
    2
    """
    return max(1, bisect_right(paragraph_spans(text), (offset, len(text))))


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    rest = text[stop.end() : stop.end() + _LONGEST_WORD].lstrip()
    mark, closing = stop.group()[0], stop.group()[1:]
    if not rest:
        return True
    if rest[0].islower():
        return False  # "“Why?” he asked": the sentence goes on
    if mark not in ".…" or closing not in ("", "..", "…"):
        return True  # a question, or a closing quote or bracket after the stop
    word = _word_before(text, stop.start())
    if word in _TITLES:
        return False
    opener = _NEXT_WORD.search(rest)
    is_opened = opener is not None and opener.group().lower() in _OPENERS
    if word in _ABBREVIATIONS:
        return is_opened and not rest[0].isdigit()
    if _INITIALS.fullmatch(word) and word != "i":
        return is_opened and "." in word  # "J. Smith" goes on, "U.S. The" does not
    return True


@lru_cache(maxsize=64)
def block_spans(text: str) -> tuple[Span, ...]:
    r"""Return paragraphs, the items of one list taken together: what reads as one.

    >>> block_spans("Three things:\n- one\n- two\nMore.")
    ((0, 13), (14, 25), (26, 31))
    """
    blocks: list[Span] = []
    was_item = False
    for start, end in paragraph_spans(text):
        is_item = _ITEM.match(text, start, end) is not None
        if is_item and was_item:
            blocks[-1] = (blocks[-1][0], end)
        else:
            blocks.append((start, end))
        was_item = is_item
    return tuple(blocks)


def _word_before(text: str, end: int) -> str:
    found = _LAST_WORD.search(text[max(0, end - _LONGEST_WORD) : end])
    return found.group().lower() if found else ""


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the sentences of `text[start:end]`, paragraph by paragraph, trimmed.

    >>> text = "Mr. Hu met U.S. officials on Sept. 30. He left. “Why?” he asked."
    >>> [text[a:b] for a, b in sentence_spans(text)]
    ['Mr. Hu met U.S. officials on Sept. 30.', 'He left.', '“Why?” he asked.']
    """
    end = len(text) if end is None else end
    found: list[Span] = []
    paragraphs = paragraph_spans(text)
    at = max(0, bisect_right(paragraphs, (start, len(text))) - 1)
    for paragraph in paragraphs[at : bisect_left(paragraphs, (end, 0))]:
        first, last = max(paragraph[0], start), min(paragraph[1], end)
        if first < last:
            found += _sentences(text, first, last)
    return found


@lru_cache(maxsize=256)  # answers ask for the same paragraph dozens of times
def _sentences(text: str, first: int, last: int) -> tuple[Span, ...]:
    """Return the sentences of one paragraph, or of a part of it."""
    found = []
    begin = first
    for stop in _STOP.finditer(text, first, last):
        is_number = (  # "1. First item"
            stop.start() - begin < _LONGEST_WORD
            and text[begin : stop.start()].strip().isdigit()
        )
        if stop.end() < last and not is_number and _ends_sentence(text, stop):
            found.append(trim(text, begin, stop.end()))
            begin = stop.end()
    found.append(trim(text, begin, last))
    return tuple(span for span in found if span[0] < span[1])


def sentence_around(text: str, start: int, end: int) -> Span:
    """Return the span of the sentence or sentences that hold `[start, end)`.

    >>> sentence_around("It rained. We stayed in. It cleared.", 14, 20)
    (11, 24)
    """
    paragraphs = paragraph_spans(text)
    first = max(0, bisect_right(paragraphs, (start, len(text))) - 1)
    last = bisect_left(paragraphs, (end, 0))
    inside = [p for p in paragraphs[first:last] if p[1] > start]
    if not inside:
        return start, end
    sentences = sentence_spans(text, inside[0][0], inside[-1][1])
    held = [s for s in sentences if s[0] < end and s[1] > start]
    if not held:
        return start, end
    return min(start, held[0][0]), max(end, held[-1][1])

"""Which line breaks end a paragraph, and which are mere wrapping.

A program that wraps prose breaks a line where the next word has no room, mostly before
a word in lower case. Each line break is judged by the lines around it; those of the
whole text show the column where a few lines cannot.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["ITEM", "paragraph_starts"]

ITEM = re.compile(r"\s*(?:[-*•‣–—]\s|\(?\d{1,3}[.)]\s)")
_LABEL = re.compile(r"\s*([^\W\d_])[\w'’.-]*(?: [\w'’.&/-]+){0,2}:(?:\s|$)")
_MARGIN = re.compile(r"^[\s>]+")  # of a mail that is quoted in another
_ENDED = re.compile(r"[.!?…。！？؟।][)\]\"'”’»」』）]*(?:\[[^\[\]]{1,20}\]|[¹²³⁰-⁹])*$")
_STOP_WITHIN = re.compile(r"[.!?…][)\]\"'”’»]*\s|[。！？؟।]")
_ADDRESS = re.compile(r"[@:/\\_=]|\.\w\w")  # "anna@example.org" is no lower-case word
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u2e80-\ua4cf\uf900-\uffef]")
# no line of its own ends with these
_GOES_ON = frozenset(
    """
    the a an of to in on at by for from with into and or but nor than that which who
    as if when because its his her their our is are was were be been has have had will
    would
    """.split()
)

_LONGEST_LINE = 120  # characters; text that breaks its lines keeps below
_LONG_LINE = 40  # so long is no entry of a menu, such as "Log in"
_NARROWEST = 20  # no column of prose is narrower
_HEAD = 60  # characters of a line that show how it begins, or ends: keeps it linear
_LONGEST_SENTENCE = 400  # characters; few are longer
_SLACK = 10  # characters that a line may be longer than those known to be wrapped
_FEWEST = 4  # line breaks that show by themselves whether a block is wrapped
_LOWER_CASE = 0.25  # of the line breaks within sentences, the fewest in wrapped prose
_FULL = 0.75  # of the lines, the fewest that are full where no letter shows wrapping


@dataclass(slots=True)
class _Break:
    """A line break within a block: what the two lines say of it."""

    after: int  # the offset where the next line begins
    length: int  # of the line before
    reach: int  # of the line before, had it taken the next line's first word
    ended: bool  # the line before ends as a sentence does, or with a long address
    hangs: bool  # the line before ends with "the", say
    goes_on: bool  # the next line begins in lower case, or a long line hangs
    uncased: bool  # neither line has upper and lower case to judge by
    wrapped: bool = False  # the verdict

    def is_full(self, column: int) -> bool:
        """Whether the next word had no room before `column`."""
        return self.reach > column


def _stands_alone(line: str) -> bool:
    """Whether a line is a row of a table, or a mere rule."""
    is_row = " | " in line or line.lstrip()[:1] == "|" or "\t" in line.strip()
    return is_row or not any(map(str.isalnum, line))


def _quotes(line: str, inner: str) -> int:
    """Return how many times the mail of this line was quoted."""
    return line[: len(line) - len(inner)].count(">")


def _is_long_word(line: str) -> bool:
    """Whether a line is a web address, say, which nothing can wrap."""
    is_long = len(line) > _LONGEST_LINE
    return is_long and line.isascii() and len(line.split(maxsplit=1)) == 1


def _line_break(before: str, line: str, after: int) -> _Break | None:
    """Return the break between two lines, None where it surely ends a paragraph."""
    is_address = _is_long_word(before)
    if len(before) > _LONGEST_LINE and not is_address:
        return None
    if ITEM.match(line) or _stands_alone(before) or _stands_alone(line):
        return None
    inner = _MARGIN.sub("", line)
    if _quotes(before, _MARGIN.sub("", before)) != _quotes(line, inner):
        return None
    head = inner[:_HEAD]
    word, last = head.split(maxsplit=1)[0], before[-_HEAD:].rsplit(maxsplit=1)[-1]
    hangs = last in _GOES_ON
    is_open = hangs and len(before) >= _LONG_LINE
    label = _LABEL.match(line[:_HEAD])
    if label and label[1].isupper() and not is_open:
        return None
    bare = word.lstrip("([\"'“‘«„")
    is_lower = bare.islower() and bare[0].isalpha() and not _ADDRESS.search(bare)
    letter = next(filter(str.isalpha, head), "a")
    is_uncased = letter.lower() == letter.upper() or (before + line).isupper()
    length = len(before)
    reach = length + 1 + (3 if _NO_SPACES.match(word) else len(word))
    if is_address:  # it fits no column, and fills each
        length, reach = 0, _LONGEST_LINE
    return _Break(
        after=after,
        length=length,
        reach=reach,
        ended=is_address or _ENDED.search(before[-_HEAD:]) is not None,
        hangs=hangs,
        goes_on=(is_lower or is_open) and not is_uncased,
        uncased=is_uncased,
    )


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the lines between blank lines, each with its offset."""
    block: list[tuple[int, str]] = []
    at = 0
    for line in text.split("\n"):
        if line.strip():
            block.append((at, line.rstrip()))
        elif block:
            yield block
            block = []
        at += len(line) + 1
    if block:
        yield block


def _usual(lengths: Iterable[int]) -> int:
    """Return the length that a tenth of the lines pass: mostly the column."""
    ordered = sorted(lengths)
    return ordered[len(ordered) * 9 // 10]


def _judge_lower_case(breaks: list[_Break], lines: list[tuple[int, str]]) -> None:
    """Join lines that go on in lower case, unless they are a list or a poem."""
    within = [found for found in breaks if found.goes_on and not found.ended]
    usual = _usual(min(len(line), _LONGEST_LINE) for _, line in lines)
    if not within or usual < _NARROWEST:
        return
    if not _is_list(within, lines, usual):
        for found in within:
            found.wrapped = 2 * found.length >= usual


def _is_list(within: list[_Break], lines: list[tuple[int, str]], usual: int) -> bool:
    """Whether lines in lower case are no prose: no full stop ends, no column shows.

    Long lines are prose unless they are too many for a sentence; short ones if one of
    them ends with "the", say.
    """
    before_last = "".join(f"{line}\n" for _, line in lines[:-1])
    if usual > _LONG_LINE:
        if len(before_last) <= _LONGEST_SENTENCE:
            return False
    elif any(found.hangs for found in within):
        return False
    if _STOP_WITHIN.search(before_last):
        return False
    column = _usual(len(line) for _, line in lines if len(line) <= _LONGEST_LINE)
    full = sum(found.is_full(column) for found in within)
    return full < _FULL * len(within)


@dataclass(frozen=True, slots=True)
class _Column:
    """How long the lines are that were surely wrapped."""

    shortest: int
    longest: int

    def holds(self, found: _Break) -> bool:
        """Whether the line before the break ends at this column."""
        return found.is_full(self.shortest) and found.length <= self.longest + _SLACK


def _column(breaks: list[_Break]) -> _Column | None:
    """Return the column that breaks before lower case show, None if they show none."""
    lengths = sorted(found.length for found in breaks if found.wrapped)
    if not lengths:
        return None
    # the shortest lines of ragged prose show no column
    return _Column(lengths[len(lengths) // 4], lengths[-1])


def _judge_full(blocks: list[list[_Break]]) -> None:
    """Join lines before a capital, or after a full stop, that end at the column.

    In wrapped prose most lines that end there go on in lower case, elsewhere few do.
    """
    everything = [found for block in blocks for found in block]
    of_text = _column(everything)
    if of_text is None:
        return
    is_wrapped = _goes_on_often(_within(everything, of_text))
    for block in blocks:
        own = _column(block) or of_text
        column = _Column(
            min(own.shortest, of_text.shortest), max(own.longest, of_text.longest)
        )
        within = _within(block, column)
        if _goes_on_often(within) if len(within) >= _FEWEST else is_wrapped:
            for found in block:
                found.wrapped |= not found.uncased and column.holds(found)


def _within(breaks: list[_Break], column: _Column) -> list[_Break]:
    """Return the breaks within sentences at the column."""
    cased = (found for found in breaks if not found.ended and not found.uncased)
    return [found for found in cased if found.wrapped or column.holds(found)]


def _goes_on_often(breaks: list[_Break]) -> bool:
    return sum(found.wrapped for found in breaks) >= _LOWER_CASE * len(breaks)


def _judge_uncased(breaks: list[_Break]) -> None:
    """Join full lines of a script without capitals, if most of its lines are full."""
    within = [found for found in breaks if found.uncased and not found.ended]
    if len(within) < _FEWEST:
        return
    column = _usual(found.length for found in within)
    full = sum(found.is_full(column) for found in within)
    if full >= _FULL * len(within) and column >= _LONG_LINE:
        for found in breaks:
            if found.uncased:
                found.wrapped = found.is_full(column)


def paragraph_starts(text: str) -> list[int]:
    r"""Return where paragraphs begin, in order: at a line each.

    >>> paragraph_starts("The boat came across the bay\nin the evening.\n\nWe left.")
    [0, 46]
    """
    starts: list[int] = []
    blocks: list[list[_Break]] = []
    for lines in _blocks(text):
        starts.append(lines[0][0])
        breaks = []
        for (_, before), (after, line) in pairwise(lines):
            found = _line_break(before, line, after)
            if found is None:
                starts.append(after)
            else:
                breaks.append(found)
        _judge_lower_case(breaks, lines)
        blocks.append(breaks)
    everything = [found for block in blocks for found in block]
    _judge_uncased(everything)
    _judge_full(blocks)
    starts += [found.after for found in everything if not found.wrapped]
    return sorted(starts)

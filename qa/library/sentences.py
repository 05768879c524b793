"""Where sentences begin and end, by offset.

Rules instead of a model: an abbreviation, an initial or a number before the full stop
holds a sentence together; a word that opens many sentences lets it end after all.
Newspaper prose is what they were written for. Other scripts end at their own marks.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

from qa.library.paragraphs import Span, paragraph_spans, trim

__all__ = ["sentence_around", "sentence_spans"]

# a full stop after these never ends a sentence: something must follow
_TITLES = frozenset(
    """
    mr mrs ms mx dr prof rev hon fr sr st mt ft gen lt col maj capt cmdr adm sgt cpl pvt
    gov sen rep pres amb supt insp det nos vol secs ch pp vs v cf approx ca al eg e.g
    i.e ie messrs mme mlle bros dept
    """.split()
)
# a full stop after these ends a sentence unless a number follows: "no. 5", "Art. IV"
_BEFORE_NUMBERS = frozenset("no fig figs art arts sec est min max".split())
# these may end a sentence, but mostly do not: only a clear opener lets them
_ABBREVIATIONS = frozenset(
    """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
    sat sun inc corp ltd co cos llc plc assn univ ave blvd rd jr esq ph.d m.d b.a m.a
    a.m p.m etc u.s u.k u.n e.u u.s.a u.s.s.r d.c n.y l.a calif conn mass penn fla ill
    ariz colo mich minn tenn tex va wash tel avg ed eds op
    """.split()
)
# these are ordinary words in lower case: "she was ill", "there he sat"
_CAPITALISED = frozenset("ill mass wash va mar wed sat sun hon det".split())
# words that seldom follow an abbreviation within a sentence when capitalised
_OPENERS = frozenset(
    """
    the a an this that these those he she it they we i you his her its their our my
    in on at by for from with after before when while as if although though since
    but and or so yet however meanwhile still also then there here what who where why
    how both some many most several all each no not one another other asked
    """.split()
)

# the number of a footnote may stand behind the stop: "He left.[1] Then he came."
_NOTES = r"(?:(?:\[[^\[\]\n]{1,24}\]|[¹²³⁰-⁹])[)\]\"'”’»]*)*"
_STOP = re.compile(
    rf"(?<![.!?…])(?P<mark>[.!?…]+[)\]\"'”’»]*){_NOTES}(?=\s)"
    rf"|[。！？؟।]+[」』”’）]*{_NOTES}"
)
_NUMBER = re.compile(r"[#§]?\d|(?:[IVXLC]{2,}|[B-HJ-Z])\b(?!\.)")
# numbers only after a capital: "Fig. A", "No. Two"; else they are words
_AFTER_CAPITAL = re.compile(
    r"(?:[AI]|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)\b(?!\.)"
)
# these have a Roman number behind: "World War I. Germany"
_NUMBERED = frozenset("War Part Act Book Volume Chapter Type Phase".split())
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«—]+$")
_NEXT_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]")
_LONGEST_WORD = 40  # characters looked at around a stop: keeps the scan linear


def _ends_sentence(text: str, begin: int, stop: re.Match[str]) -> bool:
    rest = text[stop.end() : stop.end() + _LONGEST_WORD].lstrip()
    mark = stop["mark"] or "。"
    if not rest:
        return True
    if rest[0].islower():
        return False  # "“Why?” he asked": the sentence goes on
    if mark not in (".", "...", "…", ".…"):
        return True  # a question, or a closing quote or bracket after the stop
    before = text[max(begin, stop.start() - _LONGEST_WORD) : stop.start()]
    return not _holds(before, rest)


def _holds(before: str, rest: str) -> bool:
    """Whether the full stop between two texts belongs to an abbreviation."""
    word = _last_word(before)
    lower = word.lower()
    if lower in _BEFORE_NUMBERS:
        is_capital = word != lower
        return bool(_NUMBER.match(rest) or (is_capital and _AFTER_CAPITAL.match(rest)))
    if lower in _CAPITALISED and word == lower and not rest[0].isdigit():
        return False
    if lower in _TITLES:
        return True
    opener = _NEXT_WORD.search(rest)
    is_opened = opener is not None and opener.group().lower() in _OPENERS
    if lower in _ABBREVIATIONS:
        return not is_opened or rest[0].isdigit()
    if not _INITIALS.fullmatch(word):
        return False
    if word == "I":
        return _is_initial(_last_word(before[:-1].rstrip()), is_opened=is_opened)
    return not is_opened or "." not in word  # "J. Smith" goes on, "U.S. The" does not


def _is_initial(before: str, *, is_opened: bool) -> bool:
    """Whether "I" is a name's, as in "Mr. I. Newton", not in "older than I. Then"."""
    if not before:
        return True
    if before in _NUMBERED:
        return False
    return before.endswith(".") or (before[0].isupper() and not is_opened)


def _last_word(text: str) -> str:
    found = _LAST_WORD.search(text)
    return found.group() if found else ""


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
        if stop.end() < last and not is_number and _ends_sentence(text, begin, stop):
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

"""Logits become spans: start and end chosen together, on the edges of words."""

import math
import re
import unicodedata

import numpy as np
import numpy.typing as npt

from qa.search.terms import UNSEEN

__all__ = [
    "Logits",
    "Mask",
    "best_spans",
    "level_marks",
    "polish",
    "word_edges",
]

Logits = npt.NDArray[np.float32]
"""One number for each token, shape `(n_tokens,)`."""

Mask = npt.NDArray[np.bool_]
"""One claim for each token, or for each place between characters."""

# what is never cut: 1,200.50 and 9:30; U.S.A.; runs of letters, digits and, between
# them, marks, which tokenizers may leave out of the last letter
_UNIT = re.compile(
    r"(?:\d+(?:[.,:/]\d+)+|(?:[^\W\d_]\.){2,}|\w+(?:\u0300+\w+)*)(?P<marks>\u0300*)"
)
_CURRENCY = "$£€¥"
_BEFORE = f"{_CURRENCY}#@"  # belongs to a number or name that follows
_AFTER = "%°"
_SIGN = re.compile(  # -US$ before a number; a hyphen or dash behind a word is no sign
    r"(?:(?<![^\s([{“„«])[-+±~<>\u2212–])?"
    r"(?:(?<![^\W\d_])[A-Z]{1,3}(?=[$£€¥]))?[$£€¥]?\Z"
)
_LONGEST_SIGN = 5  # characters
_CLOSING = re.compile(r"[.,!?]?[\"”»]")
_PAIRS = {"“": "”", "«": "»", "(": ")", "[": "]", "„": "“", "‘": "’"}


def level_marks(text: str) -> str:
    r"""Return a text of the same length with U+0300 for whatever joins letters.

    These are combining marks of any script, soft hyphens, and characters without width.

    >>> level_marks("exam\u00adple, हिन्दी") == "exam\u0300ple, ह\u0300न\u0300द\u0300"
    True
    """
    if text.isascii():
        return text
    joining = [char for char in set(text) if char in UNSEEN or _is_mark(char)]
    return text.translate(dict.fromkeys(map(ord, joining), "\u0300"))


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc")


def word_edges(text: str) -> tuple[Mask, Mask]:
    """Return where a span may start and where it may end, each `(len(text) + 1,)`.

    No span starts or ends inside a word, a number or an abbreviation. It may end before
    the marks on a last letter: `polish` takes them in.

    >>> starts, ends = word_edges("U.S. aid")
    >>> starts.nonzero()[0].tolist(), ends.nonzero()[0].tolist()
    ([0, 4, 5, 8], [0, 4, 5, 8])
    """
    starts = np.ones(len(text) + 1, dtype=np.bool_)
    ends = starts.copy()
    for unit in _UNIT.finditer(level_marks(text)):
        starts[unit.start() + 1 : unit.end()] = False
        ends[unit.start() + 1 : unit.start("marks")] = False
    return starts, ends


def best_spans(
    start: Logits,
    end: Logits,
    may_start: Mask,
    may_end: Mask,
    *,
    within: Mask | None = None,
    max_tokens: int,
    at_most: int,
) -> list[tuple[int, int, float]]:
    """Return `(first, last, score)` of the best token spans, both ends included.

    The best is the one with the largest `start[first] + end[last]` (Devlin et al. 2019,
    4.2). It scores the log of the summed exponentials of that and of all that overlap
    it, but overlap none that is better, as probabilities of one place add up: a reader
    undecided between "30 September" and "30 September 2015" is no less sure that the
    answer is there. We keep raw logits: a softmax within one passage makes scores of
    two passages incomparable (Clark & Gardner 2018). Spans do not overlap; ties go to
    the first.

    Args:
        start: logit of each token to open the answer.
        end: logit of each token to close it.
        may_start: True for tokens of the passage that begin a word.
        may_end: True for tokens of the passage that end one.
        within: shape `(n_tokens, n_tokens)`, True where a span may go from the token of
            the row to that of the column. None means everywhere.
        max_tokens: longest span considered.
        at_most: how many spans.

    >>> start, end = np.float32([9, 9, 1]), np.float32([9, 1, 4])
    >>> ok = np.array([False, True, True])
    >>> found = best_spans(start, end, ok, ok, max_tokens=30, at_most=2)
    >>> [(first, last, round(score, 2)) for first, last, score in found]  # 13, 10 and 5
    [(1, 2, 13.05)]
    """
    token = np.arange(len(start))
    length = token[None, :] - token[:, None] + 1  # row: first token, column: last
    valid = np.outer(may_start, may_end) & (length >= 1) & (length <= max_tokens)
    if within is not None:
        valid &= within
    scores = np.where(valid, start[:, None] + end[None, :], -np.inf)
    highest = scores.max(initial=-np.inf)
    is_some = highest > -np.inf  # False, too, where logits are no numbers
    weights = np.exp(scores - highest) if is_some else np.zeros_like(scores)
    found: list[tuple[int, int, float]] = []
    while len(found) < at_most:
        first, last = divmod(int(scores.argmax()), len(start))
        score = float(scores[first, last])
        if score == -np.inf:
            break
        # whatever starts before this one ends, and ends after it starts, overlaps it
        overlapping = np.s_[: last + 1, first:]
        total = float(weights[overlapping].sum())
        if total > 0:  # not so far below the highest that nothing is left
            score = max(score, float(highest) + math.log(total))
        found.append((first, last, score))
        scores[overlapping], weights[overlapping] = -np.inf, 0.0
    return found


def polish(text: str, start: int, end: int, *, low: int, high: int) -> tuple[int, int]:
    r"""Return the span with the marks that belong to it, and without those that do not.

    Takes in the sign, currency or per cent sign of a number and the marks on a last
    letter; drops white space and commas at both ends, and a quotation mark or bracket
    whose partner is outside.

    Args:
        text: what the offsets count.
        start: first character of the span.
        end: one past its last.
        low: no span starts before this,
        high: or ends after that.

    >>> polish("It cost $3, he said.", 9, 11, low=0, high=20)
    (8, 10)
    >>> polish("It was -4 at noon.", 8, 9, low=0, high=18)
    (7, 9)
    >>> polish("He said “no way” twice.", 8, 15, low=0, high=23)
    (9, 15)
    >>> polish("It was “no way.” He left.", 3, 14, low=0, high=25)
    (3, 16)
    """
    before = (start, end)
    while start < end and (text[start].isspace() or text[start] in ",;:.)]”"):
        if text[start] == "." and text[start + 1 : start + 2].isdigit():
            break  # ".5 percent"
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in ",;:([“"):
        end -= 1
    if start == end:
        return before
    if start > low and text[start - 1] in _BEFORE and text[start].isalnum():
        start -= 1
    start = _with_sign(text, start, low)
    while end < high and _is_mark(text[end]):
        end += 1
    if end < high and text[end] in _AFTER and text[end - 1].isdigit():
        end += 1
    end = _with_closing_mark(text, start, end, high)
    return _without_lone_marks(text, start, end)


def _with_sign(text: str, start: int, low: int) -> int:
    """Return where the sign and the currency of a number begin, if one starts here."""
    number = start + (text[start] in _CURRENCY)
    if not text[number : number + 2].lstrip(".")[:1].isdigit():
        return start
    sign = _SIGN.search(text, max(low, number - _LONGEST_SIGN), number)
    return min(start, sign.start()) if sign else start


def _with_closing_mark(text: str, start: int, end: int, high: int) -> int:
    """Return the end behind the mark that closes a quotation opened in the middle."""
    inner = text[start + 1 : end]
    following = _CLOSING.match(text, end, high)
    if following is None:
        return end
    closing = following.group()[-1]
    opening = {"”": "“", "»": "«"}.get(closing, closing)
    is_open = inner.count(opening) > inner.count(closing)
    if opening == closing:
        is_open = inner.count(opening) % 2 == 1 and text[start] != opening
    return following.end() if is_open else end


def _without_lone_marks(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end]
    opening, closing = inner[0], inner[-1]
    if len(inner) > 1 and opening in _PAIRS and _PAIRS[opening] not in inner[1:]:
        start += 1
    elif len(inner) > 1 and closing in _PAIRS.values():
        partner = next(a for a, b in _PAIRS.items() if b == closing)
        if partner not in inner[:-1]:
            end -= 1
    elif len(inner) > 1 and inner.count('"') == 1:
        start, end = start + (opening == '"'), end - (closing == '"')
    # a full stop goes, unless it belongs to an abbreviation or ends a whole sentence
    if text[end - 1] == "." and end - start > 1:
        units = [u for u in _UNIT.finditer(text, start, end) if u.end() == end]
        is_sentence = "." in text[start : end - 1] or end - start > 80
        if not units and not is_sentence:
            end -= 1
    return start, end

"""Questions that only name something else: "And in Germany?"."""

import re
from collections.abc import Sequence

from qa.conversation.added import about, topic_words, unmarked
from qa.conversation.bare import ANSWERED, without_bare
from qa.conversation.mentions import Mention, mentions
from qa.conversation.phrases import is_verb
from qa.conversation.words import (
    AUXILIARIES,
    COMMON_VERBS,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    PRONOUNS,
    WH_WORDS,
    Token,
    tokens,
)

__all__ = ["as_fragment", "merged_fragment"]

_MAX_FRAGMENT_WORDS = 10

_LEAD = re.compile(
    r"(?:(?:no|sorry|but)\b[\s,.]*)*i\s+(?:just\s+)?meant?\s+(?!not\b)"
    r"|(?:(?:and|but|or|so)\s+)?(?:what|how)\s+about\s+|(?:and|but|or)\s+"
    r"|no\b[\s,.]*(?=(?:the|in|on|at|of|for|from)\b)",
    re.I,
)
# "What about the cause (about: crash)": the next "What about" is about the crash
_BESIDE = re.compile(r"what about [^()]+ (?=\(about: )", re.I)
_TIME_NOUNS = frozenset(
    """morning afternoon evening night day days week weeks weekend month months year
    years season spring summer autumn winter hour hours past future end""".split()
)


def as_fragment(question: str) -> str | None:
    """Return what a question without a verb names; None for a whole question.

    >>> as_fragment("And in Germany?"), as_fragment("What about Jordan?")
    ('in Germany', 'Jordan')
    >>> as_fragment("No, I meant the second one."), as_fragment("No, it is mine.")
    ('the second one', None)
    >>> as_fragment("And who won?") is None
    True
    """
    lead = _LEAD.match(question)
    rest = unmarked(question[lead.end() :] if lead else question).strip()
    words = [word.low for word in tokens(rest)]
    if not words or len(words) > _MAX_FRAGMENT_WORDS:
        return None
    if any(word in AUXILIARIES | WH_WORDS for word in words):
        return None
    if lead is None and not (words[0] in PREPOSITIONS and question.endswith("?")):
        return None
    if words[0] in COMMON_VERBS:
        return None
    return rest[:1].lower() + rest[1:] if words[0] in PREPOSITIONS else rest


def merged_fragment(
    fragment: str, previous: str, *, is_resolved: bool = False
) -> str | None:
    """Put the fragment where the previous question has something of its kind.

    A name that stands for a pronoun (`is_resolved`) takes the place of itself only:
    "his wife" is asked about, not whose wife.

    >>> merged_fragment("in Chile", "What does copper cost in Zambia?")
    'What does copper cost in Chile?'
    >>> merged_fragment("in 1985", "How much did Shearson earn?")
    'How much did Shearson earn in 1985?'
    >>> merged_fragment("Japan", "Who beat France (New Zealand), and when?")
    'Who beat Japan?'
    >>> merged_fragment("of salt", "What is the price of sugar in May?")
    'What is the price of salt in May?'
    """
    rest = ANSWERED.sub("", without_bare(previous))
    names, olds = mentions(fragment), mentions(rest)
    is_whole = any(word.low in AUXILIARIES | WH_WORDS for word in tokens(rest))
    words = [word.low for word in tokens(fragment)]
    if is_resolved and words[0] not in PREPOSITIONS:
        known = {name.text for name in names}
        old = next((old for old in olds if old.text in known), None)
        is_owned = not FUNCTION_WORDS & set(words[1:])
        if is_whole and is_owned and old is not None and fragment != old.whole:
            left = rest[: old.start]
            left = left[: -len("the ")] if old.has_article else left
            return f"{left}{fragment}{rest[old.end + len(old.noun) :]}?"
    elif names and is_whole:
        old = _counterpart(fragment, names[0], rest)
        if old is not None and old.text != names[0].text:
            return _replaced(rest, fragment, names[0], old)
    if words[0] in PREPOSITIONS and not PRONOUNS & set(words):
        head, added, topic = rest.partition(" (about: ")
        start, end = _phrase_like(fragment, head)
        merged = f"{head[:start].rstrip()} {fragment}{head[end:]}"
        return f"{merged}{added}{topic}?"
    known_words = topic_words(_BESIDE.sub("", unmarked(previous)), known=fragment)
    return about(f"What about {fragment}", known_words)


def _phrase_like(fragment: str, question: str) -> tuple[int, int]:
    """Return where the phrase is whose place a fragment takes; without one the end.

    Both begin with the same preposition, have no names, and tell a time or do not.
    """
    words, new = tokens(question), tokens(fragment)
    nowhere = len(question), len(question)
    if mentions(fragment):
        return nowhere
    for at in range(len(words) - 1, 0, -1):
        if words[at].low != new[0].low:
            continue
        end = at + 1
        while end < len(words) and _goes_on(words, end):
            end += 1
        old = words[at + 1 : end]
        is_alike = bool(old) and _tells_time(old) == _tells_time(new)
        if is_alike and not any(word.is_capital for word in old):
            return words[at].start, words[end - 1].end
    return nowhere


def _goes_on(words: Sequence[Token], at: int) -> bool:
    low = words[at].low
    is_plain = words[at].is_word and low not in FUNCTION_WORDS
    return low in DETERMINERS or (is_plain and not is_verb(low))


def _tells_time(words: Sequence[Token]) -> bool:
    return any(word.low in _TIME_NOUNS or word.text.isdigit() for word in words)


def _counterpart(fragment: str, new: Mention, rest: str) -> Mention | None:
    """Return the name of the previous question that the new one takes the place of.

    A name that only modifies a noun stays, unless the noun goes with it. What has a
    preposition takes the place of a time, or of what has the same one or is a place
    (without one only behind "in").
    """
    first, olds = tokens(fragment)[0].low, list(mentions(rest))
    is_placed = first in PREPOSITIONS and new.kind != "time"
    if is_placed:
        places = [m for m in olds if m.kind == new.kind == "place"]
        alike = [m for m in olds if _preposition(rest, m) == first]
        behind = [m for m in places if _preposition(rest, m)]
        done_to = [m for m in places if first == "in" and not m.is_subject]
        olds = alike or behind or done_to or (places if first == "in" else [])
    else:
        olds = [m for m in olds if new.noun or not m.noun]
    same = [old for old in olds if old.kind == new.kind]
    if not same and (is_placed or new.kind in ("name", "person")):
        same = [old for old in olds if old.kind != "time"]
    return next((old for old in same if old.is_subject), same[-1] if same else None)


def _preposition(text: str, name: Mention) -> str:
    """Return the preposition that a name stands behind; empty where none does."""
    before = [word for word in tokens(text) if word.end <= name.start]
    while before and before[-1].low == "the":
        before.pop()
    if len(before) > 1 and before[-1].text.islower():
        adjective = before[-1].low not in FUNCTION_WORDS
        before = before[:-1] if adjective else before
    before = [word for word in before if word.low != "the"]
    return before[-1].low if before and before[-1].low in PREPOSITIONS else ""


def _replaced(rest: str, fragment: str, new: Mention, old: Mention) -> str:
    """Put a name of the fragment in place of one; its other words are added."""
    before, after = fragment[: new.start].split(), fragment[new.end + len(new.noun) :]
    left, right = rest[: old.start].split(), rest[old.end + len(old.noun) :]
    if old.has_article:
        left = left[:-1]
    if {word.lower() for word in (*before[:1], *left[-1:])} <= PREPOSITIONS:
        left[-1:] = before[:1] or left[-1:]
    beside = topic_words(f"{' '.join(before)} {after}", known=rest)
    merged = f"{' '.join(left)} {new.whole}{right}"
    return about(merged, beside) or f"{merged}?"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

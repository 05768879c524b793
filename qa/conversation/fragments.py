"""Questions without a verb of their own: "Why?", "And in Germany?"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.conversation.mentions import Mention, mentions
from qa.conversation.words import (
    AUXILIARIES,
    COMMON_VERBS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    PRONOUNS,
    WH_WORDS,
    Token,
    meaningful_words,
    tokens,
)

__all__ = ["about", "as_bare_question", "as_fragment", "merged_bare"]
__all__ += ["merged_fragment", "topic_words", "unmarked"]

_MAX_TOPIC_WORDS = 8  # benchmarks/results/followup
_MAX_FRAGMENT_WORDS = 10
_MAX_ANSWER_WORDS = 10  # a longer answer is no part of the next question

_BARE = re.compile(
    r"(?:(?:and|but|so|or)\s+)?(?P<wh>"
    r"(?:(?:in|at|on|of|to|from|by|for|with|about|over|under|during|since|until)\s+)?"
    r"(?:what|which|who|whom|when|where|why|how)"
    r"(?:\s+(?:much|many|long|far|often|big|large|high|so|not|exactly))?"
    r"(?P<noun>\s+[\w-]+)?)"
    r"(?P<rest>\s+(?P<be>is|was|were|are|did|would)\s+(?P<it>that|this|it|so)"
    r"(?P<happen>\s+happen\w*)?)?\s*\??",
    re.I,
)
_LEAD = re.compile(
    r"(?:(?:and|but|or|so)\s+)?(?:what|how)\s+about\s+|(?:and|but|or)\s+", re.I
)
_WH_PHRASE = re.compile(
    r"(?:(?P<preposition>in|at|on|of|to|from|by|for|with|over|during|since|under)\s+)?"
    r"(?P<wh>what|which|who|whom|when|where|why|how)\b",
    re.I,
)
# "Who won (New Zealand), and when": what was answered is no part of what was asked
_ANSWERED = re.compile(r" \((?!about:)(?:[^()]|\([^()]*\))*\)$")
_DO = frozenset("do does did".split())
_ADJUNCTS = frozenset("when where why how".split())
_SUBJECTS = frozenset("who what which".split())
_SPEAKERS = frozenset("i you we he she it they".split())


def unmarked(question: str) -> str:
    """Return a question without its mark; the stop of an abbreviation stays.

    >>> unmarked("Why did it leave the U.S.?"), unmarked("Tell me about flu.")
    ('Why did it leave the U.S.', 'Tell me about flu')
    """
    bare = question.rstrip("?! ")
    return bare if re.search(r"\b\w\.$", bare) else bare.rstrip(". ")


def topic_words(asked: str, known: str) -> list[str]:
    """Return names, whole, and meaningful words of `asked` that `known` does not hold.

    >>> topic_words("Did the Bank of Iran raise prices?", known="Which prices?")
    ['Bank of Iran', 'raise']
    """
    names = [m for m in mentions(asked) if m.kind != "time" or m.text not in known]
    held = known.lower()
    units = [(m.start, m.text) for m in names if m.text.lower() not in held]
    for word in tokens(asked):
        inside = any(m.start <= word.start < m.end for m in names)
        if not inside and word.low not in held and meaningful_words(word.text):
            units.append((word.start, word.text))
    return list(dict.fromkeys(text for _, text in sorted(units)))


def about(question: str, words: Sequence[str]) -> str | None:
    """Add what it is about to a question without a mark; None without words.

    >>> about("And why", ["crash", "Sinai", "Metrojet"])
    'And why (about: crash Sinai, Metrojet)?'
    """
    words = words[:_MAX_TOPIC_WORDS]
    if not words:
        return None
    listed = words[0]
    for last, word in pairwise(words):
        is_run = last[0].isupper() and word[0].isupper()  # it would look like one name
        listed += f", {word}" if is_run else f" {word}"
    return f"{question} (about: {listed})?"


def as_bare_question(question: str) -> str | None:
    """Return the question word of "Why?", "And when was that?"; None for others.

    >>> as_bare_question("And when was that?"), as_bare_question("On what revenues?")
    ('when', 'on what revenues')
    >>> as_bare_question("Who won?"), as_bare_question("Where is it?")
    (None, None)
    """
    match = _BARE.fullmatch(question.strip())
    if match is None:
        return None
    noun = (match["noun"] or "").strip()
    wh = match["wh"].lower()
    first = wh.split()[0]
    if noun and (noun.lower() in AUXILIARIES or noun[0].isupper()):
        return None
    if noun and first not in PREPOSITIONS | {"which"}:
        return None  # "Who won?" has its verb
    is_it = (match["it"] or "").lower() == "it" and not match["happen"]
    is_now = (match["be"] or "").lower() in ("is", "are")
    if is_it and wh != "why" and (is_now or " " in wh):
        return None  # "How big is it?" asks of a thing, "When was it?" of an event
    return None if wh in ("what", "which", "who") and match["rest"] else wh


def merged_bare(wh: str, previous: str, answer: str | None) -> str:
    """Ask `wh` of what the previous question asked about.

    >>> merged_bare("when", "Where was Hill planning to go?", "Rome")
    'When was Hill planning to go (Rome)?'
    >>> merged_bare("why", "Who met the banks?", "Ray Hill")
    'Who met the banks (Ray Hill), and why?'
    >>> merged_bare("why", "What did Hill say about the banks?", None)
    'What did Hill say about the banks, and why?'
    """
    rest, _ = _without_bare(previous)
    begun, at = _WH_PHRASE.match(rest), _auxiliary(rest)
    wh = "why" if wh == "how so" else wh
    asked = begun["wh"].lower() if begun else ""
    is_short = answer is not None and len(answer.split()) <= _MAX_ANSWER_WORDS
    known = f" ({answer})" if is_short and asked not in ("why", "how", "when") else ""
    is_object = asked == "what" and not known  # without it its verb has none
    if begun is None or at is None or is_object:
        return f"{rest}{known}, and {wh}?"
    return f"{_upper(wh)} {rest[tokens(rest)[at].start :]}{known}?"


def _without_bare(question: str) -> tuple[str, str]:
    """Return a question without its mark, and the ", and when" that was put behind."""
    rest = unmarked(question)
    head, added, bare = rest.rpartition(", and ")
    is_bare = added and as_bare_question(bare) is not None
    return (head, f"{added}{bare}") if is_bare else (rest, "")


def _auxiliary(question: str) -> int | None:
    """Return the index of the auxiliary that follows the question phrase.

    None where the phrase is the subject, or may be, or holds the names that the
    question is about.
    """
    words = tokens(question)
    for at, word in enumerate(words):
        if word.low not in AUXILIARIES:
            continue
        if at + 1 >= len(words) or mentions(question[: word.start]):
            return None
        follows = words[at + 1]
        is_inverted = (
            word.low in _DO
            or follows.is_capital
            or follows.low in (FUNCTION_WORDS - AUXILIARIES)
        )
        if words[0].low in _SUBJECTS and not _is_asked_of(question, words[at + 1 :]):
            return None  # "Who has a veto?"
        is_adjunct = words[0].low in _ADJUNCTS | PREPOSITIONS and not (
            words[0].low == "how" and at > 1 and not is_inverted
        )
        return at if is_inverted or is_adjunct else None
    return None


def _is_asked_of(question: str, words: Sequence[Token]) -> bool:
    """Whether a name or pronoun begins `words`, and a verb may follow it."""
    first = next(word for word in words if word.low != "the" or word == words[-1])
    name = next((m for m in mentions(question) if m.start == first.start), None)
    if name is None and first.low not in _SPEAKERS:
        return False
    left = [word for word in words if word.start >= (name or first).end]
    return any(word.low in COMMON_VERBS or _is_plain(word) for word in left)


def _is_plain(word: Token) -> bool:
    return word.text.islower() and word.low not in FUNCTION_WORDS


def as_fragment(question: str) -> str | None:
    """Return what a question without a verb names; None for a whole question.

    >>> as_fragment("And in Germany?"), as_fragment("What about Jordan?")
    ('in Germany', 'Jordan')
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
    return None if words[0] in COMMON_VERBS else rest


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
    'Who beat Japan, and when?'
    """
    rest, bare = _without_bare(previous)
    rest = _ANSWERED.sub("", rest)
    names, olds = mentions(fragment), mentions(rest)
    is_whole = any(word.low in AUXILIARIES | WH_WORDS for word in tokens(rest))
    words = [word.low for word in tokens(fragment)]
    if is_resolved and words[0] not in PREPOSITIONS:
        known = {name.text for name in names}
        old = next((old for old in olds if old.text in known), None)
        is_owned = not FUNCTION_WORDS & set(words[1:])
        if is_whole and is_owned and old is not None and fragment != old.spoken:
            left = rest[: old.start]
            left = left[: -len("the ")] if old.has_article else left
            return f"{left}{fragment}{rest[old.end :]}{bare}?"
    elif names and is_whole:
        old = _counterpart(fragment, names[0], rest)
        if old is not None and old.text != names[0].text:
            return _replaced(rest, bare, fragment, names[0], old)
    if words[0] in PREPOSITIONS and not PRONOUNS & set(words):
        head, added, topic = rest.partition(" (about: ")
        return f"{head} {fragment}{added}{topic}{bare}?"
    known_words = topic_words(unmarked(previous), known=fragment)
    return about(f"What about {fragment}", known_words)


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


def _replaced(rest: str, bare: str, fragment: str, new: Mention, old: Mention) -> str:
    """Put a name of the fragment in place of one; its other words are added."""
    before, after = fragment[: new.start].split(), fragment[new.end + len(new.noun) :]
    left, right = rest[: old.start].split(), rest[old.end + len(old.noun) :]
    if old.has_article:
        left = left[:-1]
    if {word.lower() for word in (*before[:1], *left[-1:])} <= PREPOSITIONS:
        left[-1:] = before[:1] or left[-1:]
    beside = topic_words(f"{' '.join(before)} {after}", known=rest)
    merged = f"{' '.join(left)} {new.whole}{right}{bare}"
    return about(merged, beside) or f"{merged}?"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

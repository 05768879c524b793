"""Questions of a question word alone: "Why?", "And when was that?"."""

import re
from collections.abc import Sequence

from qa.conversation.added import unmarked
from qa.conversation.mentions import mentions
from qa.conversation.words import (
    AUXILIARIES,
    COMMON_VERBS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    Token,
    tokens,
)

__all__ = ["as_bare_question", "merged_bare", "without_bare"]

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
_WH_PHRASE = re.compile(
    r"(?:(?P<preposition>in|at|on|of|to|from|by|for|with|over|during|since|under)\s+)?"
    r"(?P<wh>what|which|who|whom|when|where|why|how)\b",
    re.I,
)
_DO = frozenset("do does did".split())
_ADJUNCTS = frozenset("when where why how".split())
_SUBJECTS = frozenset("who what which".split())
_SPEAKERS = frozenset("i you we he she it they".split())


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
    rest, _ = without_bare(previous)
    begun, at = _WH_PHRASE.match(rest), _auxiliary(rest)
    wh = "why" if wh == "how so" else wh
    asked = begun["wh"].lower() if begun else ""
    is_short = answer is not None and len(answer.split()) <= _MAX_ANSWER_WORDS
    known = f" ({answer})" if is_short and asked not in ("why", "how", "when") else ""
    is_object = asked == "what" and not known  # without it its verb has none
    if begun is None or at is None or is_object:
        return f"{rest}{known}, and {wh}?"
    return f"{_upper(wh)} {rest[tokens(rest)[at].start :]}{known}?"


def without_bare(question: str) -> tuple[str, str]:
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


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

"""What a pronoun most plausibly means, from the turns before it."""

import re
from collections.abc import Sequence
from typing import Literal

from qa.conversation.mentions import Mention, mentions
from qa.conversation.things import done_to, owned_thing, parts, plural_subject, topic
from qa.conversation.words import PERSON_PRONOUNS, tokens
from qa.types import Turn

__all__ = ["MAX_TURNS", "Class", "Form", "antecedent"]

Class = Literal["person", "thing", "place", "time"]
"""What a pronoun can stand for: he, it, there, then."""

Form = Literal["object", "plural", "other"]
"""How it stands: an object is more often a thing than its owner."""

MAX_TURNS = 4  # an older turn is out of mind
_MAX_NAME_WORDS = 3
_MAX_LIST_WORDS = 10  # of an answer that names several

# the answer is the subject: "Who met them?", not "Who did Smith play for?"
_ASKS_NAME = re.compile(
    r"(?:and )?(?:(?:who|which)\b"
    r"(?! (?:did|do|does|is|are|was|were|has|had|have) (?-i:[A-Z]))"
    r"|what (?:is|was) the\b)",
    re.I,
)
_PLACED = re.compile(r"\b(?:in|at|near|from|to)(?: the)? $", re.I)
_ASKS_PERSON = re.compile(r"(?:and )?who(?:m|'s)?\b", re.I)
_ASKS_PLACE = re.compile(r"\bwhere\b", re.I)
_OF_PERSON = re.compile(r"\b(?:born|dies?|died|marry|married|buried)\b", re.I)
_IT = frozenset("it its".split())


def antecedent(
    meant: Class, turns: Sequence[Turn], said: str = "", *, form: Form = "other"
) -> str | None:
    """Return what a pronoun of this class most plausibly means; None if nothing fits.

    The latest turn first; in it the question, then the answer, then its sentence. An
    answer to "who" or "which" comes before its question: it is what the talk is about
    now. A thing is no person, and sooner what somebody did something to than what may
    be this somebody. Names that `said` holds already are passed over.
    """
    is_it = meant == "thing" and form != "plural"
    others: frozenset[str] = frozenset()
    if is_it:
        others = _persons(turns)
    elif meant == "person":
        others = _things(turns)
    for turn in list(reversed(turns))[:MAX_TURNS]:
        asked = _asked(turn)
        if form == "plural" and (found := _several(turn) or plural_subject(asked)):
            return found
        if form == "object" and meant == "thing" and (found := owned_thing(asked)):
            return found
        for source in _sources(turn, is_it=is_it):
            names = [
                name
                for name in mentions(source)
                if name.text not in said and name.text not in others
            ]
            is_asked = source == asked and meant == "thing"
            thing = done_to(asked) if is_asked and is_it else None
            if thing is not None and thing not in said and thing not in others:
                return thing
            name = _pick(meant, names)
            if name is None and meant == "place":
                placed = [m for m in names if _PLACED.search(source[: m.start])]
                name = next((m for m in reversed(placed) if m.kind == "name"), None)
            if name is not None:
                return _in_full(name, turns)
            thing = topic(asked, is_it=is_it) if is_asked else None
            if thing is not None and thing not in said:
                return thing
    return None


def _several(turn: Turn) -> str | None:
    """Return the names that answered "who" or "which", all of them."""
    names = [name for name in _answered(turn) if name.kind != "time"]
    answer = (turn.answer.text or "").rstrip(". ")
    is_list = len(names) > 1 and len(answer.split()) <= _MAX_LIST_WORDS
    return answer if is_list and _ASKS_NAME.match(_asked(turn)) else None


def _in_full(name: Mention, turns: Sequence[Turn]) -> str:
    """Return the name as it was written at its longest: Hill, after Ray Hill."""
    if " " in name.text or name.kind in ("place", "time"):
        return name.spoken
    for turn in reversed(turns):
        for source in _sources(turn):
            for other in mentions(source):
                words = other.text.split()
                is_longer = 1 < len(words) <= _MAX_NAME_WORDS
                is_same = words[-1] in (name.text, f"al-{name.text}")
                if is_longer and is_same and other.may_be_person:
                    return other.spoken
    return name.spoken


def _asked(turn: Turn) -> str:
    return turn.answer.standalone or turn.question


def _sources(turn: Turn, *, is_it: bool = False) -> list[str]:
    """Return the texts of a turn, the one that more likely holds a name first."""
    asked, answer, names = _asked(turn), turn.answer.text or "", _answered(turn)
    is_person = _ASKS_PERSON.match(asked) and all(m.may_be_person for m in names)
    if names and _ASKS_NAME.match(asked) and not (is_it and is_person):
        return [answer, asked, turn.answer.sentence or ""]
    return [asked, answer, turn.answer.sentence or ""]


def _answered(turn: Turn) -> Sequence[Mention]:
    """Return the names that an answer consists of."""
    answer = turn.answer.text or ""
    names = mentions(answer)
    return names if sum(len(m.text) for m in names) > len(answer) // 2 else ()


def _persons(turns: Sequence[Turn]) -> frozenset[str]:
    """Return the names that were taken for persons.

    A full name that answered "who", somebody who was born, what "he" stood for.
    """
    found = _stood_for(turns, PERSON_PRONOUNS, _IT)
    for turn in turns[-MAX_TURNS:]:
        asked, names = _asked(turn), list[Mention]()
        if _ASKS_PERSON.match(asked):
            names += [m for m in _answered(turn) if " " in m.text]
        if _OF_PERSON.search(asked):
            names += [m for m in mentions(asked) if m.is_subject]
        found |= {m.text for m in names if m.may_be_person}
    return found


def _things(turns: Sequence[Turn]) -> frozenset[str]:
    """Return the names that were taken for no persons.

    What "it" stood for, what was written with an article, what answered "where".
    """
    found = _stood_for(turns, _IT, PERSON_PRONOUNS)
    for turn in turns[-MAX_TURNS:]:
        asked, names = _asked(turn), _answered(turn)
        found |= {name.text for name in mentions(asked) if name.has_article}
        if _ASKS_PLACE.search(asked) and len(names) == 1:
            found |= {name.text for name in names if name.text not in asked}
    return found


def _stood_for(
    turns: Sequence[Turn], pronouns: frozenset[str], others: frozenset[str]
) -> frozenset[str]:
    """Return the names that stand where a question had only pronouns of one kind."""
    found: set[str] = set()
    for turn in turns[-MAX_TURNS:]:
        whole, _ = parts(_asked(turn))
        lows = {word.low for word in tokens(turn.question)}
        replaced = lows - {word.low for word in tokens(whole)}
        if replaced & pronouns and not replaced & others:
            found |= {m.text for m in mentions(whole) if m.text not in turn.question}
    return frozenset(found)


def _pick(meant: Class, names: Sequence[Mention]) -> Mention | None:
    """Choose among the names of one text: the subject, else the first that fits."""
    if meant == "time":
        times = [m for m in names if m.kind == "time"]
        return times[0] if len(times) == 1 else None
    if meant == "place":
        return next((m for m in reversed(names) if m.kind == "place"), None)
    if meant == "person":
        likely = [m for m in names if m.may_be_person]
        tiers = [
            [m for m in names if m.kind == "person"],
            [m for m in likely if " " in m.text],
            likely,
        ]
    else:
        tiers = [
            [m for m in names if m.kind in ("name", "place") and m.is_subject],
            [m for m in names if m.kind == "name"],
            [m for m in names if m.kind == "place"],
        ]
    tier = next(filter(None, tiers), [])
    return next((m for m in tier if m.is_subject), tier[0] if tier else None)

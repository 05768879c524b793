"""What a pronoun most plausibly means, from the turns before it."""

import re
from collections.abc import Sequence
from typing import Literal

from qa.conversation.added import parts
from qa.conversation.mentions import Mention, mentions
from qa.conversation.things import (
    counted,
    does_again,
    done_to,
    has_plural,
    is_addressed,
    is_alone,
    is_deed,
    is_placed,
    owned_thing,
    plural_subject,
    together,
)
from qa.conversation.topics import placed_topic, topic
from qa.conversation.words import (
    PERSON_NOUNS,
    PERSON_PRONOUNS,
    PLURAL_PRONOUNS,
    is_plural,
    tokens,
)
from qa.types import Turn

__all__ = ["MAX_CHARS", "MAX_TURNS", "Class", "Form", "antecedent"]

Class = Literal["person", "thing", "place", "time"]
"""What a pronoun can stand for: he, it, there, then."""

Form = Literal["object", "plural", "other"]
"""How it stands: an object is more often a thing than its owner."""

MAX_TURNS = 4  # an older turn is out of mind
MAX_CHARS = 4000  # what is read of a text that a client may have made up
_MAX_NAME_WORDS = 3
_MAX_LIST_WORDS = 10  # of an answer that names several

# the answer is the subject: "Who met them?", not "Who did Smith play for?"
_ASKS_NAME = re.compile(
    r"(?:and )?(?:(?:who|which)\b"
    r"(?! (?:did|do|does|is|are|was|were|has|had|have) (?-i:[A-Z]))"
    r"|what (?:is|was) the\b)",
    re.I,
)
_ASKS_PERSON = re.compile(r"(?:and )?who(?:m|'s)?\b", re.I)
_ASKS_PLACE = re.compile(r"\bwhere\b", re.I)
_OF_PERSON = re.compile(r"\b(?:born|dies?|died|marry|married|buried)\b", re.I)
_ASKS_GROUP = re.compile(r"(?:and )?(?:which|what is the|what was the) (\w+)", re.I)
_MANY_DO = re.compile(r"\b(?:are|were|do|have) $", re.I)  # "What are Cubesats?"
_IT = frozenset("it its".split())
_HE_IT = PERSON_PRONOUNS | _IT


def antecedent(
    meant: Class, turns: Sequence[Turn], said: str = "", *, form: Form = "other"
) -> str | None:
    """Return what a pronoun of this class most plausibly means; None if nothing fits.

    The latest turn first; in it the question, then the answer, then its sentence. An
    answer to "who" or "which" comes before its question: it is what the talk is about
    now. A thing is no person, and sooner what somebody did something to than what may
    be this somebody. "They" are several, a place or an organisation; one name that may
    be a person's only if it was taken for a thing, if they do again what it did, or if
    it is one word and nobody else was named. Names that `said` holds are passed over.
    """
    if form == "plural":
        return _several_or_group(turns, said)
    is_it, others = meant == "thing", frozenset[str]()
    are_they = form == "object" and any(word.low == "they" for word in tokens(said))
    if is_it:
        others = _persons(turns)
    elif meant == "person":
        others = _things(turns)
    recent = list(reversed(turns))[:MAX_TURNS]
    for at, turn in enumerate(recent):
        asked = _asked(turn)
        thing = done_to(asked) if is_it else None
        is_act = thing is not None and is_deed(thing, asked)
        if is_act and _names_thing(recent[at + 1 :], others):
            continue  # "Who claimed responsibility?"
        if form == "object" and is_it and (found := owned_thing(asked)):
            return found
        for source in _sources(turn, is_it=is_it):
            names = [m for m in _unsaid(source, said) if m.text not in others]
            if are_they:  # "Why did they buy it?": they are the subject
                names = [m for m in names if not m.is_subject] or names
            is_asked = source == asked and is_it
            if is_asked and thing and thing not in others and not _is_said(thing, said):
                return thing
            nouns = [m for m in names if m.noun] if is_it and form == "object" else []
            name = _pick(meant, nouns or names)
            if name is None and meant == "place":
                placed = [m for m in names if is_placed(source, m)]
                name = next((m for m in reversed(placed) if m.kind == "name"), None)
            if name is not None:
                whole = name.whole if is_it and name.noun else _in_full(name, turns)
                return (is_asked and placed_topic(asked, name, said)) or whole
            found = topic(asked, is_it=True, is_latest=not at) if is_asked else None
            if found is not None and not _is_said(found, said):
                return found
    return None


def _several_or_group(turns: Sequence[Turn], said: str) -> str | None:
    """Return what "they" most plausibly means; None where several may be meant."""
    known = _things(turns) | _stood_for(turns, PLURAL_PRONOUNS, _HE_IT)
    for turn in list(reversed(turns))[:MAX_TURNS]:
        asked = _asked(turn)
        if found := _several(turn, turns, said) or plural_subject(asked):
            return found
        known |= {m.text for m in mentions(asked) if _MANY_DO.search(asked[: m.start])}
        if (match := _ASKS_GROUP.match(asked)) and match[1].lower() not in PERSON_NOUNS:
            known |= {name.text for name in _answered(turn)}
        for source in _sources(turn):
            names, is_asked = _unsaid(source, said), source == asked
            if many := next((m.whole for m in names if has_plural(m)), None):
                return many
            likely = _pick("thing", names)
            if likely and is_asked:
                full, answer = _in_full(likely, turns), _answer(turn)
                is_one = " " not in full and is_alone(asked, likely, answer, said)
                if is_one or does_again(asked, likely, said):
                    return full
            if is_asked and (found := counted(asked)):
                is_done = any(name.is_subject for name in names)
                return None if is_done else found  # medals, or who won them
            groups = [m for m in names if _is_group(m, known)]
            addressed = [m for m in groups if is_addressed(source, m)]
            name = likely if likely in groups else _pick("thing", addressed)
            if name is not None and (is_asked or name == likely):
                return _in_full(name, turns)
            if likely is not None:
                return None
            found = topic(asked) if is_asked else None
            if found and is_plural(tokens(found)[-1]) and not _is_said(found, said):
                return found
    return None


def _is_group(name: Mention, known: frozenset[str]) -> bool:
    """Whether "they" can mean a name: no person, no deal."""
    return not name.noun and (not name.may_be_person or name.text in known)


def _unsaid(source: str, said: str) -> list[Mention]:
    names = mentions(source)
    return [m for m in names if not _is_said(f"{m.text}{m.noun}", said)]


def _is_said(name: str, said: str) -> bool:
    """Whether the words of `said` hold a name; "us" is not the US.

    Whoever writes capitals writes those of a name: "its target" is not Target.
    """
    if name in said or name.isupper() or not said[:1].islower():
        return name in said
    return f" {_lower(name)} " in f" {_lower(said)} "


def _lower(text: str) -> str:
    return " ".join(word.low for word in tokens(text))


def _several(turn: Turn, turns: Sequence[Turn], said: str) -> str | None:
    """Return the names that answered "who" or "which", or did something together.

    One name only where it does again what was asked about.
    """
    asked, is_asked = _asked(turn), _ASKS_NAME.match(_asked(turn)) is not None
    names = [name for name in _answered(turn) if name.kind != "time"]
    answer = _answer(turn).rstrip(". ")
    is_short = len(answer.split()) <= _MAX_LIST_WORDS
    if len(names) > 1 and is_short and is_asked:
        return answer
    found = together(asked, names)
    if is_asked and not found and len(names) == 1 and does_again(asked, None, said):
        return _in_full(names[0], turns)
    listed = [_in_full(name, turns) for name in found]
    return f"{', '.join(listed[:-1])} and {listed[-1]}" if found else None


def _names_thing(turns: Sequence[Turn], persons: frozenset[str]) -> bool:
    """Whether a question names what is not known to be a person."""
    names = [name for turn in turns for name in mentions(_asked(turn))]
    return any(m.kind in ("name", "place") and m.text not in persons for m in names)


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
    return (turn.answer.standalone or turn.question)[:MAX_CHARS]


def _answer(turn: Turn) -> str:
    return (turn.answer.text or "")[:MAX_CHARS]


def _sources(turn: Turn, *, is_it: bool = False) -> list[str]:
    """Return the texts of a turn, the one that more likely holds a name first."""
    asked, answer, names = _asked(turn), _answer(turn), _answered(turn)
    sentence = (turn.answer.sentence or "")[:MAX_CHARS]
    is_person = _ASKS_PERSON.match(asked) and all(m.may_be_person for m in names)
    if names and _ASKS_NAME.match(asked) and not (is_it and is_person):
        return [answer, asked, sentence]
    return [asked, answer, sentence]


def _answered(turn: Turn) -> Sequence[Mention]:
    """Return the names that an answer consists of."""
    answer = _answer(turn)
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

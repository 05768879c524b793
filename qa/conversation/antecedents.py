"""What a pronoun most plausibly means, from the turns before it."""

import re
from collections.abc import Sequence
from typing import Literal

from qa.conversation.mentions import Mention, mentions
from qa.conversation.words import (
    AUXILIARIES,
    FUNCTION_WORDS,
    PERSON_NOUNS,
    WH_WORDS,
    content_words,
    tokens,
)
from qa.conversation.words import (
    is_plural as looks_plural,
)
from qa.types import Turn

__all__ = ["Class", "Form", "antecedent"]

Class = Literal["person", "thing", "place", "time"]
"""What a pronoun can stand for: he, it, there, then."""

Form = Literal["object", "plural", "other"]
"""How it stands: an object is more often a thing than its owner."""

_MAX_TURNS = 4  # an older turn is out of mind
_MAX_NAME_WORDS = 3
_MAX_OWNED_WORDS = 4  # the genitive counts as one

# the answer is the subject: "Who met them?", not "Who did Smith play for?"
_ASKS_NAME = re.compile(
    r"(?:and )?(?:who|which)\b"
    r"(?! (?:did|do|does|is|are|was|were|has|had|have) (?-i:[A-Z]))",
    re.I,
)
# "What is X?", "Tell me about X": the topic is X, without any capital letter
_TOPIC = re.compile(
    r"(?:(?:what|who)(?:'s|\s+(?:is|are|was|were))|about)\s+(?P<topic>[^?.,!]+)", re.I
)


def antecedent(
    meant: Class, turns: Sequence[Turn], said: str = "", *, form: Form = "other"
) -> str | None:
    """Return what a pronoun of this class most plausibly means; None if nothing fits.

    The latest turn first; in it the question, then the answer, then its sentence. An
    answer to "who" or "which" comes before its question: it is what the talk is about
    now. Names that `said` holds already are passed over.
    """
    for turn in list(reversed(turns))[:_MAX_TURNS]:
        asked = _asked(turn)
        if form == "plural" and (found := _plural_subject(asked)):
            return found
        if form == "object" and meant == "thing" and (found := _owned_thing(asked)):
            return found
        for source in _sources(turn):
            known = [m for m in mentions(source) if m.text not in said]
            if (name := _pick(meant, known)) is not None:
                return _in_full(name, turns)
            if source == asked and meant == "thing" and (topic := _topic(asked)):
                return topic
    return None


def _in_full(name: Mention, turns: Sequence[Turn]) -> str:
    """Return the name as it was written at its longest: Hill, after Ray Hill."""
    if " " in name.text or name.kind in ("place", "time"):
        return name.spoken
    for turn in reversed(turns):
        for source in _sources(turn):
            for other in mentions(source):
                words = other.text.split()
                is_longer = 1 < len(words) <= _MAX_NAME_WORDS
                if is_longer and words[-1] == name.text and other.may_be_person:
                    return other.spoken
    return name.spoken


def _asked(turn: Turn) -> str:
    return turn.answer.standalone or turn.question


def _sources(turn: Turn) -> list[str]:
    asked, answer = _asked(turn), turn.answer.text or ""
    named = sum(len(name.text) for name in mentions(answer))
    if _ASKS_NAME.match(asked) and named > len(answer) // 2:
        return [answer, asked, turn.answer.sentence or ""]
    return [asked, answer, turn.answer.sentence or ""]


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


def _plural_subject(question: str) -> str | None:
    """Return the plural noun, without a capital, that follows the auxiliary.

    >>> _plural_subject("How low did oil prices fall in the slump?")
    'oil prices'
    >>> _plural_subject("What did Iran say?") is None
    True
    """
    words = tokens(question)
    for at, word in enumerate(words[:-1]):
        if word.low in AUXILIARIES:
            first = at + 2 if words[at + 1].low in ("the", "some", "these") else at + 1
            for k in range(first, min(first + 3, len(words))):
                if words[k].low in FUNCTION_WORDS or not words[k].text.islower():
                    return None
                if looks_plural(words[k]):
                    return question[words[first].start : words[k].end]
            return None
    return None


def _owned_thing(question: str) -> str | None:
    """Return the first thing that a name of the question owns.

    >>> _owned_thing("What did Iran say about Assad's elections in June?")
    "Assad's elections"
    """
    words = tokens(question)
    for name in mentions(question):
        owned = [word for word in words if word.start >= name.end]
        if not owned or owned[0].low not in ("'s", "’s", "'", "’"):
            continue
        end = 1
        while end < len(owned) and content_words(owned[end].text):
            end += 1
        if 1 < end <= _MAX_OWNED_WORDS and owned[end - 1].low not in PERSON_NOUNS:
            return question[name.start : owned[end - 1].end]
    return None


def _topic(question: str) -> str | None:
    """Return the thing that a question without names is about, where its form tells.

    >>> _topic("What is throat cancer?"), _topic("What are the symptoms of flu?")
    ('throat cancer', 'flu')
    """
    match = _TOPIC.search(question)
    if match is None:
        return None
    words = tokens(match["topic"])
    if any(word.low in AUXILIARIES | WH_WORDS for word in words):
        return None
    for at in range(len(words) - 1, 0, -1):
        if words[at - 1].low in ("of", "about"):
            words = words[at:]
            break
    while words and words[0].low in FUNCTION_WORDS:
        words = words[1:]
    if not words or any(word.low in FUNCTION_WORDS for word in words):
        return None
    return match["topic"][words[0].start : words[-1].end]

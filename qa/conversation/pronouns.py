"""Pronouns that point out of a question: which they are, and what replaces them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.conversation.antecedents import Class, Form, antecedent
from qa.conversation.mentions import Mention, mentions
from qa.conversation.words import (
    ADVERBS,
    AUXILIARIES,
    DEMONSTRATIVES,
    DETERMINERS,
    FUNCTION_WORDS,
    PERSON_NOUNS,
    PERSON_PRONOUNS,
    PLURAL_PRONOUNS,
    PREPOSITIONS,
    THING_PRONOUNS,
    TIME_NAMES,
    WH_WORDS,
    YEAR,
    Token,
    is_plural,
    meaningful_words,
    tokens,
)
from qa.types import Turn

__all__ = ["resolved_pronouns"]

_NOT_POINTING = re.compile(
    r"\bthis (?:year|week|month|morning|summer|century|decade)\b"
    r"|\b(?:does|did|do|would|will|can|could) it"
    r" (?:take(?! (?:place|part)\b)|cost\b.*\bto|matter|mean to)\b"
    r"|\bit (?:(?:often|ever|always|usually|still) )?(?:rain|snow)(?:s|ed|ing)?\b"
    r"|\bma[dk]e it (?:in)?to\b"
    r"|\b(?:is|was) it \w+ (?:to|that|for)\b|\bin that\b|\bso that\b"
    r"|\bwhat (?:time|day|date) (?:is|was) it\b|\b(?:is|was) it like (?:in|at|to)\b"
    r"|\bhow far (?:is|was) it from\b.+\bto\b"
    r"|\bit becom(?:e|es) \w+ (?:to|for)\b|\bit called when\b|\bit feel to\b"
    r"|\bit (?:so |very |too )?(?:cold|hot|warm|dark|light) (?:in|at|on)\b"
    r"|\bwhat (?:year|month) (?:is|was) it\b|\b(?:is|was) it that\b",
    re.I,
)
_GOING = frozenset("go goes going went gone get gets got travel fly".split())
_DOING = frozenset("do does did doing done say says said".split())
_BE = frozenset("is are was were".split())
_HAVE = frozenset("has have had".split())  # "which has its"
_OBJECTS = frozenset("it them him her".split())
_BEHIND_ADVERBS = (FUNCTION_WORDS - AUXILIARIES) | ADVERBS | TIME_NAMES
_CONJUNCTIONS = frozenset("before after since until than as".split())
_PARTICLES = frozenset("down away back apart together".split())  # behind an object
_PLACE_NOUNS = frozenset("country city place nation state region town area".split())
_TIME_NOUNS = frozenset("year month time period day week era".split())


def resolved_pronouns(question: str, turns: Sequence[Turn]) -> tuple[str, bool]:
    """Replace the pronouns that point out of the question; tell whether one is left.

    The first of each class is replaced, "they" and then "it" too; the ones after it
    read on as they are. No two get the same name.
    """
    words = tokens(question)
    idle = [match.span() for match in _NOT_POINTING.finditer(question)]
    parts, is_left, last, held = [], False, 0, question
    done: set[tuple[Class | None, bool]] = set()  # and whether it was of several
    has_names = not question.isupper()
    for at, word in enumerate(words):
        if has_names and len(word.text) > 1 and word.text.isupper():
            continue  # the IT department
        meant, until = _meaning(words, at)
        is_idle = any(start <= word.start < end for start, end in idle)
        is_many = word.low in PLURAL_PRONOUNS
        if until == at or is_idle or done & {(meant, is_many), (meant, False)}:
            continue
        name = None
        if meant is not None:
            form: Form = "object" if _is_object(words, at) else "other"
            if is_many:
                form = "plural"
            name = antecedent(meant, turns, held, form=form)
        if meant is None or name is None:
            is_left = True
            continue
        done.add((meant, is_many))
        held = f"{held} {name}"
        if until < len(words):  # "the Sinai crash" did not crash
            name = name.removesuffix(f" {words[until].text}")
        parts += [question[last : word.start], _inflected(name, words, at)]
        last = words[until - 1].end
    return "".join([*parts, question[last:]]), is_left


def _meaning(words: Sequence[Token], at: int) -> tuple[Class | None, int]:
    """Return what the pronoun at `at` stands for, and the index after it.

    `(None, at)` is no pronoun, or one whose noun stands in the question itself;
    `(None, at + 1)` points out of the question, but at nothing that has a name.
    """
    low = words[at].low
    follows = words[at + 1].low if at + 1 < len(words) else ""
    before = words[at - 1].low if at else ""
    if low in PERSON_PRONOUNS and not _has_person_before(words, at):
        return "person", at + 1
    if low == "it" and before in _DOING and _is_last(words, at):
        return None, at + 1  # "When did they do it?"
    if low == "then" and _is_last(words, at) and any(map(_is_past, words[:at])):
        return None, at + 1  # "Who was king then?"
    if low in THING_PRONOUNS and not _has_thing_before(words, at):
        return "thing", at + 1
    if (
        low == "there"
        and before not in AUXILIARIES
        and follows not in AUXILIARIES | {"'s", "’s"}
    ):
        text = " ".join(word.text for word in words[:at])
        is_open = at > 0 and not any(m.kind == "place" for m in mentions(text))
        return ("place", at + 1) if is_open else (None, at)
    if low in DEMONSTRATIVES:
        return _pointed_at(words, at, before, follows)
    return None, at


def _is_past(word: Token) -> bool:
    return word.low in ("was", "were", "did", "had") or word.low.endswith("ed")


def _pointed_at(
    words: Sequence[Token], at: int, before: str, follows: str
) -> tuple[Class | None, int]:
    if follows in _PLACE_NOUNS:
        return "place", at + 2
    if follows in _TIME_NOUNS:
        return "time", at + 2
    if follows in PERSON_NOUNS:
        return "person", at + 2
    is_noun = follows.isalnum() and follows not in FUNCTION_WORDS
    is_last = not follows or not follows[0].isalnum()
    follows_verb = before in PREPOSITIONS | AUXILIARIES or (is_noun and at == 0)
    if words[at].low == "that" and not is_last and not follows_verb:
        return None, at  # a conjunction or a relative
    if words[at].low == "those" and follows in ("who", "that", "which"):
        return None, at
    return None, at + 1


def _has_person_before(words: Sequence[Token], at: int) -> bool:
    """Whether somebody is named before `at` whom the pronoun can mean."""
    named = [m for m in _mentions(words[:at]) if m.kind in ("person", "name")]
    is_object = _is_object(words, at)
    if is_object:
        named = [m for m in named if not m.is_subject]
    if named:
        return True
    if at == 0 or words[at - 1].low in AUXILIARIES:
        return False
    who = words[0].low == "who" and at > 1 and words[1].low not in AUXILIARIES
    who = who or (words[0].low == "which" and at > 2)
    is_other = words[0].low == "who" and words[1].low in _BE
    if is_object and (who or is_other):
        return False  # "Who told the police about him?", "Who was king before him?"
    return who or any(word.low in PERSON_NOUNS for word in words[:at])


def _has_thing_before(words: Sequence[Token], at: int) -> bool:
    """Whether something in the question itself is what "it" or "they" can mean."""
    named, before = _mentions(words[:at]), words[at - 1].low if at else ""
    clauses = [k for k, word in enumerate(words[:at]) if word.low in ("and", "or")]
    if _is_object(words, at) and not clauses:
        is_apart = _is_last(words, at) or before not in PREPOSITIONS
        is_named = any(not m.is_subject for m in named)
        if before.endswith("ing") and words[at - 2].low in ("before", "after"):
            return is_named or _has_noun_before(words, at)  # "before selling it"
        return is_named or (not is_apart and _has_noun_before(words, at))
    if named or _is_resolved_later(words, at):
        return True
    if clauses and any(meaningful_words(word.text) for word in words[: clauses[-1]]):
        return True  # "What is flu and where is it from"
    asks = words[0].low in WH_WORDS | PREPOSITIONS | AUXILIARIES
    if asks and before in AUXILIARIES - _HAVE:
        return False  # "did it", "were they"
    if at > 1 and words[at - 2].low in DETERMINERS and before not in FUNCTION_WORDS:
        return False  # "the broker it bought"
    return _has_noun_before(words, at)


def _is_resolved_later(words: Sequence[Token], at: int) -> bool:
    """Whether the owner follows: "How much of its debt will Inco repay"."""
    is_owner = words[at].low in ("its", "their")
    return is_owner and any(m.is_subject for m in _mentions(words[at + 1 :]))


def _has_noun_before(words: Sequence[Token], at: int) -> bool:
    """Whether a noun without a capital stands before `at`, as the subject may."""
    if words[0].low in AUXILIARIES and at > 1 and meaningful_words(words[1].text):
        return True  # "Did burlesque change its form"
    if words[at].low in ("they", "them", "their") and any(map(is_plural, words[:at])):
        return True
    for word, follows in pairwise(words[:at]):
        if word.low in ("the", "a", "an") and follows.low not in FUNCTION_WORDS:
            return True
    # "Which company said it would": the noun asked for is the subject
    is_subject = at > 2 and words[0].low in ("which", "what", "who")
    is_subject = is_subject and not _is_object(words, at)
    helpers = {word.low for word in words[:at]} & AUXILIARIES
    return is_subject and (not helpers or (words[at].low == "its" and helpers <= _HAVE))


def _mentions(words: Sequence[Token]) -> list[Mention]:
    return [m for m in mentions(" ".join(w.text for w in words)) if m.kind != "time"]


def _is_last(words: Sequence[Token], at: int) -> bool:
    return at + 1 == len(words) or words[at + 1].text in "?.!,;:"


def _is_object(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun cannot mean the subject: "What did Iran say about it?"."""
    low, before = words[at].low, words[at - 1].low if at else ""
    is_verb = at > 1 and before not in FUNCTION_WORDS and words[at - 2].low != "to"
    is_governed = before in PREPOSITIONS or is_verb
    if not is_governed or low not in _OBJECTS:
        return False
    return _is_last(words, at) or (low != "her" and _is_passed(words, at))


def _is_passed(words: Sequence[Token], at: int) -> bool:
    """Whether what follows tells that the pronoun is no subject: "shot it down"."""
    follows = words[at + 1].low
    if words[at - 1].low in PREPOSITIONS - _CONJUNCTIONS:
        return follows not in AUXILIARIES | {"'s", "’s"} or words[at - 1].low == "of"
    is_time = follows in TIME_NAMES or YEAR.fullmatch(follows) is not None
    is_adverb = follows in ADVERBS or follows.endswith("ly")
    after = words[at + 2] if at + 2 < len(words) else None
    if after is not None and after.is_word and follows not in _PARTICLES:
        is_adverb = is_adverb and after.low in _BEHIND_ADVERBS  # "said it now has"
    return is_adverb or is_time or follows in PREPOSITIONS | {"and", "or", "but"}


def _inflected(name: str, words: Sequence[Token], at: int) -> str:
    """Return the name in the form of the pronoun that it replaces."""
    low = words[at].low
    if low == "there":
        before = words[at - 1].low
        if before in PREPOSITIONS:
            return name
        return f"{'to' if before in _GOING else 'in'} {name}"
    follows = words[at + 1] if at + 1 < len(words) else None
    is_owner = low in ("his", "hers", "its", "their", "theirs") or (
        low == "her"
        and follows is not None
        and follows.is_word
        and follows.low not in FUNCTION_WORDS
    )
    if not is_owner:
        return name
    return f"{name}'" if name.endswith("s") else f"{name}'s"

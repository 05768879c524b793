"""The things, with or without a capital, that a question tells to be its topic."""

import re
from collections.abc import Sequence

from qa.conversation.mentions import mentions
from qa.conversation.words import (
    AUXILIARIES,
    DEMONSTRATIVES,
    FUNCTION_WORDS,
    PERSON_NOUNS,
    WH_WORDS,
    Token,
    is_plural,
    meaningful_words,
    tokens,
)

__all__ = ["done_to", "owned_thing", "parts", "plural_subject", "topic"]

_MAX_OWNED_WORDS = 4  # the genitive counts as one
_MAX_OBJECT_WORDS = 8
_MAX_ADDED_WORDS = 2

# "Who said Iran attacked?": what follows is a clause
_SAYING = frozenset("say says said think thinks thought know knew believe".split())
_BE_OR_DO = frozenset("is are was were be been am did do does".split())
_NO_OBJECTS = frozenset("yesterday today tomorrow tonight first last best most".split())
# "What is X?", "Tell me about X": the topic is X, without any capital letter
_TOPIC = re.compile(
    r"(?:(?:what|who)(?:'s|\s+(?:is|are|was|were))|about)\s+(?P<topic>[^?.,!(]+)", re.I
)


def parts(asked: str) -> tuple[str, str]:
    """Return a completed question, and the words of the topic that were added to it."""
    whole, _, about = asked.partition(" (about: ")
    return whole, about.rstrip("?) ")


def plural_subject(question: str) -> str | None:
    """Return the plural noun, without a capital, that follows the auxiliary.

    >>> plural_subject("How low did oil prices fall in the slump?")
    'oil prices'
    >>> plural_subject("What did Iran say?") is None
    True
    """
    words = tokens(question)
    for at, word in enumerate(words[:-1]):
        if word.low in AUXILIARIES:
            first = at + 2 if words[at + 1].low in ("the", "some", "these") else at + 1
            for k in range(first, min(first + 3, len(words))):
                if words[k].low in FUNCTION_WORDS or not words[k].text.islower():
                    return None
                if is_plural(words[k]):
                    return question[words[first].start : words[k].end]
            return None
    return None


def done_to(question: str) -> str | None:
    """Return what somebody who is asked for did something to.

    >>> done_to("Who invented the telephone?"), done_to("Who has discovered flu?")
    ('the telephone', 'flu')
    >>> done_to("Who met the president?"), done_to("Who is the author of Dracula?")
    (None, None)
    >>> done_to("Who said Iran attacked?") is None
    True
    """
    words = tokens(question)
    words = words[1:] if words and words[0].low == "and" else words
    at = 1
    while at < len(words) and words[at].low in AUXILIARIES - _BE_OR_DO:
        at += 1
    first = at + 1
    if first >= len(words) or words[0].low != "who":
        return None
    if words[at].low in FUNCTION_WORDS | _SAYING:
        return None
    end = first + (words[first].low == "the")
    head = end - 1
    while end < len(words) and _goes_on(words, end):
        if not {"of", "and"} & {word.low for word in words[first : end + 1]}:
            head = end
        end += 1
    noun, is_whole = words[head], head >= first and end - first <= _MAX_OBJECT_WORDS
    is_title = noun.is_capital and words[first].text in ("The", noun.text)
    if not is_whole or noun.low in _NO_OBJECTS | {"the"}:
        return None
    if noun.low in PERSON_NOUNS and not is_title:
        return None
    if is_plural(noun) or noun.low.endswith("ly"):
        return None
    return question[words[first].start : words[end - 1].end]


def _goes_on(words: Sequence[Token], at: int) -> bool:
    """Whether the word at `at` belongs to the noun before it."""
    if words[at].low in ("'s", "’s"):
        return True
    if words[at].low == "and" and words[at - 1].is_capital:  # Pride and Prejudice
        return any(word.is_capital for word in words[at + 1 : at + 3])
    if words[at].low == "of":
        return at + 1 < len(words) and (
            words[at + 1].low == "the" or _goes_on(words, at + 1)
        )
    is_of_the = words[at].low == "the" and words[at - 1].low in ("of", "and")
    return is_of_the or (words[at].is_word and words[at].low not in FUNCTION_WORDS)


def owned_thing(question: str) -> str | None:
    """Return the first thing that a name of the question owns.

    >>> owned_thing("What did Iran say about Assad's elections in June?")
    "Assad's elections"
    """
    words = tokens(question)
    for name in mentions(question):
        owned = [word for word in words if word.start >= name.end]
        if not owned or owned[0].low not in ("'s", "’s", "'", "’"):
            continue
        end = 1
        while end < len(owned) and meaningful_words(owned[end].text):
            end += 1
        if 1 < end <= _MAX_OWNED_WORDS and owned[end - 1].low not in PERSON_NOUNS:
            return question[name.start : owned[end - 1].end]
    return None


def topic(question: str, *, is_it: bool = False) -> str | None:
    """Return the thing that a question without names is about, where its form tells.

    >>> topic("What is throat cancer?"), topic("What are the symptoms of flu?")
    ('throat cancer', 'flu')
    >>> topic("What are the symptoms (about: anemia)?", is_it=True)
    'anemia'
    """
    whole, about = parts(question)
    match = _TOPIC.search(whole)
    if match is None:
        return None
    words = list(tokens(match["topic"]))
    if any(word.low in AUXILIARIES | WH_WORDS | DEMONSTRATIVES for word in words):
        return None
    is_narrow = False  # what follows "of" is asked about, sooner than what was added
    for at in range(len(words) - 1, 0, -1):
        if words[at - 1].low in ("of", "about"):
            words, is_narrow = words[at:], True
            break
    if is_it and not is_narrow and 1 <= len(about.split()) <= _MAX_ADDED_WORDS:
        return about
    while words and words[0].low in FUNCTION_WORDS:
        words = words[1:]
    is_other = not words or (is_it and is_plural(words[-1]))
    if is_other or any(word.low in FUNCTION_WORDS for word in words):
        return None
    return match["topic"][words[0].start : words[-1].end]

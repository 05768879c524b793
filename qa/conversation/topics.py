"""The thing, without a capital, that a question is about."""

import re

from qa.conversation.added import parts
from qa.conversation.words import (
    AUXILIARIES,
    DEMONSTRATIVES,
    FUNCTION_WORDS,
    WH_WORDS,
    is_plural,
    tokens,
)

__all__ = ["topic"]

_MAX_ADDED_WORDS = 2

# "What is X?", "Tell me about X": the topic is X, without any capital letter
_TOPIC = re.compile(
    r"(?:(?:what|who)(?:'s|\s+(?:is|are|was|were))|about)\s+(?P<topic>[^?.,!(]+)", re.I
)


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

"""The words of the topic, added to a question behind "about"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.conversation.mentions import mentions
from qa.conversation.words import meaningful_words, tokens

__all__ = ["about", "parts", "topic_words", "unmarked"]

_MAX_TOPIC_WORDS = 8  # benchmarks/results/followup

_ADDED = re.compile(r" \(about: ([^()]*)\)")


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


def parts(asked: str) -> tuple[str, str]:
    """Return a completed question, and the words of the topic that were added to it.

    >>> parts("Who lost (about: Rugby final) in 2015?")
    ('Who lost in 2015?', 'Rugby final')
    """
    return _ADDED.sub("", asked), " ".join(_ADDED.findall(asked))

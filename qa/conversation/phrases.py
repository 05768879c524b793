"""The noun that a name with "the" only modifies: the Iran nuclear deal."""

import re
from collections.abc import Sequence

from qa.conversation.words import (
    ADVERBS,
    AUXILIARIES,
    COMMON_VERBS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    Token,
    is_plural,
)

__all__ = ["is_adverb", "is_participle", "is_verb", "noun_end"]

_BE = frozenset("is are was were be been".split())
_HAVE = frozenset("has have had".split())
_CLAUSE = frozenset("say says said think thinks thought know knew believe".split())
# a verb before a bare noun: "Did the Taliban take power?"
_VERBS = COMMON_VERBS | frozenset(
    """take took lose lost win won hold held raise pay paid leave left keep kept start
    stop begin began admit deny remain""".split()
)
# participles that do not end in "ed": "When was the bridge built?"
_IRREGULAR = frozenset(
    """built bought brought broken caught chosen cut drawn driven found given grown held
    hidden hit kept known laid led left lost made paid put read run seen sent set shown
    shut sold spent stolen taken taught told torn won worn written""".split()
)
_LY_NOUNS = frozenset("family assembly supply reply ally monopoly".split())
_ADJECTIVE = re.compile(r"(?:.{3}[ai]ble|ous|ful)$")  # behind a noun: responsible for


def noun_end(
    words: Sequence[Token], first: int, after: int, *, has_noun: bool = False
) -> int:
    """Return the index after the noun that follows the name `words[first:after]`.

    It is `after` where no noun follows, or what follows may as well be the verb, unless
    the name must have a noun (`has_noun`). "the" stands at `first - 1`.
    """
    end = after
    while end < len(words) and _may_be_noun(words[end]):
        end += 1
    while end > after and _ADJECTIVE.search(words[end - 1].low):
        end -= 1
    run, lead = words[after:end], words[first - 2].low if first > 1 else ""
    follows = words[end].low if end < len(words) else ""
    if not run:
        return after
    if lead in AUXILIARIES:
        is_what = any(word.low in ("what", "who") for word in words[: first - 2])
        left = _without_verb(run, lead, follows, is_what=is_what)
        return after + max(left, has_noun)
    is_governed = lead in PREPOSITIONS or (
        lead.isalnum() and lead not in FUNCTION_WORDS | _CLAUSE
    )
    is_all = first == 1 and not follows
    return end if is_governed or is_all or follows in AUXILIARIES else after


def _may_be_noun(word: Token) -> bool:
    is_plain = word.text.islower() and word.low not in FUNCTION_WORDS | ADVERBS
    return is_plain and not is_verb(word.low) and not is_adverb(word.low)


def is_adverb(low: str) -> bool:
    """Whether a word has the look of an adverb."""
    return low.endswith("ly") and low not in _LY_NOUNS


def is_verb(low: str) -> bool:
    """Whether a word is more likely a verb, or a participle, than a noun."""
    return low in _VERBS or low == "being" or re.search("(?<!e)ed$", low) is not None


def is_participle(low: str) -> bool:
    """Whether a word behind a noun may tell what was done to it: built, closed."""
    return is_verb(low) or low in _IRREGULAR


def _without_verb(
    run: Sequence[Token], helper: str, follows: str, *, is_what: bool
) -> int:
    """Return how many words of a subject's run stand before its verb."""
    n, is_open = len(run), not follows.isalnum() or follows in PREPOSITIONS
    if follows in _VERBS or (helper in _BE | _HAVE and is_verb(follows)):
        return n
    if helper in _BE:
        if _ADJECTIVE.search(follows):  # "Are the Dover training plans available?"
            return n
        doing = (k for k, word in enumerate(run) if word.low.endswith("ing"))
        if (at := next(doing, None)) is not None:
            return at  # "Why is the Fed raising rates?"
        if is_what:  # "What was the Minsk ceasefire?"
            return n
        return n - (is_open and not is_plural(run[-1]))
    if is_open and is_plural(run[-1]) and n > 1:
        return 0  # "Did the Fed cut interest rates?"
    return n - (not is_plural(run[-1]))

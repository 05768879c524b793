"""The thing, without a capital, that a question is about."""

import re
from collections.abc import Sequence
from itertools import takewhile

from qa.conversation.added import parts
from qa.conversation.mentions import Mention
from qa.conversation.phrases import is_adverb, is_participle
from qa.conversation.things import is_placed
from qa.conversation.words import (
    ADVERBS,
    AUXILIARIES,
    DEMONSTRATIVES,
    FUNCTION_WORDS,
    PERSON_NOUNS,
    PREPOSITIONS,
    WH_WORDS,
    Token,
    is_plural,
    tokens,
)

__all__ = ["placed_topic", "topic"]

_MAX_ADDED_WORDS = 2
_MAX_NOUN_WORDS = 3
# "What is X?", "Tell me about X": the topic is X, without any capital letter
_TOPIC = re.compile(
    r"(?:(?:what|who)(?:'s|\s+(?:is|are|was|were))|(?P<about>\babout))"
    r"\s+(?P<topic>[^?.,!(]+)",
    re.I,
)
_ARTICLES = frozenset("the a an my our".split())
_BE = frozenset("is are was were".split())
_MY_DOING = re.compile(  # "How do I apply for a permit?"
    r"(?:how|where|when) (?:do|can|should|must) (?:i|we|you)"
    r" \w+(?: (?:for|to|with|off))? ",
    re.I,
)
# "How long is a permit valid?", but not "How heavy is the coffee machine?"
_OF_PREDICATES = frozenset("long far often much many well".split())
_FINITE = AUXILIARIES - {"be", "been", "have", "had"}
_NAMES_DOER = re.compile(r".{2,}(?:[eo]r|ist|ian|ee|ant)$")  # printer, or painter


def topic(question: str, *, is_it: bool = False, is_latest: bool = False) -> str | None:
    """Return the thing that a question without names is about, where its form tells.

    Of the latest question "it" may mean its only noun, too.

    >>> topic("What is throat cancer?"), topic("What are the symptoms of flu?")
    ('throat cancer', 'flu')
    >>> topic("What are the symptoms (about: anemia)?", is_it=True)
    'anemia'
    >>> topic("What about the pump (about: library)?", is_it=True)
    'the pump'
    >>> topic("When was the bridge built?", is_it=True, is_latest=True)
    'the bridge'
    """
    whole, about = parts(question)
    match = _TOPIC.search(whole)
    if match is None:
        return _noun(whole) if is_it and is_latest else None
    words = list(tokens(match["topic"]))
    if any(word.low in AUXILIARIES | WH_WORDS | DEMONSTRATIVES for word in words):
        return None
    # what follows "of" is asked about, sooner than what was added
    is_narrow = match["about"] is not None
    for at in range(len(words) - 1, 0, -1):
        if words[at - 1].low in ("of", "about"):
            words, is_narrow = words[at:], True
            break
    added = tokens(about)
    is_added = is_it and not is_narrow and 1 <= len(added) <= _MAX_ADDED_WORDS
    if is_added and not any(_is_done(word) for word in added):
        return about
    owner = list(takewhile(lambda word: word.low not in ("'s", "’s"), words))
    if is_it and not any(word.is_capital for word in owner):
        words = owner  # "What about the pump's price?": the talk is of the pump
    first = next((k for k, w in enumerate(words) if w.low not in FUNCTION_WORDS), None)
    if first is None or (is_it and is_plural(words[-1])):
        return None
    if any(word.low in FUNCTION_WORDS for word in words[first:]):
        return None
    while words[-1].low not in FUNCTION_WORDS and _is_done(words[-1]):
        words.pop()
    if len(words) <= first:
        return None
    first -= first > 0 and words[first - 1].low in _ARTICLES
    return match["topic"][words[first].start : words[-1].end]


def placed_topic(question: str, place: Mention, said: str) -> str | None:
    """Return the thing that a question asks for in a place: "it" is not the place.

    >>> from qa.conversation.mentions import mentions
    >>> asked = "What is the tax in Cuba?"
    >>> placed_topic(asked, mentions(asked)[0], "Is it high?")
    'the tax in Cuba'
    >>> placed_topic(asked, mentions(asked)[0], "Is it high there?")
    'the tax'
    """
    if place.kind != "place" or not is_placed(question, place):
        return None
    before = question[: place.start].removesuffix("the ").rstrip()
    head = before.rpartition(" ")[0]
    found = topic(head, is_it=True)
    if found is None or tokens(found)[-1].low in PERSON_NOUNS:
        return None
    is_there = any(word.low == "there" for word in tokens(said))
    return found if is_there else f"{found}{question[len(head) : place.end]}"


def _is_done(word: Token) -> bool:
    """Whether a word tells what was done: "closed" is no thing."""
    return word.text.islower() and is_participle(word.low)


def _noun(question: str) -> str | None:
    """Return the only noun with an article, where its end can be told.

    >>> _noun("How do I reset the router?"), _noun("Why does the light blink?")
    ('the router', 'the light')
    >>> _noun("Did the firm close the shop?"), _noun("Does the policy cover theft?")
    (None, None)
    """
    words = tokens(question)
    at = [k for k, word in enumerate(words) if word.low in _ARTICLES]
    if len(at) != 1 or at[0] + 1 == len(words):
        return None
    first = at[0] + 1
    run = list(takewhile(_is_plain, words[first:]))
    after = words[first + len(run)].low if first + len(run) < len(words) else "?"
    n = _noun_words(question[: words[at[0]].start], run, after)
    noun = run[:n]
    if not noun or n > _MAX_NOUN_WORDS or after in ("of", "'s", "’s"):
        return None
    if is_plural(noun[-1]) or noun[-1].low in PERSON_NOUNS:
        return None
    return question[words[at[0]].start : noun[-1].end]


def _noun_words(before: str, run: Sequence[Token], after: str) -> int:
    """Return how many words of a run behind an article are the noun; 0 if unknown.

    A predicate may follow a form of "be", a verb follows "did": they are not the noun.
    """
    lows = [word.low for word in tokens(before)]
    if not lows or lows[0] not in WH_WORDS | AUXILIARIES | PREPOSITIONS:
        return 0  # no question begins like this
    is_closed = after in AUXILIARIES or is_participle(after)
    if lows[-1] in _BE:
        if is_closed or len(run) == 1:
            return len(run)
        if lows[0] in _BE:  # "Is the pool open?"
            return 1 if len(run) == 2 else 0
        is_graded = lows[0] == "how" and len(lows) > 2 and lows[1] not in _OF_PREDICATES
        is_whole = lows[0] in ("what", "where", "who") or is_graded
        return len(run) if is_whole else 0
    if lows[-1] not in _FINITE:
        return len(run) if _MY_DOING.fullmatch(before) else 0
    if "what" in lows or "which" in lows:
        return 0  # "What did the firm buy?": it may be what was bought
    is_closed = is_closed or (len(run) == 1 and after in PREPOSITIONS | ADVERBS)
    n = len(run) if is_closed else len(run) - 1
    is_doer = n > 0 and _NAMES_DOER.fullmatch(run[n - 1].low) is not None
    return 0 if is_doer or (n > 1 and not is_closed) else n


def _is_plain(word: Token) -> bool:
    is_noun = word.low not in FUNCTION_WORDS | ADVERBS and not is_participle(word.low)
    return word.text.islower() and is_noun and not is_adverb(word.low)

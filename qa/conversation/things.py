"""The things, with or without a capital, that a question tells to be its topic."""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from qa.conversation.added import parts
from qa.conversation.mentions import Mention, mentions
from qa.conversation.words import (
    ADVERBS,
    AUXILIARIES,
    COMMON_VERBS,
    FUNCTION_WORDS,
    PERSON_NOUNS,
    Token,
    is_plural,
    meaningful_words,
    tokens,
)

__all__ = ["counted", "does_again", "done_to", "has_plural", "is_addressed"]
__all__ += ["is_alone", "is_deed", "is_placed", "owned_thing"]
__all__ += ["plural_subject", "together"]

_MAX_OWNED_WORDS = 4  # the genitive counts as one
_MAX_OBJECT_WORDS = 8

# "Who said Iran attacked?": what follows is a clause
_SAYING = frozenset("say says said think thinks thought know knew believe".split())
_BE_OR_DO = frozenset("is are was were be been am did do does".split())
_NO_OBJECTS = frozenset("yesterday today tomorrow tonight first last best most".split())
_JOINTLY = re.compile(  # who met whom: both did
    r"(?:me?et|agreed?|talk(?:ed)?|sp(?:ea|o)ke?|negotiated?|marr(?:y|ied)"
    r"|fight|fought)(?: (?:with|to|against))?(?: the)?",
    re.I,
)
# whom they answer is somebody else: "How did they respond?"
_TO_OTHERS = re.compile(
    rf"\bthey (?:{_JOINTLY.pattern}|answer|repl|respond|react)", re.I
)
_PLACED = re.compile(r"\b(?:in|at|near|from|to)(?: the)? $", re.I)
_ADDRESSED = re.compile(
    r"\b(?:about|(?:sa(?:y|ys|id)|sp(?:ea|o)ks?e?|wr[io]te|talk(?:s|ed)?) to"
    r"|tells?|told|ask(?:s|ed)?|warn(?:s|ed)?)(?: the)? $",
    re.I,
)
_LIGHT = re.compile(  # what is done is told by the noun: "claimed responsibility"
    r"(?:and )?who(?: (?:has|have|had|will|\w+ly))* (?:claim(?:s|ed)?|takes?|took"
    r"|taken|gives?|gave|given|makes?|made|has|have|had|wins?|won|pays?|paid)\b",
    re.I,
)
_THEY_DO = re.compile(r"\bthey (?:(?:first|last|also|ever|\w+ly) )?([a-z]+)", re.I)


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


def counted(question: str) -> str | None:
    """Return the plural noun, without a capital, that is counted.

    >>> counted("How many Syrian refugees came?"), counted("How many people died?")
    ('refugees', None)
    """
    words = tokens(question)
    if len(words) < 4 or (words[0].low, words[1].low) != ("how", "many"):
        return None
    nouns = takewhile(lambda word: word.low not in FUNCTION_WORDS, words[2:5])
    found = next(filter(is_plural, nouns), None)
    return None if found is None or found.low == "people" else found.text


def has_plural(name: Mention) -> bool:
    """Whether a name modifies a plural noun: the Syria talks."""
    return bool(name.noun) and is_plural(tokens(name.noun)[-1])


def does_again(question: str, name: Mention | None, follow_up: str) -> bool:
    """Whether "they" do what the subject of a question did (without one: "who").

    >>> asked = "When did Saab sell planes to Iran?"
    >>> does_again(asked, mentions(asked)[0], "How many did they sell?")
    True
    """
    match = _THEY_DO.search(follow_up)
    if match is None or not (name is None or name.is_subject):
        return False
    verb, done = match[1].lower(), tokens(question[name.end if name else 0 :])
    is_common = verb in FUNCTION_WORDS | COMMON_VERBS
    return not is_common and _stem(verb) in {_stem(word.low) for word in done}


def _stem(verb: str) -> str:
    return re.sub(r"(?<=..)(?:ing|e?[ds]|e)$", "", verb)


def is_addressed(text: str, name: Mention) -> bool:
    """Whether somebody speaks to a name, or about it: "What did he tell Iran?"."""
    return _ADDRESSED.search(text[: name.start]) is not None


def is_placed(text: str, name: Mention) -> bool:
    """Whether a name may tell where: "How did the vote in Essex end?"."""
    is_behind = _PLACED.search(text[: name.start]) is not None
    return is_behind and not is_addressed(text, name)


def is_alone(question: str, name: Mention, answer: str, follow_up: str) -> bool:
    """Whether "they" can only be the subject of a question: nobody else is named.

    >>> asked = "When did Saab move to Iran?"
    >>> is_alone(asked, mentions(asked)[0], "", "How many do they sell?")
    True
    >>> asked = "When did Saab sue Fiat?"
    >>> is_alone(asked, mentions(asked)[0], "", "How much did they pay?")
    False
    """
    others = [m for m in mentions(question) if m.kind != "time" and m != name]
    if not name.is_subject or not all(is_placed(question, m) for m in others):
        return False
    words = [*tokens(parts(question)[0]), *tokens(answer)[-1:]]
    is_other = any(is_plural(word) or word.low in PERSON_NOUNS for word in words)
    return not is_other and _TO_OTHERS.search(follow_up) is None


def is_deed(thing: str, question: str) -> bool:
    """Whether a noun only tells what somebody did: "Who took part?"."""
    is_plain = thing.islower() and not thing.startswith("the ")
    return is_plain and _LIGHT.match(question) is not None


def together(question: str, answered: Sequence[Mention]) -> list[Mention]:
    """Return those who are named together: by "and", or by who met whom.

    >>> [m.text for m in together("When did Kerry meet Lavrov?", ())]
    ['Kerry', 'Lavrov']
    >>> [m.text for m in together("What did Iran, Cuba and Chad sign?", ())]
    ['Iran', 'Cuba', 'Chad']
    """
    names = [m for m in mentions(question) if m.kind != "time" and not m.noun]
    found: list[Mention] = []
    for name, other in pairwise(names):
        between = question[name.end : other.start].strip(", ").lower()
        is_list = between.removesuffix("the").strip() in ("", "and")
        if not is_list and found:
            break
        if is_list and question[name.end : other.start].strip():
            found = [*(found or [name]), other]
        elif name.is_subject and _JOINTLY.fullmatch(between):
            return [name, other]
    is_done = any(name.is_subject for name in names)
    if found and is_done and is_placed(question, found[0]):
        return []  # "Why did Shell drill in Alaska and Canada?"
    if len(found) > 1:
        return found if " and " in question[found[-2].end : found[-1].start] else []
    match = re.match(rf"who {_JOINTLY.pattern} ", question, re.I)
    met = [name for name in names if match and match.end() == name.start]
    return [*answered, *met] if len(answered) == len(met) == 1 else []


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
    while at < len(words) and _is_before_verb(words[at].low):
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


def _is_before_verb(low: str) -> bool:
    return low in AUXILIARIES - _BE_OR_DO or low.endswith("ly")


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
    is_noun = words[at].low not in FUNCTION_WORDS | ADVERBS
    return is_of_the or (words[at].is_word and is_noun)


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

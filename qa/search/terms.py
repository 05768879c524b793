"""The words of a question: which of them say what it is about."""

import re
from functools import lru_cache

__all__ = ["content_words", "coverage", "quoted_phrases", "stem", "well_formed"]

# words of a question that say how it asks, not what about
_FUNCTION_WORDS = frozenset(
    """
    a an the of in on at by for from to with into onto about as and or but nor than then
    is are was were be been being am do does did done has have had having will would
    shall should can could may might must i you he she it we they me him her us them my
    your his its our their this that these those there here who whom whose which what
    when where why how s t d ll re ve m don didn doesn isn wasn weren aren not no
    if so any some tell please according
    """.split()
)
_SUFFIXES = tuple("ations ation ions ings ion ing ies ers ed er es ly s e".split())
_SHORTEST_STEM = 4  # characters
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]{2,200})[\"“”»]")


def content_words(question: str) -> list[str]:
    """Return the words of a question that say what it is about, in order, once each.

    >>> content_words("What did Iran say about the elections of Iran?")
    ['Iran', 'say', 'elections']
    >>> content_words("Who won the cup?")
    ['won', 'cup']
    """
    words = dict.fromkeys(_WORD.findall(question))
    seen: dict[str, str] = {}
    for word in words:
        seen.setdefault(word.lower(), word)
    kept = [word for low, word in seen.items() if low not in _FUNCTION_WORDS]
    return kept or list(seen.values())


def quoted_phrases(question: str) -> list[str]:
    """Return what stands between double quotation marks.

    >>> quoted_phrases('Who called it a "grand and single coalition"?')
    ['grand and single coalition']
    """
    return [phrase.strip() for phrase in _QUOTED.findall(question)]


def well_formed(text: str) -> str:
    r"""Replace halves of surrogate pairs, which neither models nor indexes take.

    >>> well_formed("Where is \ud83d?")
    'Where is ??'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


@lru_cache(1 << 14)
def stem(word: str) -> str:
    """Return a rough stem, so that forms of one word compare equal.

    Cruder than the stemmer of the index, and enough to see whether a sentence takes
    up a word of the question.

    >>> [stem(w) for w in ("Elections", "election", "cancelled", "carries", "U.S")]
    ['elect', 'elect', 'cancel', 'carr', 'u.s']
    """
    low = word.lower()
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _SHORTEST_STEM:
            low = low[: -len(suffix)]
            break
    return low[:-1] if len(low) > _SHORTEST_STEM and low[-1] == low[-2] else low


@lru_cache(256)  # a question looks at each of its passages a dozen times
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text))


@lru_cache(16)
def _wanted(question: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(question))


def coverage(question: str, text: str) -> float:
    """Return the share of the question's content words that `text` takes up.

    >>> coverage("Who cancelled the match?", "The match in Hanover was canceled.")
    1.0
    """
    wanted = _wanted(question)
    return len(wanted & _stems(text)) / len(wanted) if wanted else 0.0

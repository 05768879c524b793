"""The words of a question: which of them say what it is about."""

import re
import unicodedata
from functools import lru_cache
from reprlib import repr as short

from qa.errors import QuestionError

__all__ = [
    "UNSEEN",
    "checked",
    "content_words",
    "coverage",
    "fold",
    "is_bare",
    "quoted_phrases",
    "spelled",
    "stem",
    "topic_words",
    "well_formed",
]

# words of a question that say how it asks, not what about
_FUNCTION_WORDS = frozenset(
    """
    a an the of in on at by for from to with into onto about as and or but nor than then
    is are was were be been being am do does did done has have had having will would
    shall should can could may might must i you he she it we they me him her us them my
    your his its our their this that these those there here who whom whose which what
    when where why how s t d ll re ve m not no if so any some tell please according
    don't doesn't didn't haven't hasn't hadn't isn't aren't wasn't weren't ain't can't
    couldn't won't wouldn't shan't shouldn't mustn't mightn't mayn't
    """.split()
)
_AMOUNTS = frozenset(("much", "many"))
_NAMES = frozenset(("May", "Will"))  # which function words may be, past the start
_REPLIES = frozenset("no not some any".split())  # function words that answer, too
_JOINING = frozenset(  # words that a search may count in full, and no answer is made of
    "because until till unless while whereas although though also just only very even "
    "ever too per via upon".split()
)
_BARE = (_FUNCTION_WORDS | _JOINING) - _REPLIES
_SUFFIXES = tuple("ations ation ions ings ion ing ies ers ed er es ly s e".split())
_SHORTEST_STEM = 4  # characters
# letters with dots between them, or a word with its "n't"; what else follows an
# apostrophe is left out
_WORD = re.compile(
    r"([^\W\d_](?:\.[^\W\d_]\b)+\.?|\w+(?:(?<=n)'t\b)?)(?:'(?:s|d|m|ll|re|ve)\b)?",
    re.IGNORECASE,
)
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Soft hyphen, and characters without width: no reader sees them."""

_DOTTED = re.compile(r"(?<![\w.])[^\W\d_](?:\.[^\W\d_]\b)+(?!\.\w)")  # U.S, J.K
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]*)[\"“”»]")
_DOUBLED = re.compile(r"\"{2,}(?=\w)|(?<=\w)\"{2,}")  # as CSV writes them
_SHORTEST_PHRASE, _LONGEST_PHRASE = 2, 200  # characters


def fold(text: str) -> str:
    r"""Return a text as it is compared: one code for what looks alike (NFKC).

    PDF files and some systems write a letter and its accent apart, and put soft hyphens
    and characters without width into words. Offsets are those of another text.

    >>> fold("Mu\u0308ller's exam\u00adple of the \ufb01rst")
    "M\xfcller's example of the first"
    """
    if text.isascii():
        return text
    for char in UNSEEN:
        text = text.replace(char, "")
    return unicodedata.normalize("NFKC", text)


def spelled(text: str) -> str:
    """Return the text folded, and behind it what has dots once more without them.

    So US finds U.S., and phrases stand as they did.

    >>> spelled("The U.S. and the UK")
    'The U.S. and the UK US'
    """
    text = fold(text)
    dotted: list[str] = _DOTTED.findall(text)
    return " ".join([text, *(word.replace(".", "") for word in dotted)])


def checked(question: str, *, max_chars: int) -> str:
    r"""Return a question as it is asked, with one space between its words.

    A line break or a second space, which pasting leaves, would make it another kind of
    question, and another one to remember.

    >>> checked(" Who\u00a0won\n the cup? ", max_chars=100)
    'Who won the cup?'

    Raises:
        QuestionError: if it is no text, has no word, or more than `max_chars`
            characters.
    """
    if not isinstance(question, str):
        raise QuestionError(
            f"the question is {short(question)}; wanted text, such as "
            '"What did Iran say about Assad\'s elections?"'
        )
    question = " ".join(well_formed(question).split())
    if len(question) > max_chars:
        raise QuestionError(
            f"the question has {len(question):,} characters; a question has at most "
            f"{max_chars:,}. Ask in a sentence or two."
        )
    if not content_words(question):
        raise QuestionError(
            f"the question {question!r} has no word. Ask in a sentence, such as "
            '"What did Iran say about Assad\'s elections?"'
        )
    return question


def content_words(question: str) -> list[str]:
    """Return the words of a question that say what it is about, in order, once each.

    >>> content_words("What did Iran say about the elections of Iran?")
    ['Iran', 'say', 'elections']
    >>> content_words("Who won the cup?")
    ['won', 'cup']
    >>> content_words("Why couldn't the U.S. tell us what May's plan was?")
    ['U.S.', 'May', 'plan']
    """
    words = _words(question)
    has_names = not question.isupper()
    kept = [
        word
        for place, word in enumerate(words)
        if word.lower() not in _FUNCTION_WORDS
        or (has_names and _is_name(word, is_first=place == 0))
    ]
    seen: dict[str, str] = {}
    for word in kept or words:
        seen.setdefault(word.lower(), word)
    return list(seen.values())


def topic_words(question: str) -> list[str]:
    """Return the content words that articles about it would hold.

    Retrieval asks for "many" all the same: without it, two of 335 questions find less.

    >>> topic_words("How many people came?")
    ['people', 'came']
    """
    return [w for w in content_words(question) if w.lower() not in _AMOUNTS]


def _is_name(function_word: str, *, is_first: bool) -> bool:
    """Tell whether it is written as a name: US, WHO, or May within a question."""
    if len(function_word) > 1 and function_word.isupper():
        return True
    if function_word.isupper() and function_word != "I":  # vitamin D, Model T
        return not is_first
    return function_word in _NAMES and not is_first


def is_bare(text: str) -> bool:
    """Tell whether a text holds function words alone, which answer nothing.

    >>> is_bare("on the"), is_bare("only"), is_bare("the US"), is_bare("it didn't")
    (True, True, False, False)
    """
    words = _words(text)
    return bool(words) and all(
        word.lower() in _BARE
        and not word.endswith("n't")
        and (word == "I" or not word.isupper())
        for word in words
    )


def _words(text: str) -> list[str]:
    found: list[str] = _WORD.findall(fold(text).replace("’", "'"))
    return found


def quoted_phrases(question: str) -> list[str]:
    """Return what stands between double quotation marks, from 2 to 200 characters.

    >>> quoted_phrases('Who called it a "grand and single coalition"?')
    ['grand and single coalition']
    """
    quotes = _QUOTED.findall(_DOUBLED.sub('"', question))
    quoted = [phrase.strip() for phrase in quotes]
    return [p for p in quoted if _SHORTEST_PHRASE <= len(p) <= _LONGEST_PHRASE]


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

    >>> [stem(w) for w in ("Elections", "election", "cancelled", "carries", "U.S.")]
    ['elect', 'elect', 'cancel', 'carr', 'us']
    >>> stem("10000")
    '10000'
    """
    low = word.lower().replace(".", "")
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _SHORTEST_STEM:
            low = low[: -len(suffix)]
            break
    is_doubled = len(low) > _SHORTEST_STEM and low[-1] == low[-2] and low.isalpha()
    return low[:-1] if is_doubled else low


@lru_cache(256)  # a question looks at each of its passages a dozen times
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _words(text))


@lru_cache(16)
def _wanted(question: str) -> frozenset[str]:
    return frozenset(stem(word) for word in topic_words(question))


def coverage(question: str, text: str) -> float:
    """Return the share of the question's content words that `text` takes up.

    >>> coverage("Who cancelled the match?", "The match in Hanover was canceled.")
    1.0
    """
    wanted = _wanted(question)
    return len(wanted & _stems(text)) / len(wanted) if wanted else 0.0

"""Questions of a question word alone: "Why?", "And when was that?"."""

import re
from collections.abc import Sequence
from itertools import takewhile

from qa.conversation.added import about, topic_words, unmarked
from qa.conversation.mentions import mentions
from qa.conversation.phrases import is_participle, is_verb
from qa.conversation.words import (
    AUXILIARIES,
    COMMON_VERBS,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    WH_WORDS,
    Token,
    tokens,
)

__all__ = ["ANSWERED", "as_bare_question", "merged_bare", "without_bare"]

_MAX_ANSWER_WORDS = 10  # a longer answer is no part of the next question

_BARE = re.compile(
    r"(?:(?:and|but|so|or)\s+)?(?P<wh>"
    r"(?:(?:in|at|on|of|to|from|by|for|with|about|over|under|during|since|until"
    r"|against|after|before|between|through|without)\s+)?"
    r"(?:what|which|who|whom|when|where|why|how)"
    r"(?:\s+(?:much|many|long|far|often|big|large|high|so|not|exactly))?"
    r"(?P<noun>\s+[\w-]+)?)"
    r"(?P<rest>\s+(?P<be>is|was|were|are|did|would)\s+(?P<it>that|this|it|so)"
    r"(?P<happen>\s+happen\w*)?)?\s*\??",
    re.I,
)
_WH_PHRASE = re.compile(
    r"(?:(?P<preposition>in|at|on|of|to|from|by|for|with|over|during|since|under)\s+)?"
    r"(?P<wh>what|which|who|whom|when|where|why|how)\b",
    re.I,
)
# "Who won (New Zealand), and when": what was answered is no part of what was asked
ANSWERED = re.compile(r" \((?!about:)(?:[^()]|\([^()]*\))*\)$")
_SHARE = re.compile(r"(?:what|which) (?:percentage|proportion|share|number) of ", re.I)
_ABOUT = re.compile(r"what about ", re.I)
_COUNTED = re.compile(r"(?:how (?P<many>many|much)|which|what) ", re.I)
_GRADED = re.compile(
    r"how (?P<grade>\w+) (?P<clause>(?:is|are|was|were) (?!it\b|there\b)[^(]+)", re.I
)
_AMOUNT = re.compile(r"how (?:many|much|big|large|high)")
_REVERSED = re.compile(r"(what|who|whom|where) (for|from|with|by|about)")  # "What for?"
_DENIED = {"can": "can't", "will": "won't"}
_ADVERBS = frozenset("many much long far often come".split())  # behind "how"
_MIN_CLAUSE_WORDS = 3  # with fewer it may have no noun: "Which won?"
_DO = frozenset("do does did".split())
_ADJUNCTS = frozenset("when where why how".split())
_SUBJECTS = frozenset("who what which".split())
_SPEAKERS = frozenset("i you we he she it they".split())


def as_bare_question(question: str) -> str | None:
    """Return the question word of "Why?", "And when was that?"; None for others.

    >>> as_bare_question("And when was that?"), as_bare_question("On what revenues?")
    ('when', 'on what revenues')
    >>> as_bare_question("Who won?"), as_bare_question("Where is it?")
    (None, None)
    """
    match = _BARE.fullmatch(question.strip())
    if match is None:
        return None
    noun = (match["noun"] or "").strip()
    wh = match["wh"].lower()
    first = wh.split()[0]
    if noun and (noun.lower() in AUXILIARIES or noun[0].isupper()):
        return None
    if noun.lower() == "else" and first not in PREPOSITIONS:
        return None if match["rest"] else wh
    is_reversed = _REVERSED.fullmatch(wh) is not None
    if noun and first not in PREPOSITIONS | {"which"} and not is_reversed:
        return None  # "Who won?" has its verb
    is_it = (match["it"] or "").lower() == "it" and not match["happen"]
    is_now = (match["be"] or "").lower() in ("is", "are")
    if is_it and wh != "why" and (is_now or " " in wh):
        return None  # "How big is it?" asks of a thing, "When was it?" of an event
    return None if wh in ("what", "which", "who") and match["rest"] else wh


def merged_bare(wh: str, previous: str, answer: str | None) -> str:
    """Ask `wh` of what the previous question asked about.

    >>> merged_bare("when", "Where was Hill planning to go?", "Rome")
    'When was Hill planning to go (Rome)?'
    >>> merged_bare("where", "How many banks were sold?", "seven")
    'Where were banks sold?'
    >>> merged_bare("why", "Was the bank sold?", None)
    'Why was the bank sold?'
    >>> merged_bare("why", "Who met the banks?", "Ray Hill")
    'Who met the banks (Ray Hill), and why?'
    >>> merged_bare("why", "What did Hill say about the banks?", None)
    'What did Hill say about the banks, and why?'
    """
    rest = without_bare(previous)
    wh = _REVERSED.sub(r"\2 \1", "why" if wh == "how so" else wh)
    if _ABOUT.match(rest):  # there is no verb to ask of
        return about(_upper(wh), topic_words(rest, known=wh)) or f"{rest}, and {wh}?"
    if wh.endswith(" else"):
        return _asked_else(wh.removesuffix(" else"), rest)
    begun = _WH_PHRASE.match(rest)
    asked = begun["wh"].lower() if begun else ""
    is_short = answer is not None and len(answer.split()) <= _MAX_ANSWER_WORDS
    is_known = is_short and asked not in ("why", "how", "when")
    known = f" ({answer})" if is_known else ""
    if _AMOUNT.fullmatch(wh):  # the amount of what was said: there is no verb of it
        words = topic_words(f"{rest}{known}", known=wh)
        return about(_upper(wh), words) or f"{rest}{known}, and {wh}?"
    if begun is None and tokens(rest)[:1] and tokens(rest)[0].low in AUXILIARIES:
        return f"{_upper(_asked_whether(wh, rest))}{known}?"
    graded = _GRADED.fullmatch(rest)
    if graded is not None and graded["grade"].lower() not in _ADVERBS:
        return f"{_upper(wh)} {graded['clause']} {graded['grade']}?"
    if (of_noun := _asked_of_noun(wh, rest, known)) is not None:
        return f"{of_noun}?"
    at = _auxiliary(rest)
    is_object = asked == "what" and not known  # without it its verb has none
    if begun is None or at is None or is_object:
        return f"{rest}{known}, and {wh}?"
    return f"{_upper(wh)} {rest[tokens(rest)[at].start :]}{known}?"


def _asked_else(wh: str, question: str) -> str:
    """Ask for others who did the same, or what else there is.

    >>> _asked_else("who", "Who signed the treaty (Hill)")
    'Who else signed the treaty?'
    >>> _asked_else("who", "When was the treaty signed")
    'Who else (about: treaty signed)?'
    """
    rest = ANSWERED.sub("", question)
    if rest.lower().startswith(f"{wh} ") and not rest.lower().startswith(f"{wh} else"):
        return f"{rest[: len(wh)]} else{rest[len(wh) :]}?"
    added = about(_upper(f"{wh} else"), topic_words(rest, known="else"))
    return added or f"{rest}, and {wh} else?"


def _asked_whether(wh: str, question: str) -> str:
    """Ask `wh` of what was asked with yes or no.

    >>> _asked_whether("why not", "Can the bank be sold")
    "why can't the bank be sold"
    """
    helper, space, clause = question.partition(" ")
    helper = helper.lower()
    denied = _DENIED.get(helper, f"{helper}n't")
    if wh == "why not" and denied in AUXILIARIES:
        wh, helper = "why", denied
    return f"{wh} {helper}{space}{clause}"


def _asked_of_noun(wh: str, question: str, known: str = "") -> str | None:
    """Ask `wh` of the noun that is counted or chosen; None where there is none.

    What was asked for is left out: it would be answered again.

    >>> _asked_of_noun("where", "How many banks were sold")
    'Where were banks sold'
    >>> _asked_of_noun("when", "Which bank was sold in May", " (UBS)")
    'When was the bank sold in May (UBS)'
    >>> _asked_of_noun("why", "How much money did the bank lose")
    'Why did the bank lose (money)'
    >>> _asked_of_noun("where", "How many people died in May")
    'Where is it that people died in May'
    """
    question = _SHARE.sub("How many of ", question)
    match = _COUNTED.match(question)
    if match is None:
        return None
    is_many, words = match["many"] is not None, tokens(question)
    first = 2 if is_many else 1
    at = next((k for k, w in enumerate(words) if w.text in AUXILIARIES), len(words))
    if any(word.low in WH_WORDS | {"that"} for word in words[first:at]):
        at = len(words)  # "How many banks that were sold": of a clause
    end = words[at - 1].end
    noun, clause = question[match.end() : end], question[end:]
    if is_many:
        noun = noun.removeprefix("of ")
        is_done = at > first and is_verb(words[first].low)
        if is_done and (at == first + 1 or words[first + 1].low in FUNCTION_WORDS):
            noun = f"they {noun}"  # "How many died in May?"
    else:
        if not _is_chosen(words, at):
            return None
        noun = f"{'one' if noun.startswith('of ') else 'the'} {noun}"
    if at == len(words):
        return f"{_upper(wh)} is it that {noun}{known}"
    is_inverted = words[at].low in _DO or _is_subject(
        question, words[at + 1 :], is_many=is_many
    )
    if at == first and not is_inverted:
        noun = "it" if words[1].low == "much" else "they"
    helper, left = question[words[at].start : words[at].end], words[at + 1 :]
    clause = clause[len(helper) + 1 :]
    if left and left[0].low == "there":
        clause = clause[len(" there") :]
        noun = noun if at == first else f"there {noun}"
    if is_inverted:
        beside = f" ({noun})" if noun else ""
        return f"{_upper(wh)} {helper}{clause}{known or beside}"
    return f"{_upper(wh)} {helper} {noun}{clause}{known}"


def _is_chosen(words: Sequence[Token], at: int) -> bool:
    """Whether a noun follows "which" or "what"; `at` is where the auxiliary stands."""
    noun = words[1:at]
    if not noun or is_verb(noun[0].low) or noun[0].low in COMMON_VERBS:
        return False  # "What was said?", "What caused it?"
    if noun[0].low.endswith("ly") or noun[0].low in FUNCTION_WORDS - {"of"}:
        return False  # "What else was said?"
    is_clause = at == len(words)  # "Which team won the cup?", not "What led to it?"
    is_which = words[0].low == "which" and len(noun) >= _MIN_CLAUSE_WORDS
    return is_which or not is_clause


def _is_subject(question: str, words: Sequence[Token], *, is_many: bool) -> bool:
    """Whether `words`, which follow the auxiliary, begin with its subject."""
    if not words:
        return False
    if not is_many:
        run = list(takewhile(_is_plain, words[1:]))
        is_done = len(run) > 1 and is_participle(run[-1].low)
        is_noun = words[0].low in DETERMINERS and is_done  # "the church built"
        return is_noun or _is_asked_of(question, words)  # "Which is the largest?"
    return words[0].is_capital or words[0].low in DETERMINERS | _SPEAKERS


def without_bare(question: str) -> str:
    """Return a question without its mark, and the ", and when" that was put behind.

    >>> without_bare("Who won (Kiel), and when?")
    'Who won (Kiel)'
    """
    rest = unmarked(question)
    head, added, bare = rest.rpartition(", and ")
    return head if added and as_bare_question(bare) is not None else rest


def _auxiliary(question: str) -> int | None:
    """Return the index of the auxiliary that follows the question phrase.

    None where the phrase is the subject, or may be, or holds the names that the
    question is about.
    """
    words = tokens(question)
    for at, word in enumerate(words):
        if word.text not in AUXILIARIES:  # May is a month
            continue
        if at + 1 >= len(words) or mentions(question[: word.start]):
            return None
        follows = words[at + 1]
        is_inverted = (
            word.low in _DO
            or follows.is_capital
            or follows.low in (FUNCTION_WORDS - AUXILIARIES)
        )
        if words[0].low in _SUBJECTS and not _is_asked_of(question, words[at + 1 :]):
            return None  # "Who has a veto?"
        is_adjunct = words[0].low in _ADJUNCTS | PREPOSITIONS and not (
            words[0].low == "how" and at > 1 and not is_inverted
        )
        return at if is_inverted or is_adjunct else None
    return None


def _is_asked_of(question: str, words: Sequence[Token]) -> bool:
    """Whether a name or pronoun begins `words`, and a verb may follow it."""
    first = next(word for word in words if word.low != "the" or word == words[-1])
    name = next((m for m in mentions(question) if m.start == first.start), None)
    if name is None and first.low not in _SPEAKERS:
        return False
    left = [word for word in words if word.start >= (name or first).end]
    return any(word.low in COMMON_VERBS or _is_plain(word) for word in left)


def _is_plain(word: Token) -> bool:
    return word.text.islower() and word.low not in FUNCTION_WORDS


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

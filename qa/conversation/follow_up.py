"""A question that leans on the ones before it becomes one that stands alone.

No language model: pronouns are replaced by the names they most plausibly mean, a
fragment is merged into the previous question, and where neither can be done the words
of the topic are added. A question that stands alone comes back as it was.
"""

import re
from collections.abc import Sequence

from qa.conversation.added import about, topic_words, unmarked
from qa.conversation.antecedents import MAX_CHARS, MAX_TURNS
from qa.conversation.bare import as_bare_question, merged_bare
from qa.conversation.fragments import as_fragment, merged_fragment
from qa.conversation.mentions import mentions
from qa.conversation.phrases import is_verb
from qa.conversation.pronouns import resolved_pronouns
from qa.conversation.words import (
    PLURAL_PRONOUNS,
    WH_WORDS,
    meaningful_words,
    tokens,
)
from qa.types import Turn

__all__ = ["standalone"]

_MAX_POINTING_WORDS = 4  # with more, "other" and "same" compare within the question
_MAX_BARE_WORDS = 2  # meaningful words of a question that cannot stand alone

_OPENING = re.compile(r"(?:and|but|so|or|also|then)\b[\s,]*", re.I)
_POINTING = re.compile(
    r"\b(?:else|others?|(?<!at the )same|rest|former|latter|ones|besides|"
    r"instead|afterwards?|previous|next|again)\b",
    re.I,
)
_POLITE_WORD = (
    r"(?:hi|hello|hey|bye|good (?:morning|afternoon|evening|day)"
    r"|ok(?:ay)?|thanks?(?: you)?(?: (?:very|so) much)?|great|good|cool|nice|perfect"
    r"|well|i see|got it|all ?right|right|hm+|oh|ah|sure|yes"
    r"|(?:that|this|it)(?:['’]s| is| was) (?:(?:very|so|really) )?"
    r"(?:interesting|good|great|nice|cool|sad|fine|clear|right|helpful))\b"
)
_POLITE = re.compile(rf"(?:{_POLITE_WORD}[\s,.!;:]*)+", re.I)
_ASKING = "and|but|so|" + "|".join(sorted(WH_WORDS))
# "Thanks! And France?", but not "Great Britain"
_POLITE_OPENING = re.compile(
    rf"(?:{_POLITE_WORD}(?:\s*[,.!;:]+\s*|\s+(?=(?:{_ASKING})\b)))+", re.I
)
# "That's very cool.": nothing is asked
_STATEMENT = re.compile(
    r"(?:this|that|these|those|it|i|we|my|thanks|so)\b[^?]*[.!]", re.I | re.S
)
# "I want to know when he was elected.": asked all the same
_REQUEST = re.compile(
    r"(?!this|that|these|those|it)"
    r".*\b(?:tell me|what|which|who|whom|whose|when|where|why|how)\b",
    re.I | re.S,
)
_SHORT = re.compile(
    r"(?:how (?:many|much|long|far|often)|who|which|where|when|why"
    r"|(?:is|are|was|were) there)\b",
    re.I,
)
# "But who is Merkel?": whoever names him can mean nobody else
_WHO_IS = re.compile(r"(?:who|what|where) (?:is|are|was|were) (?-i:[A-Z])", re.I)
_ASKS_WHO = re.compile(r"(?:and )?(?:who|which)\b", re.I)
_SOMEBODY = re.compile(r"\b(?:any|some)(?:one|body)\b", re.I)  # "Was anyone hurt?"
_WHAT_NOUN = re.compile(r"(?:what|which) ([\w-]+) *\??", re.I)  # "What temperature?"
_NUMBERED = re.compile(r"\bthe (?:[a-z-]+ ){1,2}\d+\b", re.I)  # "the error 42"
_COUNTS = re.compile(r"how (?:many|much)\b", re.I)
_OPEN = re.compile(rf"{_SHORT.pattern}|what\b", re.I)


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question completed from the conversation, or unchanged.

    The latest turn comes last. What an earlier turn was completed to
    (`turn.answer.standalone`) counts as what was asked. A turn without an answer still
    has a question to draw from.
    """
    turns = [turn for turn in turns if not _POLITE.fullmatch(turn.question.strip())]
    asked = _without_polite(question)
    completed = _completed(asked, turns)
    return question if completed == asked else completed


def _without_polite(question: str) -> str:
    """Return a part of a question without "Thanks!" before it; a whole one as it is."""
    asked = question.strip()
    polite = _POLITE_OPENING.match(asked)
    left = asked[polite.end() :] if polite else asked
    is_part = as_bare_question(left) is not None or as_fragment(left) is not None
    return left if is_part else asked


def _completed(asked: str, turns: Sequence[Turn]) -> str:
    """Return what is asked, completed, or as it is."""
    previous = _asked(turns[-1]) if turns else ""
    if not asked or not previous.strip() or _states(asked):
        return asked
    bare = as_bare_question(asked)
    if bare is not None:
        base = _whole(turns)
        return merged_bare(bare, _asked(base), base.answer.text)
    fragment = as_fragment(asked)
    if fragment is not None:
        resolved, _ = resolved_pronouns(fragment, turns)
        merged = merged_fragment(
            resolved, _asked_of(fragment, turns), is_resolved=resolved != fragment
        )
        return merged or _about(asked, turns)
    opening = _OPENING.match(asked)
    body = asked[opening.end() :] if opening else asked
    if not any(token.is_word for token in tokens(body)):
        return asked
    resolved, is_left = resolved_pronouns(body, turns)
    if resolved == body and not is_left and not _leans(body, opening is not None):
        return asked
    completed = _upper(resolved)
    if not is_left and resolved != body:
        return completed
    added = _about(completed, turns)
    return asked if added == completed and resolved == body else added


def _asked(turn: Turn) -> str:
    return turn.answer.standalone or turn.question


def _whole(turns: Sequence[Turn]) -> Turn:
    """Return the latest turn that "Why?" after "When?" asks about as well."""
    for turn in reversed(turns):
        question = _without_polite(turn.question)
        if as_bare_question(question) is None and not _WHAT_NOUN.fullmatch(question):
            return turn
    return turns[0]


def _asked_of(fragment: str, turns: Sequence[Turn]) -> str:
    """Return the latest question that a fragment can be asked of.

    A place alone takes the place of one: the question must have one. What was counted
    is counted again, though "Where?" was asked between.
    """
    whole = _asked(_whole(turns))
    last = whole if _COUNTS.match(whole) else _asked(turns[-1])
    named = fragment.removeprefix("of ")
    if not any(named == m.spoken and m.kind == "place" for m in mentions(fragment)):
        return last
    asked = (_asked(turn) for turn in reversed(turns[-MAX_TURNS:]))
    return next((q for q in asked if any(m.kind == "place" for m in mentions(q))), last)


def _states(said: str) -> bool:
    """Whether nothing is asked."""
    return _STATEMENT.fullmatch(said) is not None and _REQUEST.match(said) is None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _leans(body: str, has_opening: bool) -> bool:
    """Whether a question without a pronoun needs the ones before it."""
    n = len(meaningful_words(body))
    names = [mention for mention in mentions(body) if mention.kind != "time"]
    if names:
        if _WHO_IS.match(body):
            return False
        return has_opening and n - sum(len(m.text.split()) for m in names) <= 0
    if _SOMEBODY.search(body) and n <= _MAX_BARE_WORDS:
        return True
    if has_opening or (n <= _MAX_POINTING_WORDS and _POINTING.search(body)):
        return True
    if _NUMBERED.search(body):
        return False
    if " the " in f" {body} ":
        return n <= _MAX_BARE_WORDS
    if (match := _WHAT_NOUN.fullmatch(body)) and not is_verb(match[1].lower()):
        return True
    return n <= 1 and (_SHORT if n else _OPEN).match(body) is not None


def _names(turn: Turn, known: str) -> list[str]:
    """Return the first name of an answer: one of those that "they" may be."""
    names = mentions((turn.answer.text or "")[:MAX_CHARS])
    return [m.text for m in names if m.kind != "time" and m.text not in known][:1]


def _about(question: str, turns: Sequence[Turn]) -> str:
    """Add the topic of the conversation to a question, readably."""
    is_many = any(word.low in PLURAL_PRONOUNS for word in tokens(question))
    for turn in reversed(turns):
        if turn.answer.reason == "no_match":  # the articles know nothing of its topic
            continue
        asked = _asked(turn)
        words = topic_words(asked, known=question)
        if is_many and (_ASKS_WHO.match(asked) or not mentions(asked)):
            words = list(dict.fromkeys([*_names(turn, known=question), *words]))
        if (added := about(unmarked(question), words)) is not None:
            return added
    return question

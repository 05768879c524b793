"""A question that leans on the ones before it becomes one that stands alone.

No language model: pronouns are replaced by the names they most plausibly mean, a
fragment is merged into the previous question, and where neither can be done the words
of the topic are added. A question that stands alone comes back as it was.
"""

import re
from collections.abc import Sequence

from qa.conversation.fragments import (
    as_bare_question,
    as_fragment,
    merged_bare,
    merged_fragment,
    topic_words,
    unmarked,
)
from qa.conversation.mentions import mentions
from qa.conversation.pronouns import resolved_pronouns
from qa.conversation.words import content_words
from qa.types import Turn

__all__ = ["standalone"]

_MAX_TOPIC_WORDS = 8  # benchmarks/results/followup
_MAX_POINTING_WORDS = 4  # with more, "other" and "same" compare within the question
_MAX_BARE_WORDS = 2  # content words of a question that cannot stand alone

_OPENING = re.compile(r"(?:and|but|so|or|also|then)\b[\s,]*", re.I)
_POINTING = re.compile(
    r"\b(?:else|others?|(?<!at the )same|rest|former|latter|ones|besides|"
    r"instead|afterwards?|previous|next|again)\b",
    re.I,
)
# "That's very cool.": nothing is asked
_STATEMENT = re.compile(
    r"(?:this|that|these|those|it|i|we|my|thanks|so)\b[^?]*[.!]", re.I | re.S
)
_SHORT = re.compile(r"(?:how (?:many|much)|who|where|when|why)\b", re.I)


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question completed from the conversation, or unchanged.

    The latest turn comes last. What an earlier turn was completed to
    (`turn.answer.standalone`) counts as what was asked. A turn without an answer still
    has a question to draw from.
    """
    asked = question.strip()
    previous = turns[-1].answer.standalone or turns[-1].question if turns else ""
    if not asked or not previous.strip() or _STATEMENT.fullmatch(asked):
        return question
    bare = as_bare_question(asked)
    if bare is not None:
        return merged_bare(bare, previous, turns[-1].answer.text)
    fragment = as_fragment(asked)
    if fragment is not None:
        resolved, _ = resolved_pronouns(fragment, turns)
        return merged_fragment(resolved, previous) or _about(asked, turns)
    opening = _OPENING.match(asked)
    body = asked[opening.end() :] if opening else asked
    resolved, is_left = resolved_pronouns(body, turns)
    if resolved == body and not is_left and not _leans(body, opening is not None):
        return question
    completed = _upper(resolved)
    return _about(completed, turns) if is_left or resolved == body else completed


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _leans(body: str, has_opening: bool) -> bool:
    """Whether a question without a pronoun needs the ones before it."""
    n = len(content_words(body))
    names = [mention for mention in mentions(body) if mention.kind != "time"]
    if names:
        return has_opening and n - sum(len(m.text.split()) for m in names) <= 0
    if has_opening or (n <= _MAX_POINTING_WORDS and _POINTING.search(body)):
        return True
    if " the " in f" {body} ":
        return n <= _MAX_BARE_WORDS
    return n <= 1 and _SHORT.match(body) is not None


def _about(question: str, turns: Sequence[Turn]) -> str:
    """Add the topic of the conversation to a question, readably."""
    for turn in reversed(turns):
        asked = turn.answer.standalone or turn.question
        words = topic_words(asked, known=question)[:_MAX_TOPIC_WORDS]
        if words:
            return f"{unmarked(question)} (about: {' '.join(words)})?"
    return question

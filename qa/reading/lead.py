"""The lead of an article, read in front of each of its passages.

A passage names its subject once and says "he", "the plane", "on Friday" from then on;
often the headline alone names it. The title and the first sentence tell a reader what
they would have told somebody who read from the top. No answer is ever taken from them:
where they answer, their own passage does.
"""

from functools import lru_cache

from qa.library.paragraphs import Span
from qa.library.sentences import sentence_spans
from qa.types import Passage

__all__ = ["LONGEST", "compose", "first_sentence", "lead"]

_SHORTEST = 40  # characters; what is below is a dateline or a byline
_LOOKED_AT = 2_000  # characters in which the first sentence is sought
LONGEST = 250  # characters kept of it, and of a title; most are shorter


def compose(title: str, opening: str) -> str:
    """Return what stands in front of a passage; empty if there is nothing to say.

    >>> compose("Lima", "It lies on the Rimac.")
    'Lima. It lies on the Rimac. '
    """
    title, opening = _cut(title), _cut(opening)
    if title and title[-1].isalnum():
        title += "."
    return "".join(f"{part} " for part in (title, opening) if part)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0]


@lru_cache(maxsize=256)
def first_sentence(text: str) -> Span:
    """Return where the first whole sentence of an article stands; `(0, 0)` for none."""
    for start, end in sentence_spans(text, 0, min(len(text), _LOOKED_AT)):
        if end - start >= _SHORTEST and not text[end - 1].isalnum():  # a heading does
            return start, end
    return 0, 0


def lead(passage: Passage) -> str:
    """Return the title of its article, and the first sentence if it comes before."""
    text = passage.article.text
    start, end = first_sentence(text)
    opening = text[start:end] if end <= passage.start else ""
    return compose(passage.article.title, opening)

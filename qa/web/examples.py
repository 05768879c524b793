"""Questions that the articles at hand do answer, found by asking them.

What `proposals.py` makes of their sentences is asked, and kept when the answer cites
the sentence that it was made from. Made off the critical path, and kept until the
library changes.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from qa.errors import QAError
from qa.library.paragraphs import Span
from qa.types import Answer, Article
from qa.web.proposals import is_vague, proposals
from qa.web.turnstile import TURNSTILE

__all__ = ["Examples", "spread", "varied"]

_PER_ARTICLE = 5  # proposals tried for one article, at most
_KEPT = 3  # of one article: of kinds to choose from
_ARTICLES_TRIED = 24  # articles that the start page draws from
_MIN_CONFIDENCE = 0.35  # above where answers begin: what is offered is answered


def spread(ids: Sequence[str], count: int) -> list[str]:
    """Return the ids so that any first `count` of them come from all over the list.

    >>> spread(["a", "b", "c", "d", "e", "f"], 3)
    ['a', 'c', 'e', 'b', 'd', 'f']
    """
    step = max(1, len(ids) // count)
    return [id_ for first in range(step) for id_ in ids[first::step]]


def varied(questions: Sequence[Sequence[str]], count: int) -> list[str]:
    """Return up to `count` questions, from each list by turn, of kinds that differ.

    Those that name what they are about come before those that do not.

    >>> varied([["Who is Ada?", "When was it?"], ["Who is Bo?", "When did it?"]], 3)
    ['Who is Ada?', 'When did it?', 'When was it?']
    """
    left = [(n, each) for n, row in enumerate(questions) for each in row]
    used: Counter[int | str] = Counter()
    kept: list[str] = []
    while left and len(kept) < count:
        best = min(
            left, key=lambda it: (is_vague(it[1]), used[it[0]], used[_kind(it[1])])
        )
        left = [it for it in left if it[1] != best[1]]
        used.update((best[0], _kind(best[1])))
        kept.append(best[1])
    return kept


def _kind(question: str) -> str:
    return " ".join(question.split()[:2])


class Examples:
    """Answerable questions by article, checked by asking; threads may share one."""

    def __init__(
        self,
        ask: Callable[[str], Answer],
        find: Callable[[str], Article | None],
        generation: Callable[[], int],
    ) -> None:
        """Take what asks a question, finds an article, and numbers the library."""
        self._ask = ask
        self._find = find
        self._generation = generation
        self._lock = threading.Lock()
        self._of: dict[str, list[str]] = {}
        self._made_for = -1

    def among(self, ids: Sequence[str], count: int) -> list[str]:
        """Return up to `count` questions that these articles answer, of varied kinds.

        Asks the articles where it has not before: some 200 ms for an article.
        """
        found: list[list[str]] = []
        for id_ in ids[:_ARTICLES_TRIED]:
            if made := self._made(id_):
                found.append(made)
            if sum(not is_vague(kept[0]) for kept in found) >= count:
                break
        return varied(found, count)

    def _made(self, id_: str) -> list[str]:
        """Return the questions of an article, one article at a time, whoever looks."""
        with self._lock:
            generation = self._generation()
            if generation != self._made_for:
                self._of, self._made_for = {}, generation
            if id_ not in self._of:
                self._of[id_] = self._checked(id_)
            return self._of[id_]

    def _checked(self, id_: str) -> list[str]:
        article = self._find(id_)
        if article is None:
            return []
        kept: dict[str, None] = {}
        for question, place in islice(proposals(article), _PER_ARTICLE):
            while TURNSTILE.is_busy:  # a person waits for an answer: they go first
                time.sleep(0.05)
            if self._is_answered(question, id_, place):
                kept[question] = None
            if len(kept) == _KEPT:
                break
        return list(kept)

    def _is_answered(self, question: str, id_: str, place: Span) -> bool:
        try:
            with TURNSTILE.passed():
                answer = self._ask(question)
        except QAError:
            return False
        return answer.confidence >= _MIN_CONFIDENCE and any(
            c.article == id_ and c.start < place[1] and c.end > place[0]
            for c in answer.citations
        )

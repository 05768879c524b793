"""Questions that the articles at hand do answer, found by asking them.

Templates over statements ("X said that …") and people who are introduced ("X, who …")
propose; a question is kept when its answer cites the sentence that it was made from.
Made off the critical path, and kept until the library changes.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest

from qa.errors import QAError
from qa.library.sentences import Span, sentence_spans
from qa.types import Answer, Article

__all__ = ["Examples", "proposals"]

_NAME = (
    r"(?:(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Gov)\.\s)?"
    r"[A-Z][\w’'-]+(?:\s(?:al-|de\s|von\s|bin\s)?[A-Z][\w’'-]+){0,3}"
)
_SAYING = r"(?:said|told|warned|announced|argued|insisted|claimed|promised|declared)"
_SAID = re.compile(rf"(?:\A|[,;”\"]\s)(?P<name>{_NAME})\s{_SAYING}\b(?!\sto\b)")
# what a statement is about: the subject of its clause, where that is short
_SUBJECT = re.compile(
    rf"\b{_SAYING}(?:\s[\w,’.]+){{0,8}}?\sthat\s(?P<subject>(?:the|its|their|an?)?\s?"
    r"[A-Z\w][\w’'-]*(?:\s[\w’'-]+){0,3}?)\s"
    r"(?:was|were|is|are|had|has|have|could|can|should|would|will|must|might|may|did)\b"
)
_WHO = re.compile(
    rf"(?P<name>{_NAME}),\s(?:who\s|(?:an?|the)\s(?:[\w’.-]+\s){{0,3}}(?:minister|"
    r"president|chancellor|secretary|ambassador|spokesman|spokeswoman|spokesperson|"
    r"director|chief|head|leader|founder|adviser|diplomat|analyst|scientist|historian|"
    r"writer|commander|general|pilot|judge|lawyer|mayor|envoy|engineer|professor|"
    r"herder|archaeologist|investigator|officer)\b)"
)
_TOPIC = re.compile(
    r"(?<!\bin )(?<!\bat )(?<!\bin the )\b[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*"
)
_NO_NAMES = frozenset(
    """
    He She It They We I You The A An But And In On At As For That This There These Those
    One Two Three Some Many Most Others Both Officials Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday January February March April May June July August September
    October November December Jan Feb Mar Apr Jun Jul Aug Sept Oct Nov Dec When While
    After Before If What Who Why How Mr Mrs Ms Dr His Her Its Their Such Not No Nobody
    My Our Your
    """.split()
)
_NO_SUBJECTS = frozenset(
    """
    he she it they we i you there this that these those his her who what which one all
    some most many both nobody nothing everybody people its their only neither either
    """.split()
)
_RANKS = frozenset(
    "President Prime Foreign Defense Secretary Chancellor King Captain Minister".split()
)
_ADJECTIVE = re.compile(r"(?:ian|can|ean|man|ish|ese|nch|tch|i|[’']\w+)\Z")
_PER_ARTICLE = 4  # proposals tried for one article, at most
_ARTICLES_TRIED = 24  # articles that the start page draws from
_MIN_CONFIDENCE = 0.3  # above where answers begin: what is offered is answered

Proposal = tuple[str, Span]
"""A question, and the sentence that should answer it."""


def proposals(article: Article) -> Iterator[Proposal]:
    """Yield questions that sentences of the article may answer, as they stand.

    >>> text = "Ada Park warned that the dam could break. Bo Ito, a pilot, flew on."
    >>> [question for question, _ in proposals(Article("a", "a", "Rain", text))]
    ['What did Ada Park say about the dam?', 'Who is Bo Ito?']
    """
    for start, end in sentence_spans(article.text):
        sentence = article.text[start:end]
        said, who = _SAID.search(sentence), _WHO.search(sentence)
        if said and _is_name(said["name"]):
            about = _subject(sentence) or _topic(sentence, said["name"])
            if about:
                yield f"What did {said['name']} say about {about}?", (start, end)
        elif who and _is_person(who["name"]):
            yield f"Who is {who['name']}?", (start, end)


def _is_name(name: str) -> bool:
    words = name.replace(".", "").split()
    return words[0] not in _NO_NAMES or words[0] in ("Mr", "Mrs", "Ms", "Dr")


def _is_person(name: str) -> bool:
    return (
        " " in name
        and "." not in name
        and name.split(maxsplit=1)[0] not in _RANKS | _NO_NAMES
    )


def _subject(sentence: str) -> str:
    """Return what a reported statement is about, or nothing."""
    found = _SUBJECT.search(sentence)
    if found is None:
        return ""
    words = found["subject"].split()
    if _NO_SUBJECTS & {word.lower() for word in words}:
        return ""
    kept = " ".join(words)
    return "" if kept.lower() in ("the", "a", "an") else kept


def _topic(sentence: str, name: str) -> str:
    """Return the first other name of the sentence, or nothing."""
    known = set(name.replace(".", "").split())
    for found in _TOPIC.finditer(sentence):
        words = found[0].split()
        if not found.start() or known & set(words) or words[0] in _NO_NAMES:
            continue
        if len(words) > 1 or not _ADJECTIVE.search(words[0]):
            the = "the " if sentence[: found.start()].endswith(" the ") else ""
            return the + found[0].removesuffix("’s").removesuffix("'s")
    return ""


class Examples:
    """Answerable questions by article, checked by asking; threads may share one."""

    def __init__(
        self,
        ask: Callable[[str], Answer],
        find: Callable[[str], Article | None],
        generation: Callable[[], int],
        is_busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take what asks a question, finds an article, and numbers the library.

        `is_busy` tells whether a person waits for an answer: they go first.
        """
        self._ask = ask
        self._find = find
        self._generation = generation
        self._is_busy = is_busy
        self._lock = threading.Lock()
        self._of: dict[str, list[str]] = {}
        self._made_for = -1

    def among(self, ids: Sequence[str], count: int) -> list[str]:
        """Return up to `count` questions that these articles answer, one by turn.

        Asks the articles where it has not before: some 100 ms for an article.
        """
        with self._lock:
            generation = self._generation()
            if generation != self._made_for:
                self._of, self._made_for = {}, generation
        found: list[list[str]] = []
        for id_ in ids[:_ARTICLES_TRIED]:
            if id_ not in self._of:
                self._of[id_] = self._checked(id_)
            if self._of[id_]:
                found.append(self._of[id_])
            if len(found) >= count:
                break
        in_turn = (q for row in zip_longest(*found) for q in row if q)
        return list(islice(dict.fromkeys(in_turn), count))

    def _checked(self, id_: str) -> list[str]:
        article = self._find(id_)
        if article is None:
            return []
        kept: dict[str, None] = {}
        for question, place in islice(proposals(article), _PER_ARTICLE):
            while self._is_busy():
                time.sleep(0.05)
            if self._is_answered(question, id_, place):
                kept[question] = None
            if len(kept) == 2:
                break
        return list(kept)

    def _is_answered(self, question: str, id_: str, place: Span) -> bool:
        try:
            answer = self._ask(question)
        except QAError:
            return False
        return answer.confidence >= _MIN_CONFIDENCE and any(
            c.article == id_ and c.start < place[1] and c.end > place[0]
            for c in answer.citations
        )

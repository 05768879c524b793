"""Ask every question, compare with what is expected, and report."""

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from time import perf_counter
from typing import Protocol, runtime_checkable

from qa.errors import QuestionError
from qa.evaluation.metrics import normalise
from qa.evaluation.outcomes import Outcome, Ranks
from qa.evaluation.questions import Question
from qa.evaluation.report import Report
from qa.types import Answer, Article, Hit

__all__ = ["Asks", "Retrieves", "evaluate", "names_of"]

_TOP_K = 5  # hits looked at for recall


class Asks(Protocol):
    """Whatever answers questions: `QA`, or a system that it is compared with."""

    def ask(self, question: str) -> Answer:
        """Return the best answer; one that is not found is an Answer too."""


@runtime_checkable
class Retrieves(Protocol):
    """What `ask` may offer besides: then recall is reported, too."""

    def retrieve(self, question: str, *, top_k: int) -> Sequence[Hit]:
        """Return at most `top_k` hits, best first."""


def evaluate(
    qa: Asks,
    questions: Sequence[Question],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask each question on its own and score what comes back.

    Args:
        qa: what is asked; when it retrieves as well, ranks are looked up.
        questions: with their expected answers; see `read_questions`.
        progress: called with the number done and the number of all.

    Raises:
        QuestionError: naming the first question that cannot be asked.
        ValueError: if one of them is no `Question`.
    """
    if odd := [q for q in questions if not isinstance(q, Question)]:
        raise ValueError(
            f"questions holds {odd[0]!r}; wanted are `Question`s, as `read_questions` "
            "returns them"
        )
    outcomes = []
    for done, question in enumerate(questions, start=1):
        begun = perf_counter()
        try:
            answer = qa.ask(question.text)
        except QuestionError as error:
            raise QuestionError(f"question {question.id!r}: {error}") from error
        ms = 1000 * (perf_counter() - begun)
        outcomes.append(Outcome(question, answer, _ranks(qa, question), ms))
        if progress is not None:
            progress(done, len(questions))
    return Report(tuple(outcomes))


def _ranks(qa: Asks, question: Question) -> Ranks | None:
    if not question.is_answerable or not isinstance(qa, Retrieves):
        return None
    passages = [hit.passage for hit in qa.retrieve(question.text, top_k=_TOP_K)]
    return Ranks(
        article=_first([is_named(p.article, question.article) for p in passages]),
        answer=_first([holds_answer(p.text, question.answers) for p in passages]),
    )


def _first(claims: Sequence[bool]) -> int | None:
    """Return the rank, from 1, of the first true claim.

    >>> _first([False, True]), _first([])
    (2, None)
    """
    return claims.index(True) + 1 if True in claims else None


def is_named(article: Article, name: str | None) -> bool:
    """Whether `name` is the article's id or path, or their end, suffix optional.

    >>> article = Article("news/us.md#3", "news/us.md", "Talks", "They met.")
    >>> [is_named(article, name) for name in ("3", "us.md", "us", "s.md", None)]
    [True, True, True, False, False]
    """
    return bool(name) and name in names_of(article.id, article.path)


def names_of(id_: str, path: str) -> set[str]:
    """Return what an article of that id and path may be called by a question.

    >>> sorted(names_of("news/us.md", "news/us.md"))
    ['news/us', 'news/us.md', 'us', 'us.md']
    """
    whole = {id_, path, str(PurePosixPath(path).with_suffix(""))}
    ends = (w[i + 1 :] for w in whole for i, c in enumerate(w) if c in "/#")
    return {*whole, *ends}


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether the words of an expected answer stand in `text`, in a row.

    >>> holds_answer("It hit the 'Metrojet' plane.", ["Metrojet", "an Airbus"])
    True
    >>> holds_answer("In 1970 they met.", ["70"])
    False
    """
    words = f" {normalise(text)} "
    return any(f" {normalise(answer)} " in words for answer in answers)

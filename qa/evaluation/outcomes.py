"""One question and what came back, and how each metric counts it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from qa.evaluation.metrics import best, exact_match, f1, recall_at, reciprocal_rank
from qa.evaluation.questions import Question
from qa.schema import answer_from_json, answer_to_json
from qa.types import Answer

__all__ = ["METRICS", "Outcome", "Ranks", "outcome_of", "to_record"]

_RIGHT_F1 = 0.6  # from here on a span says what the expected one says


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where retrieval found what was wanted, ranks from 1; None: not among the hits.

    `article` is the rank of the first passage of the right article, `answer` that of
    the first passage, of any article, that holds an expected answer.
    """

    article: int | None
    answer: int | None


@dataclass(frozen=True)  # without slots: cached_property needs the dictionary
class Outcome:
    """One question and what came back; `recalled` is None where not looked up."""

    question: Question
    answer: Answer
    recalled: Ranks | None = None
    ms: float = field(default=0.0, compare=False)  # from the question to the answer

    @cached_property
    def exact(self) -> float:
        """1.0 for an expected answer, or for abstaining where there is none."""
        return best(exact_match, self.answer.text, self.question.answers)

    @cached_property
    def f1(self) -> float:
        """Token F1 with the nearest expected answer."""
        return best(f1, self.answer.text, self.question.answers)

    @property
    def is_right(self) -> bool:
        """Whether F1 reaches 0.6; where nothing is expected, whether it abstained."""
        return self.f1 >= _RIGHT_F1


def _article_recall(outcome: Outcome, top_k: int) -> float | None:
    if outcome.recalled is None or outcome.question.article is None:
        return None
    return recall_at(top_k, outcome.recalled.article)


def _mrr(outcome: Outcome) -> float | None:
    if outcome.recalled is None or outcome.question.article is None:
        return None
    return reciprocal_rank(outcome.recalled.article)


METRICS: Mapping[str, Callable[[Outcome], float | None]] = {
    "right": lambda o: float(o.is_right),
    "exact_match": lambda o: o.exact,
    "f1": lambda o: o.f1,
    "has_answer_f1": lambda o: o.f1 if o.question.is_answerable else None,
    "lost": lambda o: (
        float(not o.answer.is_found) if o.question.is_answerable else None
    ),
    "abstention_precision": lambda o: (
        None if o.answer.is_found else float(not o.question.is_answerable)
    ),
    "abstention_recall": lambda o: (
        None if o.question.is_answerable else float(not o.answer.is_found)
    ),
    "recall_1": lambda o: _article_recall(o, 1),
    "recall_5": lambda o: _article_recall(o, 5),
    "mrr": _mrr,
    "answer_recall": lambda o: (
        None if o.recalled is None else recall_at(5, o.recalled.answer)
    ),
}
"""Value of each question, None where it does not count; a metric is their mean.

`lost` is the share of answerable questions that were not answered: lower is better.
"""


def to_record(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain data, together with the scores that follow."""
    return {
        "question": asdict(outcome.question),
        "answer": answer_to_json(outcome.answer),
        "recalled": asdict(outcome.recalled) if outcome.recalled else None,
        "ms": outcome.ms,
        "exact": outcome.exact,
        "f1": outcome.f1,
        "is_right": outcome.is_right,
    }


def outcome_of(record: dict[str, Any]) -> Outcome:
    """Build the outcome that `to_record` wrote; what it derives is passed over."""
    question, ranks = record["question"], record["recalled"]
    return Outcome(
        question=Question(**{**question, "answers": tuple(question["answers"])}),
        answer=answer_from_json(record["answer"]),
        recalled=Ranks(**ranks) if ranks else None,
        ms=record["ms"],
    )

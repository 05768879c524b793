"""Two evaluations of the same questions: what changed, and whether it is chance."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from qa.errors import QuestionsError
from qa.evaluation.metrics import Interval, sign_test
from qa.evaluation.outcomes import METRICS, Outcome
from qa.evaluation.report import Report

__all__ = ["Change", "Comparison", "Flip", "compare"]


@dataclass(frozen=True, slots=True)
class Change:
    """One metric before and after.

    `interval` is the 95 % interval of the difference: questions are drawn again, both
    runs together. `p_value` is that of an exact sign test over the questions that
    count in both runs; on right or wrong this is McNemar's test.
    """

    metric: str
    before: float
    after: float
    interval: Interval
    p_value: float

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that was answered right in one run only."""

    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one run to the other."""

    n: int
    changes: tuple[Change, ...]
    won: tuple[Flip, ...]  # wrong before, right after
    lost: tuple[Flip, ...]

    def change(self, metric: str) -> Change:
        """Return the change of one metric.

        Raises:
            KeyError: if no question counts for it.
        """
        return {change.metric: change for change in self.changes}[metric]

    def to_json(self) -> dict[str, object]:
        """Return the changes, and the ids of flipped questions, as JSON objects."""
        return {
            "n": self.n,
            "changes": [
                {**asdict(change), "difference": change.difference}
                for change in self.changes
            ],
            "won": [flip.after.question.id for flip in self.won],
            "lost": [flip.after.question.id for flip in self.lost],
        }

    def to_markdown(self) -> str:
        """Return the changes as a table, and the flipped questions as lists."""
        lines = [
            "| metric | before | after | difference | 95 % interval | p |",
            "|---|---|---|---|---|---|",
        ]
        for c in self.changes:
            low, high = c.interval
            lines.append(
                f"| {c.metric} | {100 * c.before:.1f} | {100 * c.after:.1f} | "
                f"{100 * c.difference:+.1f} | {100 * low:+.1f} to {100 * high:+.1f} | "
                f"{c.p_value:.3f} |"
            )
        for name, flips in (("Won", self.won), ("Lost", self.lost)):
            lines += ["", f"{name}: {len(flips)} of {self.n}"]
            lines += [_flip_line(flip) for flip in flips]
        return "\n".join(lines) + "\n"


def compare(
    before: Report, after: Report, *, seed: int = 0, resamples: int = 1000
) -> Comparison:
    """Compare two reports of the same questions, in whatever order they stand.

    Raises:
        QuestionsError: if the reports are not of the same questions.
    """
    flips = _pairs(before, after)
    changes = (
        _change(metric, flips, seed=seed, resamples=resamples) for metric in METRICS
    )
    return Comparison(
        n=len(flips),
        changes=tuple(change for change in changes if change is not None),
        won=tuple(f for f in flips if f.after.is_right > f.before.is_right),
        lost=tuple(f for f in flips if f.after.is_right < f.before.is_right),
    )


def _pairs(before: Report, after: Report) -> list[Flip]:
    old = {outcome.question.id: outcome for outcome in before.outcomes}
    new = {outcome.question.id: outcome for outcome in after.outcomes}
    differing = sorted(
        id_
        for id_ in old.keys() | new.keys()
        if id_ not in old or id_ not in new or old[id_].question != new[id_].question
    )
    if differing:
        raise QuestionsError(
            f"{len(differing)} questions are not the same in both runs, the first is "
            f"{differing[0]!r}. Evaluate both on one file of questions."
        )
    return [Flip(old[id_], new[id_]) for id_ in old]


def _change(
    metric: str, flips: Sequence[Flip], *, seed: int, resamples: int
) -> Change | None:
    """Compare one metric; None when no question counts for it in one of the runs."""
    value = METRICS[metric]
    pairs = [(value(flip.before), value(flip.after)) for flip in flips]
    old = [a for a, _ in pairs if a is not None]
    new = [b for _, b in pairs if b is not None]
    if not old or not new:
        return None
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    return Change(
        metric=metric,
        before=fmean(old),
        after=fmean(new),
        interval=_interval(pairs, seed=seed, resamples=resamples),
        p_value=sign_test(sum(b > a for a, b in both), sum(b < a for a, b in both)),
    )


def _interval(
    pairs: Sequence[tuple[float | None, float | None]], *, seed: int, resamples: int
) -> Interval:
    """Return the interval of the difference of two means over the same questions.

    >>> _interval([(0.0, 1.0)] * 5 + [(None, None)], seed=0, resamples=100)
    (1.0, 1.0)
    """
    import numpy as np  # here: importing qa.evaluation needs none

    # per question: value and count of the one run, value and count of the other
    table = np.array([(a or 0, a is not None, b or 0, b is not None) for a, b in pairs])
    rng = np.random.default_rng(seed)
    draws = (rng.integers(0, len(table), len(table)) for _ in range(resamples))
    sums = np.array([table[draw].sum(axis=0) for draw in draws], dtype=np.float64)
    sums = sums[(sums[:, 1] > 0) & (sums[:, 3] > 0)]  # a draw may hold none that counts
    differences = sums[:, 2] / sums[:, 3] - sums[:, 0] / sums[:, 1]
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


def _flip_line(flip: Flip) -> str:
    question = flip.before.question
    expected = question.answers[0] if question.answers else "no answer"
    was, now = (o.answer.text or "no answer" for o in (flip.before, flip.after))
    return f"- `{question.id}` {question.text} ({expected}): {was} → {now}"

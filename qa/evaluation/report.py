"""The figures of one evaluation, and how they are written down."""

import json
from dataclasses import dataclass
from reprlib import repr as short
from statistics import fmean, median
from typing import Any

from qa.errors import QAError, QuestionsError
from qa.evaluation.metrics import (
    Interval,
    bootstrap_interval,
    calibration_error,
    risk_coverage,
    wilson_interval,
)
from qa.evaluation.outcomes import METRICS, Outcome, outcome_of, to_record
from qa.schema import parsed_json

__all__ = ["Report"]

_SEED = 0


@dataclass(frozen=True)
class Report:
    """The outcomes of one run over a set of questions; every figure is derived."""

    outcomes: tuple[Outcome, ...]

    @property
    def n(self) -> int:
        """How many questions were asked."""
        return len(self.outcomes)

    def values(self, metric: str) -> list[float]:
        """Return the value of each question that counts for a metric of METRICS."""
        value = METRICS[metric]
        return [v for v in map(value, self.outcomes) if v is not None]

    def mean(self, metric: str) -> float | None:
        """Return a metric of METRICS; None when no question counts for it."""
        values = self.values(metric)
        return fmean(values) if values else None

    def interval(self, metric: str) -> Interval | None:
        """Return its 95 % interval: Wilson's for shares, else bootstrapped."""
        values = self.values(metric)
        if not values:
            return None
        if set(values) <= {0.0, 1.0}:
            return wilson_interval(int(sum(values)), len(values))
        return bootstrap_interval(values, seed=_SEED)

    @property
    def right(self) -> float | None:
        """Share of questions that were answered right, or rightly not."""
        return self.mean("right")

    @property
    def exact_match(self) -> float | None:
        """SQuAD exact match; abstaining counts 1 where nothing is expected."""
        return self.mean("exact_match")

    @property
    def f1(self) -> float | None:
        """SQuAD F1; abstaining counts 1 where nothing is expected."""
        return self.mean("f1")

    @property
    def has_answer_f1(self) -> float | None:
        """F1 over the questions that have an answer."""
        return self.mean("has_answer_f1")

    @property
    def lost(self) -> float | None:
        """Share of answerable questions that were not answered."""
        return self.mean("lost")

    @property
    def abstention_precision(self) -> float | None:
        """Share of abstentions where there was nothing to find."""
        return self.mean("abstention_precision")

    @property
    def abstention_recall(self) -> float | None:
        """Share of questions without an answer that were not answered."""
        return self.mean("abstention_recall")

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error of the given answers, 10 bins of equal width."""
        found = [o for o in self.outcomes if o.answer.is_found]
        return calibration_error(
            [o.answer.confidence for o in found], [o.is_right for o in found]
        )

    @property
    def risk_coverage(self) -> list[tuple[float, float]]:
        """Points `(coverage, risk)` of the given answers as the threshold falls."""
        found = [o for o in self.outcomes if o.answer.is_found]
        return risk_coverage(
            [o.answer.confidence for o in found], [o.is_right for o in found]
        )

    @property
    def median_ms(self) -> float | None:
        """Median time from question to answer."""
        return median(o.ms for o in self.outcomes) if self.outcomes else None

    @property
    def by_kind(self) -> dict[str, "Report"]:
        """A report for each kind of question, by name; without a kind: "other"."""
        kinds: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            kinds.setdefault(outcome.question.kind or "other", []).append(outcome)
        return {kind: Report(tuple(kinds[kind])) for kind in sorted(kinds)}

    def to_json(self) -> str:
        """Return figures and outcomes as JSON; `from_json` reads them back."""
        figures = {
            name: {"value": self.mean(name), "interval": self.interval(name)}
            for name in METRICS
        }
        record = {
            "n": self.n,
            "metrics": figures,
            "calibration_error": self.calibration_error,
            "median_ms": self.median_ms,
            "by_kind": {
                kind: {"n": part.n, "right": part.right, "f1": part.f1}
                for kind, part in self.by_kind.items()
            },
            "outcomes": [to_record(o) for o in self.outcomes],
        }
        return json.dumps(record, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read what `to_json` wrote; figures are derived anew from the outcomes.

        Raises:
            QuestionsError: if the text is not a report.
        """
        try:
            return cls(tuple(map(_outcome, _outcomes(text))))
        except ValueError as error:
            raise QuestionsError(
                f"not a report of an evaluation: {error}. Write one with "
                "`qa eval QUESTIONS --out FILE`."
            ) from error

    def to_markdown(self) -> str:
        """Return the figures as Markdown: one table, and one by kind of question."""
        lines = ["| metric | value | 95 % interval | n |", "|---|---|---|---|"]
        for name in METRICS:
            interval, counted = self.interval(name), len(self.values(name))
            if interval is not None:
                lines.append(
                    f"| {name} | {_percent(self.mean(name))} | "
                    f"{_percent(interval[0])} to {_percent(interval[1])} | {counted} |"
                )
        error = _percent(self.calibration_error)
        found = sum(o.answer.is_found for o in self.outcomes)
        lines.append(f"| calibration_error | {error} | | {found} |")
        if self.median_ms is not None:
            lines.append(f"| median_ms | {self.median_ms:.1f} | | {self.n} |")
        lines += [
            "",
            "| kind | n | right | exact_match | f1 |",
            "|---|---|---|---|---|",
        ]
        for kind, part in self.by_kind.items():
            cells = map(_percent, (part.right, part.exact_match, part.f1))
            lines.append(f"| {kind} | {part.n} | {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


def _outcomes(text: str) -> list[Any]:
    record = parsed_json(text)
    if not isinstance(record, dict) or not isinstance(record.get("outcomes"), list):
        raise ValueError(  # noqa: TRY004  # as all that is wrong with a file
            f"found {short(record)}, wanted an object with a list of `outcomes`"
        )
    found: list[Any] = record["outcomes"]
    return found


def _outcome(record: Any) -> Outcome:
    """Return the outcome that a report holds.

    Raises:
        ValueError: if it is none.
    """
    try:
        return outcome_of(record)
    except (ValueError, TypeError, KeyError, AttributeError, QAError) as error:
        raise ValueError(
            f"found {short(record)}, wanted an outcome as `qa eval` writes it"
        ) from error


def _percent(share: float | None) -> str:
    """Return a share as a percentage with one digit.

    >>> _percent(0.8333), _percent(None)
    ('83.3', '–')
    """
    return "–" if share is None else f"{100 * share:.1f}"

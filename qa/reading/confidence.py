"""Evidence for an answer becomes a probability that it is right.

A logistic regression over a handful of features, fitted by `training.calibrate` for
one reader on questions whose answers are known (Platt 1999). Its weights and the
risk-coverage curve stand in a JSON file beside this module.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources

from qa.errors import ModelError
from qa.settings import check_share

__all__ = ["Calibration", "Evidence", "load_calibration"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one answer among those proposed for a question."""

    margin: float  # logit of its place minus that of "no answer" in its window
    rank: float  # 1 / rank of its best passage, in (0, 1]
    fused: float  # fused retrieval score of its best passage, in [0, 1]
    cosine: float  # of the question and its best passage
    coverage: float  # share of the question's words in title and passage, in [0, 1]
    unknown: float  # share of the question's words that no article holds, in [0, 1]
    agreement: float  # log of the articles that give the same, fewer or more words
    fit: float  # 1 if it looks like the kind that was asked for, -1 if not, else 0
    statement: float  # 1 where it is asked what somebody said, else 0
    length: float  # log of a third of its words; 0 to three, for statement and list
    asked: float  # log of one more than the words that say what is asked


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of one reader, and what was measured with them.

    `curve` holds (threshold, coverage, precision) in order of the threshold: of the
    questions it was fitted on, the share answered and the share of those right.
    """

    reader: str
    bias: float
    weights: Mapping[str, float]  # by the names of Evidence
    curve: tuple[tuple[float, float, float], ...] = ()

    def confidence(self, evidence: Evidence) -> float:
        """Return the probability in [0, 1] that the answer is right."""
        logit = self.bias + sum(
            weight * getattr(evidence, name) for name, weight in self.weights.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))

    def threshold(self, min_precision: float) -> float:
        """Return the lowest confidence at which answers were right often enough.

        Args:
            min_precision: wanted share of right ones among the answers, in [0, 1].

        Raises:
            ValueError: if no threshold reached it, or none was measured.
        """
        check_share("min_precision", min_precision)
        if not self.curve:
            raise ValueError(
                f"how often answers of the reader {self.reader!r} are right has not "
                "been measured, so no precision can be asked for. Give a confidence "
                "instead (`--min-confidence`, in Python `min_confidence`), or take "
                "the reader `span`."
            )
        reached = [t for t, _, precision in self.curve if precision >= min_precision]
        if not reached:
            best = max(precision for _, _, precision in self.curve)
            best = math.floor(1000 * best) / 1000  # down, so that it can be asked for
            raise ValueError(
                f"a precision of {min_precision} was not reached by {self.reader}; "
                f"the highest measured is {best}. Ask for that, or for a lower one."
            )
        return min(reached)


def load_calibration(reader: str) -> Calibration:
    """Return the calibration of a reader's family; a cautious one if it has none.

    Raises:
        ModelError: if the file of the package is damaged.
    """
    family = reader.partition("/")[0]
    folder = resources.files("qa.reading") / "calibration"
    file = folder / f"{family}.json"
    if not file.is_file():
        file = folder / "default.json"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        weights = {name: float(w) for name, w in data["weights"].items()}
        curve = tuple((float(t), float(c), float(p)) for t, c, p in data["curve"])
        calibration = Calibration(reader, float(data["bias"]), weights, curve)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{file}: {error}. Wanted are weights written by `training.calibrate`; "
            "reinstall the package."
        ) from error
    if unknown := sorted(weights.keys() - {field.name for field in fields(Evidence)}):
        raise ModelError(
            f"{file}: found weights of {', '.join(unknown)}, which are no evidence of "
            "this version. Reinstall the package."
        )
    return calibration

"""Fit what turns evidence into a probability, for one reader.

    python -m training.calibrate --data PATH --reader span --out FILE [--looks FILE]

Questions of the dev sets go the whole way over two pools, the contexts of the dev sets
and the newswire articles; some are asked of the pool that is not theirs. So do those of
`training/written/held.txt`: they count in the fit, but in no figure, since they come
from the writer of questions that the reader has learnt from. Each proposed answer is
right (F1 of at least 0.6 against an expected span) or wrong. A logistic regression with
few features tells the right ones (Platt 1999), first over all proposals, so that it
ranks them, then rescaled and fitted further on the best of each question, so that its
probability is that of the answer given: what tells one passage from the next is not all
that tells an answer from none. All figures come from five folds over articles: no
question is scored by weights that have seen another for which the same article was
found first. `--looks` keeps what was found and read (`training.looks`), and takes it
from there when it is there: then other settings are judged, or other evidence fitted,
in seconds.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.evaluation.metrics import best, calibration_error, f1
from qa.evaluation.questions import Question
from qa.library.store import Store
from qa.reading.answer import Proposal, propose
from qa.reading.confidence import Calibration, Evidence
from qa.settings import Settings
from training.looks import (
    HELD,
    SETS,
    Look,
    found,
    look_at_all,
    made_of,
    open_pools,
    read_looks,
    write_looks,
)

__all__ = ["Asked", "cross_validate", "fit"]

LEFT_OUT = frozenset(("rank", "coverage", "agreement"))
"""Evidence not fitted: the span reader holds back as much without it, or more
(training/README.md); and the fit would have an article that agrees speak against.

`default.json` and `sentence.json`, set by hand, weigh it.
"""
FEATURES = tuple(f.name for f in fields(Evidence) if f.name not in LEFT_OUT)
RIGHT = 0.6  # F1 against an expected span
FOLDS = 5
SEED = 7
RIDGE = 1.0  # strength of the L2 penalty on standardised weights
FURTHER = 15.0  # that on how far they move when fitted to the best proposals
ROUNDS = 3  # of that, since who is best moves with them
NO_OPINION = Calibration("", 0.0, {})  # leaves proposals in the order of margins
VARIED = ("dense_weight", "article_share", "top_k", "worth_reading")
"""Settings that looks can be judged by, other than those they were made with."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: features of each proposal, `(n, n_features)`, and who is right."""

    name: str  # of its set
    topic: str  # title of the article that is found first
    is_answerable: bool
    features: Floats
    right: Floats


def main() -> None:
    """Look, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reader", default=Settings().reader)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--store", type=Path, default=Path("/tmp/qa-calibrate"))
    parser.add_argument("--looks", type=Path, help="kept there, or taken from there")
    parser.add_argument("--read", type=int, default=12, help="passages looked at")
    for name in VARIED:
        value = getattr(Settings(), name)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(value), default=value
        )
    arguments = parser.parse_args()

    settings = replace(Settings(), reader=arguments.reader)
    pools = open_pools(arguments.data, arguments.store, settings)
    kept = arguments.looks or arguments.store / "looks.jsonl"
    made = made_of(pools)
    if not arguments.looks or not kept.exists():
        write_looks(kept, look_at_all(arguments.data, pools, arguments.read), made)
    varied = {name: getattr(arguments, name) for name in VARIED}
    settings = replace(settings, **varied)
    asked = [
        one
        for looked in read_looks(kept, made)
        if (one := ask(looked, pools[SETS[looked.name]].library.store, settings))
    ]
    calibration, figures = cross_validate(asked, arguments.reader)
    for name, value in figures.items():
        print(f"{name:<28} {value:.3f}" if isinstance(value, float) else name)
    arguments.out.write_text(
        json.dumps(
            {
                "reader": calibration.reader.partition(":")[0],  # of whatever folder
                "bias": round(calibration.bias, 4),
                "weights": {k: round(v, 4) for k, v in calibration.weights.items()},
                "fitted": {
                    "date": date.today().isoformat(),
                    "questions": len(asked),
                    "folds": FOLDS,
                    **{k: round(float(v), 4) for k, v in figures.items()},
                },
                "curve": calibration.curve,
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )


def ask(looked: Look, store: Store, settings: Settings) -> Asked | None:
    """Return what these settings propose for a question; None if nothing."""
    hits, candidates = found(looked, store, settings)
    proposals = propose(
        looked.question.text, hits, candidates, NO_OPINION, unknown=looked.unknown
    )
    if not proposals:
        return None
    topic = hits[0].passage.article.title
    return _asked(looked.name, topic, looked.question, proposals)


def _asked(
    name: str, topic: str, question: Question, proposals: Sequence[Proposal]
) -> Asked:
    features = [[getattr(p.evidence, kind) for kind in FEATURES] for p in proposals]
    right = [
        bool(question.answers) and best(f1, p.best.text, question.answers) >= RIGHT
        for p in proposals
    ]
    return Asked(
        name,
        topic,
        bool(question.answers),
        np.array(features, dtype=np.float64),
        np.array(right, dtype=np.float64),
    )


def fit(asked: Sequence[Asked], reader: str) -> Calibration:
    """Return weights that rank proposals, fitted further on the best of each question.

    By hand, 5, 15 and 30 for `FURTHER`, and 1, 3 and 6 rounds, differ by less than half
    a point of right answers where 70 % of the unanswerable ones are held back.
    """
    x = np.concatenate([a.features for a in asked])
    y = np.concatenate([a.right for a in asked])
    # every question counts the same, however many proposals it has
    weight = np.concatenate([np.full(len(a.right), 1 / len(a.right)) for a in asked])
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    ranking = _regress((x - mean) / spread, y, weight * len(y) / weight.sum(), RIDGE)
    slopes = ranking[1:] / spread
    logits = [a.features @ slopes for a in asked]
    top = np.array([z.max() for z in logits])
    hit = np.array(
        [a.right[int(z.argmax())] for a, z in zip(asked, logits, strict=True)]
    )
    middle = top.mean()
    scale = _regress((top - middle)[:, None], hit, np.ones(len(hit)), 1e-3)
    slopes = scale[1] * slopes
    bias = float(scale[0] - scale[1] * middle)
    for _ in range(ROUNDS):
        tops = [int((a.features @ slopes).argmax()) for a in asked]
        x = np.array([a.features[n] for a, n in zip(asked, tops, strict=True)])
        y = np.array([a.right[n] for a, n in zip(asked, tops, strict=True)])
        known = x @ slopes + bias
        more = _regress((x - mean) / spread, y, np.ones(len(y)), FURTHER, known)
        slopes = slopes + more[1:] / spread
        bias += float(more[0] - mean @ (more[1:] / spread))
    weights = dict(zip(FEATURES, slopes.tolist(), strict=True))
    return Calibration(reader, bias, weights)


def _regress(
    x: Floats, y: Floats, weight: Floats, ridge: float, known: Floats | float = 0.0
) -> Floats:
    """Return intercept and slopes of a logistic regression, by Newton's method.

    `known` is a logit that is added as it is.
    """
    design = np.hstack([np.ones((len(x), 1)), x])
    penalty = np.diag([0.0] + [ridge] * x.shape[1])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(known + design @ beta, -30, 30)))
        gradient = design.T @ (weight * (y - p)) - penalty @ beta
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def cross_validate(
    asked: Sequence[Asked], reader: str
) -> tuple[Calibration, dict[str, float]]:
    """Return the calibration fitted on all, and figures of the dev sets by folds."""
    topics = sorted({a.topic for a in asked})
    random.Random(SEED).shuffle(topics)
    confidence, right = np.zeros(len(asked)), np.zeros(len(asked))
    for fold in range(FOLDS):
        held = frozenset(topics[fold::FOLDS])
        calibration = fit([a for a in asked if a.topic not in held], reader)
        for i, one in enumerate(asked):
            if one.topic in held:
                confidence[i], right[i] = _decide(one, calibration)
    judged = np.array([a.name != HELD for a in asked])
    judges = [a for a in asked if a.name != HELD]
    curve = tuple(_curve(confidence[judged], right[judged]))
    figures = _figures(judges, confidence[judged], right[judged])
    return replace(fit(asked, reader), curve=curve), figures


def _decide(asked: Asked, calibration: Calibration) -> tuple[float, float]:
    weights = np.array([calibration.weights[name] for name in FEATURES])
    logits = asked.features @ weights + calibration.bias
    best_ = int(logits.argmax())
    return 1 / (1 + float(np.exp(-logits[best_]))), asked.right[best_]


def _curve(confidence: Floats, right: Floats) -> list[tuple[float, float, float]]:
    points = []
    for threshold in np.linspace(0.05, 0.95, 19):
        given = confidence >= threshold
        if given.sum() >= 20:  # fewer tell nothing
            precision = right[given].mean()
            points.append(
                (
                    round(float(threshold), 2),
                    round(float(given.mean()), 4),
                    round(float(precision), 4),
                )
            )
    return points


def _figures(
    asked: Sequence[Asked], confidence: Floats, right: Floats
) -> dict[str, float]:
    answerable = np.array([a.is_answerable for a in asked])
    error = calibration_error(confidence.tolist(), [bool(r) for r in right])
    figures = {"calibration_error": float(error or 0.0)}
    given = confidence >= Settings().min_confidence
    error = calibration_error(confidence[given].tolist(), list(right[given] > 0))
    figures["calibration_error_given"] = float(error or 0.0)
    good, bad = confidence[answerable & (right > 0)], confidence[~answerable]
    if len(good) and len(bad):
        # thresholds aside: how well confidence tells right answers from none
        above = (good[:, None] > bad) + 0.5 * (good[:, None] == bad)
        figures["area_under_curve"] = float(above.mean())
        held = bad < np.quantile(good, 0.1)
        figures["abstained_right@10%lost"] = float(held.mean())
        given = (good >= np.quantile(bad, 0.7)).sum() / answerable.sum()
        figures["right_given@70%abstained"] = float(given)
    for threshold in sorted({0.2, 0.25, 0.3, 0.35, 0.4, Settings().min_confidence}):
        given = confidence >= threshold
        wrong = answerable & (right > 0) & ~given
        figures[f"abstained_right@{threshold}"] = float((~given)[~answerable].mean())
        figures[f"right_lost@{threshold}"] = float(
            wrong.sum() / max(1, (answerable & (right > 0)).sum())
        )
    for name in dict.fromkeys(a.name for a in asked):
        of_set = np.array([a.name == name for a in asked])
        if (of_set & answerable).any():
            figures[f"right:{name}"] = float(right[of_set & answerable].mean())
        if (of_set & ~answerable).any():
            kept = confidence[of_set & ~answerable] < Settings().min_confidence
            figures[f"abstained:{name}"] = float(kept.mean())
    return figures


if __name__ == "__main__":
    main()

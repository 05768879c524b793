"""Scores of answers, of rankings and of confidence: pure functions over numbers."""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

__all__ = [
    "Interval",
    "best",
    "bootstrap_interval",
    "calibration_error",
    "exact_match",
    "f1",
    "normalise",
    "recall_at",
    "reciprocal_rank",
    "risk_coverage",
    "sign_test",
    "wilson_interval",
]

Interval = tuple[float, float]
"""Lower and upper bound."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_QUANTILE = {0.8: 1.281552, 0.9: 1.644854, 0.95: 1.959964, 0.99: 2.575829}


def normalise(text: str) -> str:
    """Return `text` as SQuAD compares it: Rajpurkar et al. 2016, official script.

    Lower case, no ASCII punctuation, no articles, single spaces, in this order.

    >>> normalise("The  U.S. president's trip")
    'us presidents trip'
    """
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(text: str, expected: str) -> float:
    """Return 1.0 when both are equal once normalised, else 0.0.

    >>> exact_match("the Taliban.", "Taliban"), exact_match("Kabul", "Kunduz")
    (1.0, 0.0)
    """
    return float(normalise(text) == normalise(expected))


def f1(text: str, expected: str) -> float:
    """Return the harmonic mean of token precision and recall, once normalised.

    Tokens count as often as they stand. When either has no token left, the score is
    1.0 if both have none, else 0.0.

    >>> f1("in the city of Kunduz", "Kunduz city")
    0.6666666666666666
    """
    got, wanted = normalise(text).split(), normalise(expected).split()
    if not got or not wanted:
        return float(got == wanted)
    shared = sum((Counter(got) & Counter(wanted)).values())
    return 2 * shared / (len(got) + len(wanted))


def best(
    score: Callable[[str, str], float], text: str | None, answers: Sequence[str]
) -> float:
    """Return the best score of `text` over several expected answers.

    No expected answer means that the question has none: abstaining (`text` None)
    then scores 1.0 and answering 0.0. Abstaining from an answerable one scores 0.0.

    >>> best(f1, "70", ["70 pct", "70"]), best(f1, None, []), best(f1, "70", [])
    (1.0, 1.0, 0.0)
    """
    if text is None or not answers:
        return float(text is None and not answers)
    return max(score(text, answer) for answer in answers)


def reciprocal_rank(rank: int | None) -> float:
    """Return 1 / rank, ranks counted from 1; 0.0 when nothing was found.

    >>> reciprocal_rank(4), reciprocal_rank(None)
    (0.25, 0.0)
    """
    return 1.0 / rank if rank else 0.0


def recall_at(top_k: int, rank: int | None) -> float:
    """Return 1.0 when the first right hit is among the best `top_k`, else 0.0.

    >>> recall_at(5, 5), recall_at(5, 6), recall_at(5, None)
    (1.0, 0.0, 0.0)
    """
    return float(rank is not None and rank <= top_k)


def bootstrap_interval(
    values: Sequence[float], *, seed: int, resamples: int = 1000, level: float = 0.95
) -> Interval:
    """Return the percentile bootstrap interval of the mean.

    Raises:
        ValueError: if there are no values.

    >>> bootstrap_interval([0.5] * 10, seed=0)
    (0.5, 0.5)
    """
    if not values:
        raise ValueError("bootstrap_interval needs at least one value")
    import numpy as np  # here: the other scores need none

    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    # one resample at a time: all at once would hold resamples * n numbers
    means = [rng.choice(sample, len(sample)).mean() for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the Wilson score interval of a share (Wilson 1927).

    `level` is 0.8, 0.9, 0.95 or 0.99.

    Raises:
        ValueError: if `successes` is not in [0, n], or `n` is 0.

    >>> low, high = wilson_interval(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"wanted 0 <= successes <= n and n > 0, got {successes}, {n}")
    z = _QUANTILE[level]
    share, weight = successes / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(won: int, lost: int) -> float:
    """Return the two-sided p-value of `won` against `lost` pairs, ties left out.

    Exact binomial; on right or wrong it is McNemar's exact test.

    >>> sign_test(5, 5), sign_test(0, 6)
    (1.0, 0.03125)
    """
    n, ways, tail = won + lost, 1, 0
    for k in range(min(won, lost) + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)  # n over k + 1
    return min(1.0, 2 * tail / (1 << n))  # integers: exact for any n


def calibration_error(
    confidences: Sequence[float], rights: Sequence[bool], *, bins: int = 10
) -> float | None:
    """Return the expected calibration error over bins of equal width.

    Guo et al. 2017: the mean distance of confidence and accuracy within each bin,
    weighted by its size. A bin holds its upper end. None without values.

    >>> calibration_error([0.9, 0.9, 0.2, 0.2], [True, True, True, False])
    0.2
    """
    if not confidences:
        return None
    members: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in zip(confidences, rights, strict=True):
        bin_ = max(0, math.ceil(confidence * bins) - 1)
        members.setdefault(bin_, []).append((confidence, right))
    gaps = (
        abs(math.fsum(confidence - right for confidence, right in inside))
        for inside in members.values()
    )
    return math.fsum(gaps) / len(confidences)


def risk_coverage(
    confidences: Sequence[float], rights: Sequence[bool]
) -> list[tuple[float, float]]:
    """Return points `(coverage, risk)` as the threshold on confidence falls.

    Coverage is the share of questions answered, risk the share of those that are
    wrong. Equal confidences enter together, as one threshold cannot part them.

    >>> risk_coverage([0.9, 0.7, 0.7, 0.1], [True, True, False, False])
    [(0.25, 0.0), (0.75, 0.3333333333333333), (1.0, 0.5)]
    """
    ranked = sorted(
        zip(confidences, rights, strict=True), key=lambda pair: pair[0], reverse=True
    )
    points, wrong = [], 0
    for n, (confidence, right) in enumerate(ranked, start=1):
        wrong += not right
        if n == len(ranked) or ranked[n][0] != confidence:
            points.append((n / len(ranked), wrong / n))
    return points

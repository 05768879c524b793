"""From what was seen of each system to its figures, and to bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from benchmarks.bars import Bar, Bars
from qa.evaluation.metrics import best, exact_match, f1

__all__ = ["Measured", "fastest", "panels", "summary"]

PARTIAL = frozenset({"txtai joined"})  # read only the first of the passages found


@dataclass(slots=True)
class Measured:
    """What was seen of one system."""

    cold_s: list[float] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)  # one a question
    index_s: list[float] = field(default_factory=list)  # one a group
    about: dict[str, Any] = field(default_factory=dict)
    rss_mb: float = 0.0


def summary(
    seen: Mapping[str, Measured], answers: Sequence[Sequence[str]]
) -> dict[str, dict[str, Any]]:
    """Return the figures of each system; ratios are medians over the questions."""
    ours = seen.get("ours")
    figures = {}
    for name, measured in seen.items():
        times = np.array([reply["ms"] for reply in measured.replies])
        texts = [reply["answer"] for reply in measured.replies]
        row: dict[str, Any] = {
            "import_s": round(measured.about["import_s"], 2),
            "cold_s": round(median(measured.cold_s), 2),
            **{
                f"p{share}_ms": round(float(np.percentile(times, share)), 1)
                for share in (50, 95, 99)
            },
            "rss_mb": round(measured.rss_mb),
            "em": _mean(exact_match, texts, answers),
            "f1": _mean(f1, texts, answers),
            "failed": sum(bool(reply.get("failed")) for reply in measured.replies),
            "versions": measured.about["versions"],
        }
        if measured.index_s:
            row["passages_per_s"] = round(1 / median(measured.index_s), 1)
        if ours is not None:
            own = np.array([reply["ms"] for reply in ours.replies])
            row["times_ours"] = round(float(np.median(times / own)), 2)
        if any("sure" in reply for reply in measured.replies):
            given = [r["answer"] if r["sure"] else None for r in measured.replies]
            row["f1_as_shipped"] = _mean(f1, given, answers)
            row["abstained"] = given.count(None)
        figures[name] = row
    return figures


def fastest(systems: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the fastest peer, and the fastest of those that read all passages.

    >>> rows = {"ours": {"p50_ms": 1}, "stock": {"p50_ms": 5}}
    >>> fastest(rows | {"txtai joined": {"p50_ms": 2}})
    {'fastest peer': 'txtai joined', 'fastest that reads all': 'stock'}
    """
    peers = [name for name in systems if name != "ours"]
    whole = [name for name in peers if name not in PARTIAL]
    lists = {"fastest peer": peers, "fastest that reads all": whole}
    return {
        what: min(names, key=lambda name: float(systems[name]["p50_ms"]))
        for what, names in lists.items()
        if names
    }


def _mean(
    score: Callable[[str, str], float],
    texts: Sequence[str | None],
    answers: Sequence[Sequence[str]],
) -> float:
    pairs = zip(texts, answers, strict=True)
    return round(100 * float(np.mean([best(score, *pair) for pair in pairs])), 1)


def panels(systems: Mapping[str, Mapping[str, Any]]) -> list[Bars]:
    """Return what is drawn: one panel a figure."""
    shown = {
        "p50_ms": ("One question, median", "ms", "less is better"),
        "cold_s": ("From start to first answer", "s", "less is better"),
        "passages_per_s": ("Indexing", "passages a second", "more is better"),
        "f1": ("F1 of the answers", "%", "more is better"),
    }
    return [
        Bars(
            title,
            unit,
            tuple(Bar(n, row[key], n == "ours") for n, row in systems.items()),
            note=note,
        )
        for key, (title, unit, note) in shown.items()
        if all(key in row for row in systems.values())
    ]

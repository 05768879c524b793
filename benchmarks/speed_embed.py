"""Passages a second of each way to run the default weights, and what 8 bits cost.

    python -m benchmarks.speed_embed --data PATH

Every way encodes the same real passages, turn by turn in short groups, and is compared
with stock sentence-transformers (torch, 32-bit) in the same turn: what else the machine
does then slows all of them alike. Medians of these ratios are reported. Recall is that
of the dense side alone: the passages are those of a SQuAD set, the questions its own.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.data import need, read_lines
from benchmarks.results import keep
from qa.protocols import Embedder, Vectors
from qa.search.embed import open_embedder

__all__ = ["GROUP", "REFERENCE", "Numbers", "encode_in_turn", "ranks_of"]

Numbers = npt.NDArray[Any]
"""One number for each group, or for each question."""

REFERENCE = "minilm-torch"
WAYS = (REFERENCE, "minilm:f32", "minilm")
GROUP = 30  # passages a turn
COLD = (
    "from qa.search.embed import open_embedder as o;"
    "o('minilm').encode(['What did Iran say?'], kind='question')"
)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", default="squad2_dev_half")
    parser.add_argument("--passages", type=int, default=300)
    parser.add_argument("--questions", type=int, default=600, help="for recall")
    arguments = parser.parse_args()

    lines = read_lines(need(arguments.data / f"dev/{arguments.set}.jsonl.gz"))
    every = list(dict.fromkeys(line.context for line in lines))
    passages = every[:: max(1, len(every) // arguments.passages)][: arguments.passages]
    passages = passages[: len(passages) // GROUP * GROUP]
    home = {passage: row for row, passage in enumerate(passages)}
    asked = [x for x in lines if x.context in home and x.answers][: arguments.questions]
    questions = [line.question for line in asked]
    gold = np.array([home[line.context] for line in asked])

    embedders = {way: open_embedder(way) for way in WAYS}
    seconds, vectors = encode_in_turn(embedders, passages)
    latencies = _ask(embedders, questions[:60])
    found = {w: e.encode(questions, kind="question") for w, e in embedders.items()}
    figures = {}
    for way in WAYS:
        cosines = (vectors[way] * vectors[REFERENCE]).sum(axis=1)
        ranks = ranks_of(found[way] @ vectors[way].T, gold)
        figures[way] = {
            "times_reference": _median(seconds[REFERENCE] / seconds[way]),
            "passages_a_second": _median(GROUP / seconds[way]),
            "question_ms": _median(latencies[way] * 1000),
            "cosine_median": round(float(np.median(cosines)), 5),
            "cosine_p1": round(float(np.quantile(cosines, 0.01)), 5),
            "cosine_min": round(float(cosines.min()), 5),
            "recall_at_1": round(100 * float((ranks < 1).mean()), 2),
            "recall_at_5": round(100 * float((ranks < 5).mean()), 2),
        }
        print(f"{way:13}", "  ".join(f"{k} {v}" for k, v in figures[way].items()))
    cold = [_cold() for _ in range(5)]
    figures["cold process, one question"] = {"seconds": _median(np.array(cold))}
    print("cold process, one question:", figures["cold process, one question"])
    sizes = {"passages": len(passages), "questions": len(questions)}
    keep("speed_embed", {"set": arguments.set, **sizes, "ways": figures})


def encode_in_turn(
    embedders: dict[str, Embedder], passages: list[str]
) -> tuple[dict[str, Numbers], dict[str, Vectors]]:
    """Return seconds of each group and the vectors, by embedder.

    Passages that do not fill a last group are left out.
    """
    seconds: dict[str, list[float]] = {way: [] for way in embedders}
    vectors: dict[str, list[Vectors]] = {way: [] for way in embedders}
    for embedder in embedders.values():
        embedder.encode(passages[:GROUP], kind="passage")  # warm
    for start in range(0, len(passages) - GROUP + 1, GROUP):
        group = passages[start : start + GROUP]
        for way, embedder in embedders.items():
            began = time.perf_counter()
            vectors[way].append(embedder.encode(group, kind="passage"))
            seconds[way].append(time.perf_counter() - began)
    return (
        {way: np.array(each) for way, each in seconds.items()},
        {way: np.concatenate(each) for way, each in vectors.items()},
    )


def _ask(embedders: dict[str, Embedder], questions: list[str]) -> dict[str, Numbers]:
    seconds: dict[str, list[float]] = {way: [] for way in embedders}
    for question in questions:
        for way, embedder in embedders.items():
            began = time.perf_counter()
            embedder.encode([question], kind="question")
            seconds[way].append(time.perf_counter() - began)
    return {way: np.array(each) for way, each in seconds.items()}


def ranks_of(scores: Vectors, gold: Numbers) -> Numbers:
    """Return how many passages score above the right one, for each question.

    >>> ranks_of(np.float32([[0.9, 0.5], [0.2, 0.1]]), np.array([0, 1])).tolist()
    [0, 1]
    """
    own = scores[np.arange(len(gold)), gold]
    return np.asarray((scores > own[:, None]).sum(axis=1))


def _cold() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD], check=True)
    return time.perf_counter() - began


def _median(values: Numbers) -> float:
    return round(float(np.median(values)), 3)


if __name__ == "__main__":
    main()

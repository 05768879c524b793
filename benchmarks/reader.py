"""One passage given: how well a reader finds the answer in it, or says there is none.

    python -m benchmarks.reader --questions FILE [FILE …] [--json]

Exact match and F1 as SQuAD 2.0 counts them: a question without an answer is right when
the best margin is not above the threshold (0 unless `--threshold` is given), and the
best threshold of the set is told beside it, as the published figures use it.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.answers import sample
from benchmarks.data import Line, need, read_lines
from benchmarks.results import keep
from qa.evaluation.metrics import best, bootstrap_interval, exact_match, f1
from qa.library.sentences import sentence_spans
from qa.protocols import Reader
from qa.reading.read import open_reader
from qa.search.embed import open_embedder
from qa.settings import Settings
from qa.types import Article, Passage

SEED = 7


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader found for one question."""

    line: Line
    text: str
    margin: float

    def scores(self, threshold: float) -> tuple[float, float]:
        """Return exact match and F1, in [0, 1], of answering above the threshold."""
        given = self.text if self.margin > threshold else None
        return (
            best(exact_match, given, self.line.answers),
            best(f1, given, self.line.answers),
        )


def main() -> None:
    """Read every question of every set, print and keep a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--reader", nargs="+", default=[Settings().reader, "sentence"])
    parser.add_argument("--most", type=int, default=100_000, help="questions a set")
    parser.add_argument("--threshold", type=float, default=0.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    embedder = open_embedder(Settings().embedder)
    rows = []
    for path in arguments.questions:
        lines = sample(read_lines(need(path)), arguments.most)
        for spec in dict.fromkeys(arguments.reader):
            reads = read_all(open_reader(spec, embedder), lines)
            rows.append(_figures(path, spec, reads, arguments.threshold))
        rows.append(_figures(path, "first sentence", first(lines), -1.0))
    for row in rows:
        keep("reader", row)
        if not arguments.json:
            print("  ".join(f"{key} {value}" for key, value in row.items()))
    if arguments.json:
        print(json.dumps(rows, indent=2))


def read_all(reader: Reader, lines: list[Line]) -> list[Read]:
    """Return the best candidate for every question."""
    found = []
    for line in lines:
        candidates = reader.read(line.question, [_passage(line)])
        if candidates:
            top = max(candidates, key=lambda c: c.margin)
            found.append(Read(line, top.text, top.margin))
        else:
            found.append(Read(line, "", -np.inf))
    return found


def first(lines: list[Line]) -> list[Read]:
    """Return the first sentence of every passage."""
    return [
        Read(line, line.context[slice(*sentence_spans(line.context)[0])], 0.0)
        for line in lines
    ]


def _passage(line: Line) -> Passage:
    article = Article(line.id, line.id, line.title, line.context)
    return Passage(article, 0, len(line.context))


def _figures(
    path: Path, system: str, reads: list[Read], threshold: float
) -> dict[str, object]:
    exact, overlap = _means(reads, threshold)
    has = [read for read in reads if read.line.answers]
    none = [read for read in reads if not read.line.answers]
    values = [100 * read.scores(threshold)[1] for read in reads]
    row: dict[str, object] = {
        "set": path.name.partition(".")[0],
        "system": system,
        "n": len(reads),
        "em": exact,
        "f1": overlap,
        "f1_interval": [round(x, 1) for x in bootstrap_interval(values, seed=SEED)],
        "has_answer_f1": _means(has, threshold)[1],
        "f1_never_abstaining": _means(has, -np.inf)[1],
        "em_never_abstaining": _means(has, -np.inf)[0],
    }
    if none:
        top = max(_thresholds(reads), key=lambda t: _means(reads, t)[1])
        row["no_answer"] = _means(none, threshold)[1]
        row["best_threshold"] = round(top, 2)
        row["em_best"], row["f1_best"] = _means(reads, top)
    return row


def _means(reads: list[Read], threshold: float) -> tuple[float, float]:
    if not reads:
        return 0.0, 0.0
    exact, overlap = np.mean([read.scores(threshold) for read in reads], axis=0)
    return round(100 * float(exact), 1), round(100 * float(overlap), 1)


def _thresholds(reads: list[Read]) -> list[float]:
    margins = [read.margin for read in reads if np.isfinite(read.margin)]
    return [float(q) for q in np.quantile(margins, np.linspace(0, 1, 41))]


if __name__ == "__main__":
    main()

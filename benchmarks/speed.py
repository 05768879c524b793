"""How fast it is, figure by figure, with the target of each and whether it is met.

    python -m benchmarks.speed --data PATH [--articles DIR] [--json] [--plot FILE]

What is compared with torch is timed in turn with it, in short groups of the same
passages: what else the machine does then slows both alike. Answers are timed over
10,000 passages, in a process that does nothing else; cold ones from the start of
`qa ask` to its end, files in memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.bars import Bar, Bars, draw_bars
from benchmarks.passages import WORK, Pool, answerable, make_pool
from benchmarks.peer_workers.figures import Measured
from benchmarks.peer_workers.process import Worker
from benchmarks.peer_workers.serve import Task
from benchmarks.peer_workers.weights import write_reader
from benchmarks.peers import GROUP, index_in_turn
from benchmarks.results import keep
from benchmarks.speed_embed import REFERENCE, encode_in_turn, ranks_of
from qa.models.weights import minilm
from qa.pipeline import QA
from qa.reading.read import open_reader
from qa.reading.shipped import open_shipped_reader
from qa.search.embed import open_embedder
from qa.settings import Settings

QUESTION = "What did Iran say about Assad's elections?"
IMPORT = "import time; t = time.perf_counter(); import qa; print(time.perf_counter()-t)"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach."""

    figure: str
    limit: float
    is_at_most: bool = True

    def is_met(self, value: float) -> bool:
        """Whether this value will do.

        >>> Target("cold_s", 1.3).is_met(1.2), Target("x", 4, False).is_met(3.9)
        (True, False)
        """
        return value <= self.limit if self.is_at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'at most' if self.is_at_most else 'at least'} {self.limit:g}"


TARGETS = (
    Target("index_times_stock", 4, is_at_most=False),
    Target("embed_times_stock", 4, is_at_most=False),
    Target("cosine_median", 0.995, is_at_most=False),
    Target("recall_at_5_loss", 0.3),
    Target("ask_p50_ms", 70),
    Target("ask_p95_ms", 120),
    Target("cold_ask_s", 1.3),
    Target("cold_ask_pool_s", 1.3),
    Target("import_qa_ms", 150),
    Target("rss_mb", 600),
    Target("read_8_ms", 120),
)
"""What the product promises; README tells which were reached where."""


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, print and keep; return the figures."""
    arguments = _parser().parse_args(argv)
    with redirect_stdout(sys.stderr):  # progress is no result
        pool = make_pool(
            arguments.data, arguments.work, arguments.passages, arguments.questions
        )
    figures: dict[str, Any] = {
        "passages": len(pool.rows()),
        "questions": len(pool.questions),
        "import_qa_ms": imports(arguments.cold),
        **cold(arguments.articles, pool, arguments.cold),
    }
    reader = write_reader(arguments.work / "reader")
    with _worker("ours", pool, reader) as ours:
        figures |= warm(ours, pool)
        with _worker("stock", pool, reader) as stock:
            figures |= index({"ours": ours, "stock": stock}, pool, arguments.groups)
    figures |= embed(pool, arguments.data, arguments.groups * GROUP)
    figures |= read(pool, reader)
    targets = {t.figure: t.is_met(figures[t.figure]) for t in TARGETS}
    notes = {
        t.figure: f"{'met' if targets[t.figure] else 'MISSED'}: {t}" for t in TARGETS
    }
    keep("speed", {**figures, "targets": targets})
    if arguments.json:
        print(json.dumps({**figures, "targets": targets}, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<27} {value!s:<10} {notes.get(name, '')}")
    if arguments.plot:
        arguments.plot.write_text(draw_bars(panels(figures)), encoding="utf-8")
    return figures


def imports(runs: int) -> float:
    """Return milliseconds of `import qa`, the start of Python left out."""
    command = [sys.executable, "-c", IMPORT]
    times = [
        float(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(runs)
    ]
    return round(1000 * median(times), 1)


def cold(articles: Path, pool: Pool, runs: int) -> dict[str, Any]:
    """Return seconds of `qa ask`, over a folder and over the pool."""
    with tempfile.TemporaryDirectory() as store:
        return {
            "cold_ask_s": _cold_ask(articles, Path(store), QUESTION, runs),
            "cold_ask_pool_s": _cold_ask(
                pool.articles, pool.store, pool.warm_up[0], runs
            ),
        }


def _cold_ask(articles: Path, store: Path, question: str, runs: int) -> float:
    command = [sys.executable, "-m", "qa", "ask", question]
    command += ["--articles", str(articles), "--store", str(store)]
    times = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        times.append(time.perf_counter() - begun)
        if done.returncode not in (0, 3):  # answered, or the articles do not say
            sys.exit(f"`qa ask` failed:\n{done.stderr}")
    return round(median(times[1:]), 3)  # the first one may have indexed


def _worker(system: str, pool: Pool, reader: Path) -> Worker:
    place = pool.folder if system == "ours" else pool.folder / system
    task = Task(str(place), str(minilm().folder), str(reader), Settings().top_k)
    module = f"benchmarks.peer_workers.{system}"
    log = pool.folder / "logs" / f"speed-{system}.txt"
    return Worker(sys.executable, module, task, log)


def warm(ours: Worker, pool: Pool) -> dict[str, Any]:
    """Return times of answers, each question asked once, and memory after them."""
    for question in pool.warm_up:
        ours.call("ask", question=question)
    replies = [ours.call("ask", question=line.question) for line in pool.questions]
    times = [reply["ms"] for reply in replies]
    figures = {
        f"ask_p{share}_ms": round(float(np.percentile(times, share)), 1)
        for share in (50, 95, 99)
    }
    for stage in ("retrieve", "read", "decide"):
        spent = [reply["stages"][stage] for reply in replies]
        figures[f"{stage}_p50_ms"] = round(median(spent), 1)
    return {**figures, "rss_mb": round(ours.call("memory")["rss_mb"])}


def index(workers: Mapping[str, Worker], pool: Pool, groups: int) -> dict[str, Any]:
    """Return rates from passages to a store on the disk, ours against stock parts."""
    seen = {name: Measured() for name in workers}
    index_in_turn(workers, seen, pool.rows()[: GROUP * (groups + 1)])
    ours, stock = (np.array(seen[name].index_s) for name in ("ours", "stock"))
    return {
        "index_passages_per_s": round(1 / float(np.median(ours)), 1),
        "index_stock_passages_per_s": round(1 / float(np.median(stock)), 1),
        "index_times_stock": round(float(np.median(stock / ours)), 2),
    }


def embed(pool: Pool, data: Path, most: int) -> dict[str, Any]:
    """Return what the embedder alone gains over torch, and what it loses."""
    rows = pool.rows()[:most]
    embedders = {way: open_embedder(way) for way in (REFERENCE, "minilm")}
    seconds, vectors = encode_in_turn(embedders, [row["embedded"] for row in rows])
    count = len(vectors["minilm"])
    cosines = (vectors["minilm"] * vectors[REFERENCE]).sum(axis=1)
    figures: dict[str, Any] = {
        "embed_times_stock": _ratio(seconds[REFERENCE], seconds["minilm"]),
        "cosine_median": round(float(np.median(cosines)), 5),
        "cosine_p1": round(float(np.quantile(cosines, 0.01)), 5),
    }
    # questions whose article is one passage know the row that answers them
    home = {row["text"].strip(): number for number, row in enumerate(rows[:count])}
    lines = [line for lines in answerable(data) for line in lines]
    asked = [line for line in lines if line.context.strip() in home]
    gold = np.array([home[line.context.strip()] for line in asked])
    recall = {}
    for way, embedder in embedders.items():
        queries = embedder.encode([line.question for line in asked], kind="question")
        ranks = ranks_of(queries @ vectors[way].T, gold)
        recall[way] = 100 * float((ranks < 5).mean())
    figures["recall_questions"] = len(asked)
    figures["recall_at_5"] = round(recall["minilm"], 2)
    figures["recall_at_5_loss"] = round(recall[REFERENCE] - recall["minilm"], 2)
    return figures


def read(pool: Pool, reader: Path, most: int = 30) -> dict[str, Any]:
    """Return times to read 8 passages, ours against torch on the same weights.

    And against ours with 32 bits between the 8-bit layers, which some processors want;
    and the time of the first passage alone, with which many questions end.
    """
    alone: list[float] = []
    times: dict[str, list[float]] = {"ours": [], "32 bits": [], "torch": []}
    torch = open_reader(f"hf:{reader}", open_embedder("hash:8"))
    knobs = Settings(remembered=0)
    with QA.open(pool.articles, store=pool.store, settings=knobs) as qa:
        plain = open_shipped_reader(between="f32")
        readers = {"ours": qa.reader, "32 bits": plain, "torch": torch}
        for line in pool.questions[: most + 1]:
            hits = qa.retrieve(line.question, top_k=8)
            passages = [hit.passage for hit in hits]
            ways = list(readers.items())  # who is first finds nothing warm
            for name, reader_ in ways if len(times["ours"]) % 2 else ways[::-1]:
                begun = time.perf_counter()
                reader_.read(line.question, passages)
                times[name].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            qa.reader.read(line.question, passages[:1])
            alone.append(time.perf_counter() - begun)
    ours, plain_, other = (
        np.array(found[1:] or found) for found in times.values()
    )  # one warms up
    return {
        "read_1_ms": round(1000 * float(np.median(alone[1:] or alone)), 1),
        "read_8_ms": round(1000 * float(np.median(ours)), 1),
        "read_8_torch_ms": round(1000 * float(np.median(other)), 1),
        "read_times_32_bits": _ratio(plain_, ours),
        "read_times_torch": _ratio(other, ours),
    }


def _ratio(reference: Any, ours: Any) -> float:
    return round(float(np.median(np.asarray(reference) / np.asarray(ours))), 2)


def panels(figures: Mapping[str, Any]) -> list[Bars]:
    """Return what is drawn, targets dashed."""
    passages = f"{figures['passages']:,} passages"

    def bar(name: str, key: str, *, is_ours: bool = True) -> Bar:
        return Bar(name, figures[key], is_ours)

    rate = (
        bar("ours", "index_passages_per_s"),
        bar("stock, torch", "index_stock_passages_per_s", is_ours=False),
    )
    asked = tuple(bar(f"p{share}", f"ask_p{share}_ms") for share in (50, 95, 99))
    cold_ones = (
        bar("shipped articles", "cold_ask_s"),
        bar(passages, "cold_ask_pool_s"),
    )
    reading = (
        bar("ours", "read_8_ms"),
        bar("torch", "read_8_torch_ms", is_ours=False),
    )
    more = "more is better"
    return [
        Bars("Indexing", "passages a second", rate, note=more),
        Bars(f"One question, {passages}", "ms", asked, target=120, note="for p95"),
        Bars("qa ask, start to end", "s", cold_ones, target=1.3),
        Bars("Reading 8 passages", "ms", reading, target=120),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--articles", type=Path, default=Path("seeds"), help="asked by the cold command"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="kept for later runs")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--cold", type=int, default=9, help="cold starts")
    parser.add_argument("--groups", type=int, default=5, help=f"of {GROUP}, indexed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path)
    return parser


if __name__ == "__main__":
    main()

"""The same weights, passages and questions through ours and through the usual stacks.

    python -m benchmarks.peers --data PATH --prepare    # once: environments, vectors
    python -m benchmarks.peers --data PATH [--json] [--plot docs/peers.svg]

Peers are stock sentence-transformers with FAISS and a transformers reader loop,
Haystack and txtai, each in an environment and a process of its own. Every question goes
to each system in turn, in rotated order: what else the machine does slows all alike.
Peers are given the passages with their vectors (the same weights make the same ones);
their rate of indexing is taken on a share of the passages. All are made to answer: ours
abstains by default, which is told beside.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bars import draw_bars
from benchmarks.passages import WORK, Pool, make_pool, make_vectors
from benchmarks.peer_workers.environments import PACKAGES, python_of
from benchmarks.peer_workers.figures import Measured, fastest, panels, summary
from benchmarks.peer_workers.process import Worker
from benchmarks.peer_workers.serve import Row, Task
from benchmarks.peer_workers.weights import write_reader
from benchmarks.results import keep
from qa.models.weights import minilm

SYSTEMS: Mapping[str, tuple[str, str]] = {
    "ours": ("ours", ""),
    "stock": ("stock", ""),
    "haystack": ("haystack", ""),
    "txtai": ("txtai", "each"),
    "txtai joined": ("txtai", "joined"),
}
"""Name -> environment, which is also its module, and the way that it is used."""

GROUP = 64  # passages indexed a turn: two batches of the peers
PAUSE_S = 0.1  # before each question: threads of the last system stop spinning


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Prepare, measure, print and keep; return the figures."""
    arguments = _parser().parse_args(argv)
    with redirect_stdout(sys.stderr):  # progress is no result
        pool = make_pool(
            arguments.data, arguments.work, arguments.passages, arguments.questions
        )
        starts = prepare(pool, arguments)
    if arguments.prepare:
        return {}
    seen = {name: Measured() for name in starts}
    with ExitStack() as open_workers:
        workers = start_cold(starts, seen, pool.warm_up[0], arguments.cold)
        for worker in workers.values():
            open_workers.enter_context(worker)
        ask_in_turn(workers, seen, pool)
        for name, worker in workers.items():
            seen[name].rss_mb = worker.call("memory")["rss_mb"]
            packages = PACKAGES[SYSTEMS[name][0]]
            seen[name].about = worker.call("about", packages=packages)
        index_in_turn(workers, seen, pool.rows()[: GROUP * (arguments.groups + 1)])
    systems = summary(seen, [line.answers for line in pool.questions])
    figures = {
        "passages": len(pool.rows()),
        "questions": len(pool.questions),
        "top_k": arguments.top_k,
        "systems": systems,
        "fastest": fastest(systems),
    }
    keep("peers", figures)
    _show(figures, arguments)
    return figures


def prepare(pool: Pool, arguments: argparse.Namespace) -> dict[str, "Start"]:
    """Install, write weights, build stores; return how each system is started."""
    reader = write_reader(arguments.work / "reader")
    starts: dict[str, Start] = {}
    for name in arguments.systems:
        environment, way = SYSTEMS[name]
        place = pool.folder if environment == "ours" else pool.folder / environment
        task = Task(str(place), str(minilm().folder), str(reader), arguments.top_k, way)
        python = python_of(environment, arguments.work, is_here=arguments.here)
        module = f"benchmarks.peer_workers.{environment}"
        log = arguments.work / "logs" / f"{name.replace(' ', '-')}.txt"
        starts[name] = Start(python, module, task, log)
        stamp = place / "built.txt"
        if environment != "ours" and not stamp.exists():
            make_vectors(pool)
            print(f"building the store of {environment}", flush=True)
            files = {"passages": str(pool.passages), "vectors": str(pool.vectors)}
            with starts[name].worker() as worker:
                worker.call("build", **files)
            stamp.touch()
    return starts


@dataclass(frozen=True, slots=True)
class Start:
    """What it takes to start a system."""

    python: str
    module: str
    task: Task
    log: Path

    def worker(self) -> Worker:
        """Start it."""
        return Worker(self.python, self.module, self.task, self.log)


def start_cold(
    starts: Mapping[str, Start], seen: Mapping[str, Measured], question: str, runs: int
) -> dict[str, Worker]:
    """Time starts up to the first answer; return the workers of the last run.

    Files were read before, so that they lie in memory: no disk is timed.
    """
    workers: dict[str, Worker] = {}
    for run in range(runs):
        for name in rotated(list(starts), run):
            worker = starts[name].worker()
            try:
                worker.call("ask", question=question)
                seen[name].cold_s.append(time.perf_counter() - worker.begun)
            finally:
                if run == runs - 1:
                    workers[name] = worker
                else:
                    worker.close()
    return {name: workers[name] for name in starts}


def ask_in_turn(
    workers: Mapping[str, Worker], seen: Mapping[str, Measured], pool: Pool
) -> None:
    """Ask every system every question, the first of them in turn."""
    for question in pool.warm_up:
        for worker in workers.values():
            worker.call("ask", question=question)
    for number, line in enumerate(pool.questions):
        for name in rotated(list(workers), number):
            time.sleep(PAUSE_S)
            reply = workers[name].call("ask", question=line.question)
            seen[name].replies.append(reply)


def index_in_turn(
    workers: Mapping[str, Worker], seen: Mapping[str, Measured], rows: Sequence[Row]
) -> None:
    """Let every system index the same passages, group by group."""
    for number, start in enumerate(range(0, len(rows), GROUP)):
        group = rows[start : start + GROUP]
        for name in rotated(list(workers), number):
            seconds = workers[name].call("index", rows=group)["seconds"]
            if number or len(rows) <= GROUP:  # the first one warms up
                seen[name].index_s.append(seconds / len(group))


def rotated(names: list[str], turn: int) -> list[str]:
    """Return the names, begun with another one at each turn.

    >>> rotated(["a", "b", "c"], 4)
    ['b', 'c', 'a']
    """
    first = turn % len(names)
    return names[first:] + names[:first]


def _show(figures: Mapping[str, Any], arguments: argparse.Namespace) -> None:
    systems: Mapping[str, Mapping[str, Any]] = figures["systems"]
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, row in systems.items():
            cells = [f"{k} {v}" for k, v in row.items() if k != "versions"]
            print(f"{name:<13}", "  ".join(cells))
        for what, name in figures["fastest"].items():
            print(f"{what}: {name}, {systems[name].get('times_ours')} times our time")
    if arguments.plot:
        arguments.plot.write_text(draw_bars(panels(systems)), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=WORK, help="kept for later runs")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--top-k", type=int, default=8, help="passages read")
    parser.add_argument("--cold", type=int, default=3, help="cold starts of each")
    parser.add_argument("--groups", type=int, default=4, help=f"of {GROUP}, indexed")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=[*SYSTEMS])
    parser.add_argument("--prepare", action="store_true", help="and end")
    parser.add_argument(
        "--here", action="store_true", help="the stock parts in this environment"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path)
    return parser


if __name__ == "__main__":
    main()

"""Many articles: how fast a large folder is indexed, followed and asked.

    python -m benchmarks.load --data PATH

Writes the newswire articles of `load/reuters21578` as one text file each, then runs
`qa index` on them as a user would, in processes of its own: once from nothing, then in
turn unchanged and with one article changed, and asks questions. `--again` takes the
folder and the store of the run before, which took minutes to make. Every figure is that
of this machine while nothing else ran.
"""

import argparse
import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.data import need
from benchmarks.results import keep
from qa.pipeline import QA
from qa.settings import Settings

SEED = 7


def main() -> None:
    """Convert, index, follow, ask, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--place", type=Path, default=Path("/tmp/qa-load"))
    parser.add_argument("--articles", type=int, default=19_020)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5, help="of each kind of following")
    parser.add_argument("--again", action="store_true", help="index nothing anew")
    arguments = parser.parse_args()

    folder, store = arguments.place / "articles", arguments.place / "store"
    if not arguments.again:
        shutil.rmtree(arguments.place, ignore_errors=True)
    texts = write_articles(arguments.data, folder, arguments.articles)
    first = index(folder, store)
    passages = counts(store)["passages"]
    figures: dict[str, object] = {"articles": len(texts), "passages": passages}
    if not arguments.again:
        figures |= {
            "index_s": first["seconds"],
            "passages_per_s": round(passages / first["seconds"], 1),
            "index_peak_mb": first["peak_mb"],
            "articles_mb": megabytes(folder),
            "store_mb": megabytes(store),
        }
    figures |= follow(folder, store, arguments.runs)
    figures |= ask(folder, store, questions_from(texts, arguments.questions))
    keep("load", figures)
    for name, value in figures.items():
        print(f"{name:<18} {value}")


def follow(folder: Path, store: Path, runs: int) -> dict[str, float]:
    """Return the median seconds of `qa index`: nothing changed, one article changed."""
    path = sorted(folder.rglob("*.txt"))[-1]
    text = path.read_text(encoding="utf-8")
    seconds: dict[str, list[float]] = {"unchanged_s": [], "one_changed_s": []}
    for run in range(runs):
        seconds["unchanged_s"].append(index(folder, store)["seconds"])
        path.write_text(f"{text}\nZanzibar, {run}.\n", encoding="utf-8")
        seconds["one_changed_s"].append(index(folder, store)["seconds"])
    return {name: round(float(np.median(took)), 2) for name, took in seconds.items()}


def write_articles(data: Path, folder: Path, most: int) -> list[tuple[str, str]]:
    """Write one file an article, a thousand to a folder; return (title, text)."""
    texts = []
    with gzip.open(need(data / "load/reuters21578.jsonl.gz"), "rt") as file:
        for number, line in enumerate(file):
            if number == most:
                break
            row = json.loads(line)
            place = folder / f"{number // 1000:02}" / f"{row['_id']}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{row['title']}\n\n{row['text']}\n", encoding="utf-8")
            texts.append((row["title"], row["text"]))
    return texts


def index(folder: Path, store: Path) -> dict[str, float]:
    """Run `qa index` and return wall-clock seconds and peak memory in MB."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "qa", "index", str(folder), "--store", str(store)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)  # of the largest child so far
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "peak_mb": round(usage.ru_maxrss / 1024, 1),
    }


def counts(store: Path) -> dict[str, int]:
    """Return what `qa stats` tells."""
    done = subprocess.run(
        [sys.executable, "-m", "qa", "stats", "--store", str(store), "--json"],
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]  # by its own schema


def megabytes(folder: Path) -> float:
    """Return the size of all files below a folder."""
    return round(
        sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6, 1
    )


def questions_from(texts: list[tuple[str, str]], most: int) -> list[str]:
    """Return questions in the words of articles: realistic in length and rarity."""
    rng = random.Random(SEED)
    found = []
    for title, text in rng.sample(texts, most):
        words = [w for w in text.split() if len(w) > 3] or title.split()
        start = rng.randrange(max(1, len(words) - 6))
        found.append(f"What did they say about {' '.join(words[start : start + 6])}?")
    return found


def ask(folder: Path, store: Path, questions: list[str]) -> dict[str, object]:
    """Return retrieval and whole answer times, and the memory of the process."""
    qa = QA.open(folder, store=store, settings=Settings(remembered=0))
    for question in questions[:5]:
        qa.ask(question)
    retrieve, whole = [], []
    for question in questions:
        timings = qa.ask(question).timings
        retrieve.append(timings["retrieve"])
        whole.append(timings["total"])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "retrieve_p50_ms": round(float(np.median(retrieve)), 1),
        "retrieve_p95_ms": round(float(np.quantile(retrieve, 0.95)), 1),
        "ask_p50_ms": round(float(np.median(whole)), 1),
        "ask_p95_ms": round(float(np.quantile(whole, 0.95)), 1),
        "ask_peak_mb": round(usage.ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    main()

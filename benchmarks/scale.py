"""Retrieval over 1,000 to 1,000,000 passages: time, memory, disk, recall.

    python -m benchmarks.scale --data PATH [--sizes 1000 10000] [--plot docs/scale.svg]

Real passages as far as they go: the contexts of the dev and train sets and newswire,
indexed once by the product itself and kept in `--work`; after them resampled ones
(`benchmarks/resample.py` says how, and what that leaves unmeasured). Each size is
asked in a process of its own, with real questions. Recall is that of the dense side's
ten best passages against comparing all vectors.
"""

import argparse
import dataclasses
import gzip
import json
import multiprocessing
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import need, read_lines
from benchmarks.indexes import Numbers, Result, compare, exact_best
from benchmarks.load import megabytes
from benchmarks.plot import Line, Panel, draw
from benchmarks.pools import open_articles, open_pool
from benchmarks.resample import Real, blocks, read_real
from benchmarks.results import keep
from qa.library.records import embedded_text, text_hash
from qa.library.store import Store
from qa.protocols import Vectors
from qa.search.embed import open_embedder
from qa.search.retrieve import HybridRetriever
from qa.search.vectors import VectorIndex
from qa.search.words import WordIndex
from qa.settings import Settings
from qa.types import Article, Passage

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DEV = ("xquad_en", "squad2_dev_half")
SEED = 7
K = 10
TARGET_MS, TARGET_RECALL = 40.0, 0.95


def main() -> None:
    """Fill stores, ask them, compare indexes; print, keep and plot what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("/tmp/qa-scale"))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--compare", type=int, nargs="*", help="sizes; default: all")
    parser.add_argument(
        "--graph-most", type=int, default=100_000, help="largest size of a graph"
    )
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--no-news", action="store_true", help="embed fewer passages")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()

    tell = (lambda _: None) if arguments.json else print
    real = real_passages(arguments.data, arguments.work, not arguments.no_news)
    questions = questions_of(arguments.data, arguments.questions)
    queries = open_embedder(Settings().embedder).encode(questions, kind="question")
    tell(f"{len(real):,} real passages; any more are resampled from them")
    sizes = []
    for size in sorted(arguments.sizes):
        figures = measured(real, size, arguments.work, questions, queries)
        figures["real"] = min(len(real), size)
        keep("scale", figures)
        tell(_row(figures))
        sizes.append(figures)
    fitted = fit(sizes)
    tell("\n".join(f"{name}: {value}" for name, value in fitted.items()))

    compared: dict[int, list[dict[str, Any]]] = {}
    for size in arguments.sizes if arguments.compare is None else arguments.compare:
        tell(f"\n{size:,} vectors, {'recall@10':>16} {'p50':>7} {'p95':>7}    MB build")
        compared[size] = []
        for result in indexes(real, size, queries, size <= arguments.graph_most):
            compared[size].append(dataclasses.asdict(result))
            tell(_line(result))
        keep("scale", {"compared": size, "indexes": compared[size]})
    if arguments.plot:
        arguments.plot.write_text(picture(sizes), encoding="utf-8")
    if arguments.json:
        print(json.dumps({"sizes": sizes, **fitted, "compared": compared}))


def real_passages(data: Path, work: Path, has_news: bool) -> Real:
    """Return the real passages, indexing them into `work` at the first run."""
    files = [*(data / "dev").glob("*.jsonl.gz"), *(data / "train").glob("*.jsonl.gz")]
    if not files:
        need(data / "dev")
    libraries = [open_pool(sorted(files), work / "real")]
    if has_news:
        news = work / "news.jsonl"
        source = need(data / "load/reuters21578.jsonl.gz")
        with gzip.open(source, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        kept = [json.dumps({"title": r["title"], "text": r["text"]}) for r in rows]
        news.write_text("\n".join(kept) + "\n", encoding="utf-8")
        libraries.append(open_articles(news, work / "news"))
    name = open_embedder(Settings().embedder).name
    return read_real([library.library.store for library in libraries], name)


def questions_of(data: Path, most: int) -> list[str]:
    """Return real questions whose passages are among the real ones."""
    lines = [
        line.question
        for name in DEV
        for line in read_lines(data / f"dev/{name}.jsonl.gz")
        if line.answers
    ]
    return random.Random(SEED).sample(lines, min(most, len(lines)))


def fill(real: Real, size: int, folder: Path, embedder: str) -> Store:
    """Return a store of `size` passages, each an article; row = its number + 1."""
    if folder.exists() and Store(folder).passage_count() != size:
        shutil.rmtree(folder)  # of a run that was stopped
    store = Store(folder)
    if store.passage_count() == size:
        return store
    for block in blocks(real, size):
        with store.change() as change:
            keys = []
            for number, (title, text) in enumerate(block.texts, block.first):
                name = f"{number:07}.txt"
                passage = Passage(Article(name, name, title, text), 0, len(text))
                change.put_article(passage.article, name, [passage])
                keys.append(text_hash(embedded_text(passage)))
            # in the order of the keys: equal texts have one vector
            change.put_vectors(keys, embedder, block.vectors)
    return store


def measured(
    real: Real, size: int, work: Path, questions: list[str], queries: Vectors
) -> dict[str, Any]:
    """Fill a store of this size, and ask it in a process of its own."""
    folder = work / f"passages-{size}"
    begun = time.perf_counter()
    fill(real, size, folder, open_embedder(Settings().embedder).name).close()
    figures: dict[str, Any] = {
        "passages": size,
        "questions": len(questions),
        "fill_s": round(time.perf_counter() - begun, 1),
    }
    vectors = ((block.first, block.vectors) for block in blocks(real, size))
    best = exact_best(vectors, queries)
    figures |= _alone(build, folder)
    return figures | _alone(ask, folder, questions, best + 1)


def _alone(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Run in a process of its own, so that no memory of another run is counted."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(work, *arguments).result()


def build(folder: Path) -> dict[str, Any]:
    """Build both indexes from the store; return how long that took, in seconds."""
    embedder = open_embedder(Settings().embedder)
    store = Store(folder)
    for old in folder.glob("vectors.*"):
        old.unlink()
    shutil.rmtree(folder / "words", ignore_errors=True)
    figures: dict[str, Any] = {}
    begun = time.perf_counter()
    VectorIndex(store, embedder.name, embedder.dim)
    figures["dense_build_s"] = round(time.perf_counter() - begun, 1)
    begun = time.perf_counter()
    WordIndex(store)
    figures["words_build_s"] = round(time.perf_counter() - begun, 1)
    return figures


def ask(folder: Path, questions: list[str], best: Numbers) -> dict[str, Any]:
    """Ask every question of what `build` left; return times, memory and recall.

    Args:
        folder: of the store.
        questions: as people ask them.
        best: rows of the ten nearest passages of each, shape `(n_questions, 10)`.
    """
    settings = Settings()
    embedder = open_embedder(settings.embedder)
    embedder.encode(questions[:20], kind="question")  # the model's own memory
    before = resident_mb()
    store = Store(folder)
    begun = time.perf_counter()
    retriever = HybridRetriever(
        store,
        embedder,
        dense_weight=settings.dense_weight,
        article_share=settings.article_share,
        pool=settings.pool,
    )
    figures: dict[str, Any] = {"open_s": round(time.perf_counter() - begun, 3)}

    def whole(question: str) -> None:
        retriever.catch_up()
        retriever.retrieve(question, top_k=settings.top_k)

    figures |= _times("retrieve", whole, questions)
    # the same once more: what the disk had to bring in is now in memory
    figures |= _times("again", whole, questions)
    figures["memory_mb"] = round(resident_mb() - before, 1)
    figures["process_mb"] = round(resident_mb(), 1)
    figures["disk_mb"] = megabytes(folder)
    figures["sqlite_mb"] = round((folder / "library.sqlite").stat().st_size / 1e6, 1)
    figures["words_mb"] = megabytes(folder / "words")

    vectors = VectorIndex(store, embedder.name, embedder.dim)
    words = WordIndex(store)
    queries = [embedder.encode([q], kind="question")[0] for q in questions]
    asked = iter(queries[:5] + queries)
    found = []
    figures |= _times(
        "embed", lambda q: embedder.encode([q], kind="question"), questions
    )
    figures |= _times("words", lambda q: words.search(q, settings.pool), questions)
    figures |= _times(
        "dense",
        lambda _: found.append(vectors.search(next(asked), settings.pool)),
        questions,
    )
    recalls = [
        len({row for row, _ in rows[:K]} & set(wanted.tolist())) / K
        for rows, wanted in zip(found[5:], best, strict=True)
    ]
    figures["recall"] = round(float(np.mean(recalls)), 4)
    figures["is_exact"] = vectors.is_exact
    return figures


def _times(
    name: str, step: Callable[[str], object], questions: list[str]
) -> dict[str, float]:
    """Return p50, p95 and p99 in ms of a step, after five questions to warm up."""
    for question in questions[:5]:
        step(question)
    times = []
    for question in questions:
        begun = time.perf_counter()
        step(question)
        times.append(1000 * (time.perf_counter() - begun))
    return {
        f"{name}_p{share}_ms": round(float(np.quantile(times, share / 100)), 2)
        for share in (50, 95, 99)
    }


def resident_mb() -> float:
    """Return the memory that this process holds now; where unknown, the most it did."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def fit(sizes: list[dict[str, Any]]) -> dict[str, str]:
    """Return memory and disk for each million passages, and how time grows.

    >>> at = {"retrieve_p50_ms": 2.0, "memory_mb": 10.0, "disk_mb": 5.0}
    >>> many = {"retrieve_p50_ms": 4.0, "memory_mb": 109.9, "disk_mb": 500.0}
    >>> fit([{"passages": 10_000, **at}, {"passages": 1_000_000, **many}])["memory"]
    '9 MB + 101 MB for each million passages'
    """
    if len(sizes) < 2:
        return {}
    millions = np.array([f["passages"] / 1e6 for f in sizes])
    texts = {}
    for name in ("memory", "disk"):
        slope, rest = np.polyfit(millions, [f[f"{name}_mb"] for f in sizes], 1)
        texts[name] = f"{round(rest)} MB + {round(slope)} MB for each million passages"
    first, last = sizes[0], sizes[-1]
    times = last["retrieve_p50_ms"] / first["retrieve_p50_ms"]
    more = last["passages"] / first["passages"]
    power = np.log(times) / np.log(more)
    texts["time"] = (
        f"{more:,.0f} times the passages take {times:.1f} times as long (n^{power:.2f})"
    )
    return texts


def indexes(
    real: Real, size: int, queries: Vectors, has_graph: bool
) -> Iterator[Result]:
    """Compare FAISS indexes over the vectors of this size."""
    vectors = np.concatenate([block.vectors for block in blocks(real, size)])
    yield from compare(vectors, queries, has_graph=has_graph)


def picture(sizes: list[dict[str, Any]]) -> str:
    """Return the plots: time and its parts, memory and disk."""

    def line(name: str, key: str) -> Line:
        return Line(name, tuple((f["passages"], f[key]) for f in sizes))

    ends = (sizes[0]["passages"], sizes[-1]["passages"])
    target = Line(
        "target at 1 M, p95", tuple((x, TARGET_MS) for x in ends), is_dashed=True
    )
    times = (
        line("retrieval, p95", "retrieve_p95_ms"),
        line("retrieval, p50", "retrieve_p50_ms"),
        line("its lexical side, p50", "words_p50_ms"),
        line("its dense side, p50", "dense_p50_ms"),
        line("its question embedded, p50", "embed_p50_ms"),
        target,
    )
    room = (line("disk", "disk_mb"), line("memory of the indexes", "memory_mb"))
    return draw(
        [
            Panel("Time of a question's retrieval", "passages", "ms", times, True),
            Panel("Room", "passages", "MB", room, True, True),
        ]
    )


def _row(figures: dict[str, Any]) -> str:
    is_met = (
        figures["retrieve_p95_ms"] <= TARGET_MS and figures["recall"] >= TARGET_RECALL
    )
    return (
        f"{figures['passages']:>9,} passages ({figures['real']:,} real): retrieval "
        + "/".join(f"{figures[f'retrieve_p{p}_ms']:.1f}" for p in (50, 95, 99))
        + " ms (p50/95/99); p50/p95 of "
        + ", ".join(
            f"{part} {figures[f'{part}_p50_ms']:.1f}/{figures[f'{part}_p95_ms']:.1f}"
            for part in ("again", "embed", "words", "dense")
        )
        + f"; recall@10 {figures['recall']:.3f}"
        + f" ({'exact' if figures['is_exact'] else 'codes'}); memory "
        + f"{figures['memory_mb']:.0f} MB, disk {figures['disk_mb']:.0f} MB; built in "
        + f"{figures['dense_build_s']:.0f} + {figures['words_build_s']:.0f} s; target "
        + ("met" if is_met else "missed")
    )


def _line(result: Result) -> str:
    return (
        f"  {result.name:<24} {result.recall:>7.3f} {result.p50_ms:>7.2f} "
        f"{result.p95_ms:>7.2f} {result.megabytes:>7.1f} {result.build_s:>6.1f} s"
    )


if __name__ == "__main__":
    main()

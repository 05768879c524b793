"""FAISS indexes over the same vectors and questions, one line each.

Each proposes candidates, whose exact cosines decide: that is what the product does, so
recall is that of the result. One thread, as a question is asked.
"""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from qa.protocols import Vectors

__all__ = ["Result", "compare", "exact_best"]

Numbers = npt.NDArray[np.int64]
"""Numbers of vectors, shape `(n_queries, k)`, best first."""

CANDIDATES = 150  # as qa/search/vectors.py takes for a hundred
K = 10
SEED = 7
_LISTS_SHARE = (0.02, 0.05, 0.1, 0.2)  # of the lists that are read
_BREADTHS = (300, 600)  # of the search in a graph


@dataclass(frozen=True, slots=True)
class Result:
    """One index with one way to search it."""

    name: str
    recall: float  # of the ten best, against exact
    p50_ms: float
    p95_ms: float
    megabytes: float
    build_s: float


def exact_best(blocks: Iterator[tuple[int, Vectors]], queries: Vectors) -> Numbers:
    """Return the numbers of the ten best vectors, shape `(n_queries, 10)`.

    Args:
        blocks: number of the first vector, and vectors, shape `(n, dim)`.
        queries: unit vectors, shape `(n_queries, dim)`.
    """
    scores = np.full((len(queries), K), -np.inf, np.float32)
    numbers = np.full((len(queries), K), -1, np.int64)
    for first, vectors in blocks:
        products = queries @ vectors.T
        columns = np.argsort(-products, axis=1, kind="stable")[:, :K]
        found = np.take_along_axis(products, columns, 1)
        scores = np.concatenate([scores, found], axis=1)
        numbers = np.concatenate([numbers, columns + first], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        scores = np.take_along_axis(scores, best, 1)
        numbers = np.take_along_axis(numbers, best, 1)
    return numbers


def compare(vectors: Vectors, queries: Vectors, *, has_graph: bool) -> Iterator[Result]:
    """Yield a line for each index and each way to search it.

    Args:
        vectors: unit vectors, shape `(n, dim)`.
        queries: the same of questions, shape `(n_queries, dim)`.
        has_graph: also build the graph, which takes the longest by far.
    """
    best = exact_best(iter([(0, vectors)]), queries)
    for name, make, ways in _kinds(len(vectors), vectors.shape[1], has_graph):
        begun = time.perf_counter()
        index = make()
        if not index.is_trained:
            index.train(_sample(vectors))
        index.add(vectors)
        build_s = time.perf_counter() - begun
        size = _megabytes(index)
        for way, parameters in ways:
            recall, times = _ask(index, parameters, vectors, queries, best)
            p50, p95 = np.quantile(times, [0.5, 0.95]).tolist()
            yield Result(f"{name} {way}".strip(), recall, p50, p95, size, build_s)


def _kinds(
    size: int, dim: int, has_graph: bool
) -> Iterator[tuple[str, Callable[[], Any], list[tuple[str, Any]]]]:
    graph: Any = faiss.IndexHNSWSQ  # its stubs know another constructor
    product, bits = faiss.METRIC_INNER_PRODUCT, faiss.ScalarQuantizer.QT_8bit
    yield "Flat", lambda: faiss.IndexFlatIP(dim), [("", None)]
    yield (
        "SQ8",
        lambda: faiss.IndexScalarQuantizer(dim, bits, product),
        [("", None)],
    )
    yield (
        "RaBitQ",
        lambda: faiss.IndexRaBitQ(dim, product),
        [("", _way("RaBitQSearchParameters", qb=4))],
    )
    fast: Any = faiss.IndexRaBitQFastScan
    for depth in (1, 2, 3):
        name = f"RaBitQ fast scan, {depth} bit{'s' if depth > 1 else ''}"
        yield name, partial(fast, dim, product, 32, depth), [("", None)]
    lists = max(1, int(math.sqrt(size)))

    def lists_of_codes() -> Any:
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, lists, bits, product, False
        )
        index.cp.seed = SEED
        return index

    shares = sorted({max(1, round(share * lists)) for share in _LISTS_SHARE})
    yield (
        f"IVF{lists}-SQ8",
        lists_of_codes,
        [(f"nprobe {n}", _way("SearchParametersIVF", nprobe=n)) for n in shares],
    )
    if has_graph:
        yield (
            "HNSW16-SQ8",
            lambda: graph(dim, bits, 16, product),
            [(f"ef {n}", _way("SearchParametersHNSW", efSearch=n)) for n in _BREADTHS],
        )


def _way(kind: str, **values: int) -> Any:
    # its stubs miss the keyword arguments of the Python layer
    return getattr(faiss, kind)(**values)


def _sample(vectors: Vectors) -> Vectors:
    """Return vectors to train on: 64 for each list of an IVF index."""
    wanted = 64 * max(1, int(math.sqrt(len(vectors))))
    chosen = np.random.default_rng(SEED).permutation(len(vectors))[:wanted]
    return vectors[np.sort(chosen)]


def _ask(
    index: Any,
    parameters: Any,
    vectors: Vectors,
    queries: Vectors,
    best: Numbers,
) -> tuple[float, list[float]]:
    times, recalls = [], []
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    for query, wanted in zip(queries, best, strict=True):
        begun = time.perf_counter()
        most = min(CANDIDATES, len(vectors))
        _, found = index.search(query[None], most, params=parameters)
        kept = np.sort(found[0][found[0] >= 0])
        order = np.argsort(-(vectors[kept] @ query), kind="stable")
        times.append(1000 * (time.perf_counter() - begun))
        recalls.append(len(np.intersect1d(kept[order[:K]], wanted)) / len(wanted))
    faiss.omp_set_num_threads(threads)
    return float(np.mean(recalls)), times


def _megabytes(index: Any) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        faiss.write_index(index, str(path))
        return path.stat().st_size / 1e6

"""Recall of words alone, dense alone and hybrid, over one large pool of passages.

    python -m benchmarks.retrieval --data PATH

The pool is every distinct context of the dev and train sets, indexed by the product
itself (contexts are cut into passages as articles are). A question finds its context
when one of the first k passages comes from it. Every question that its set answers
counts; of sets with more than `--most`, a fixed sample.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.data import Line, pool_of, read_lines
from benchmarks.pools import open_pool
from benchmarks.results import keep
from qa.evaluation.metrics import bootstrap_interval
from qa.library.store import Store
from qa.search.embed import open_embedder
from qa.search.retrieve import fuse
from qa.search.vectors import VectorIndex
from qa.search.words import WordIndex
from qa.settings import Settings

CUTOFFS = (1, 3, 5, 8, 20)
DEV = ("xquad_en", "squad2_dev_half", "quoref_contrast", "clapnq_dev")
SEED = 7


def main() -> None:
    """Index the pool, ask every question, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--store", type=Path, default=Path("/tmp/qa-benchmark-pool"))
    parser.add_argument("--most", type=int, default=1000, help="questions a set")
    parser.add_argument(
        "--weights", type=float, nargs="+", default=[0.2, 0.3, 0.4, 0.5]
    )
    parser.add_argument("--sets", nargs="+", default=list(DEV))
    parser.add_argument("--embedder", default=Settings().embedder)
    parser.add_argument("--within", nargs="+", help="sets whose contexts are the pool")
    arguments = parser.parse_args()

    settings = Settings(embedder=arguments.embedder)
    embedder = open_embedder(settings.embedder)
    data = arguments.data
    sets = [*(data / "dev").glob("*.gz"), *(data / "train").glob("*.gz")]
    store = open_pool(sorted(sets), arguments.store, settings).library.store
    vectors = VectorIndex(store, embedder.name, embedder.dim)
    words = WordIndex(store)
    keys = {article.text: article.id for article in _articles(store)}
    only = None
    if arguments.within:
        files = [path for path in sorted(sets) if path.name[:-9] in arguments.within]
        chosen = [keys[_stored(context)] for context in pool_of(files)]
        only = store.rows_of(chosen)
        print(f"within {len(only):,} passages of {len(chosen):,} contexts")
    print(f"pool: {store.passage_count():,} passages of {len(keys):,} contexts")

    for name in arguments.sets:
        lines = _sample(arguments.data / f"dev/{name}.jsonl.gz", arguments.most)
        found = _ask(lines, embedder, vectors, words, settings.pool, only)
        gold = [keys[_stored(line.context)] for line in lines]
        _report(name, found, gold, store, arguments, settings)


def _articles(store: Store):  # type: ignore[no-untyped-def]  # Iterator[Article]
    for entry in store.article_list():
        yield store.article(entry.id)


def _stored(context: str) -> str:
    return context.replace("\r\n", "\n").replace("\r", "\n")


def _sample(path: Path, most: int) -> list[Line]:
    lines = [line for line in read_lines(path) if line.answers]
    return lines if len(lines) <= most else random.Random(SEED).sample(lines, most)


def _ask(lines, embedder, vectors, words, pool, only):  # type: ignore[no-untyped-def]
    """Return (dense, lexical) scores by row for every question."""
    queries = embedder.encode([line.question for line in lines], kind="question")
    found = []
    for line, query in zip(lines, queries, strict=True):
        lexical = dict(words.search(line.question, pool, only=only))
        dense = dict(vectors.search(query, pool, only=only))
        alone = dict(dense)
        dense |= vectors.scores(query, [row for row in lexical if row not in dense])
        found.append((alone, dense, lexical))
    return found


def _report(name, found, gold, store, arguments, settings):  # type: ignore[no-untyped-def]
    pool = settings.pool
    sides = {
        "words": [
            fuse({}, lexical, dense_weight=0.0, pool=pool) for _, _, lexical in found
        ],
        "dense": [
            fuse(alone, {}, dense_weight=1.0, pool=pool) for alone, _, _ in found
        ],
    }
    for weight in arguments.weights:
        sides[f"hybrid {weight}"] = [
            fuse(dense, lexical, dense_weight=weight, pool=pool)
            for _, dense, lexical in found
        ]
    for side, rankings in sides.items():
        ranks = [
            _rank(list(ranking), key, store)
            for ranking, key in zip(rankings, gold, strict=True)
        ]
        _line(name, side, ranks, settings, arguments.within)


def _rank(rows: Sequence[int], key: str, store: Store) -> int:
    """Return the rank of the first passage of the context; 0 if not in the first 20."""
    passages = store.passages(rows[: max(CUTOFFS)])
    ids = [passage.article.id for passage in passages]
    return ids.index(key) + 1 if key in ids else 0


def _line(
    name: str,
    side: str,
    ranks: list[int],
    settings: Settings,
    within: list[str] | None,
) -> None:
    figures: dict[str, object] = {"set": name, "side": side, "n": len(ranks)}
    cells = []
    for k in CUTOFFS:
        values = [100.0 * (0 < rank <= k) for rank in ranks]
        low, high = bootstrap_interval(values, seed=SEED)
        mean = float(np.mean(values))
        figures[f"recall@{k}"] = [round(mean, 1), round(low, 1), round(high, 1)]
        cells.append(f"R@{k} {mean:5.1f} [{low:.1f}, {high:.1f}]")
    mrr = float(np.mean([1 / rank if rank else 0.0 for rank in ranks]))
    figures["mrr"] = round(mrr, 4)
    cuts = [settings.min_chars, settings.max_chars, settings.overlap_chars]
    keep(
        "retrieval",
        {**figures, "seed": SEED, "cut": cuts, "pool": settings.pool, "within": within},
    )
    print(f"{name:<16} {side:<11} n={len(ranks)}  {'  '.join(cells)}  MRR {mrr:.3f}")


if __name__ == "__main__":
    main()

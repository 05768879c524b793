"""Recall of words alone, dense alone and hybrid, over one large pool of passages.

    python -m benchmarks.retrieval --data PATH
    python -m benchmarks.retrieval --articles PATH --questions FILE

The pool is every distinct context of the dev and train sets, indexed by the product
itself (contexts are cut into passages as articles are). A question finds its context
when one of the first k passages comes from it; one that is asked of `--articles` finds
its answer when one of them holds the expected words. Every question that its set
answers counts; of sets with more than `--most`, a fixed sample.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.data import Line, pool_of, read_lines
from benchmarks.pools import open_articles, open_pool
from benchmarks.results import keep
from qa.evaluation.evaluate import holds_answer
from qa.evaluation.metrics import bootstrap_interval
from qa.evaluation.questions import read_questions
from qa.library.store import Rows, Store
from qa.search.embed import open_embedder
from qa.search.retrieve import fuse, lift
from qa.search.vectors import VectorIndex
from qa.search.words import WordIndex
from qa.settings import Settings
from qa.types import Passage

Scores = dict[int, float]

CUTOFFS = (1, 3, 5, 7, 20)
DEV = ("xquad_en", "squad2_dev_half", "quoref_contrast", "clapnq_dev")
SEED = 7


def main() -> None:
    """Index the pool, ask every question, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    pools = parser.add_mutually_exclusive_group(required=True)
    pools.add_argument("--data", type=Path)
    pools.add_argument("--articles", type=Path, help="ask `--questions` of these")
    parser.add_argument("--questions", type=Path, help="with `--articles`: JSON lines")
    parser.add_argument("--store", type=Path, default=Path("/tmp/qa-benchmark-pool"))
    parser.add_argument("--most", type=int, default=1000, help="questions a set")
    parser.add_argument(
        "--weights", type=float, nargs="+", default=[0.3, 0.4, 0.5, 0.6]
    )
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.3])
    parser.add_argument("--sets", nargs="+", default=list(DEV))
    parser.add_argument("--embedder", default=Settings().embedder)
    parser.add_argument("--within", nargs="+", help="sets whose contexts are the pool")
    arguments = parser.parse_args()

    settings = Settings(embedder=arguments.embedder)
    if arguments.articles:
        if not arguments.questions:
            parser.error("--articles: found no --questions, wanted a file of them")
        _ask_articles(arguments, settings)
    else:
        _ask_pool(arguments, settings)


def _ask_articles(arguments: argparse.Namespace, settings: Settings) -> None:
    place = arguments.store / arguments.articles.stem
    store = open_articles(arguments.articles, place, settings).library.store
    asked = [q for q in read_questions(arguments.questions) if q.is_answerable]
    gold = [partial(_holds, answers=question.answers) for question in asked]
    search = _Search(store, settings, None)
    found = search.ask([question.text for question in asked])
    name = "/".join(arguments.questions.with_suffix("").parts[-2:])
    _report(name, found, gold, store, arguments, settings)


def _ask_pool(arguments: argparse.Namespace, settings: Settings) -> None:
    data = arguments.data
    sets = [*(data / "dev").glob("*.gz"), *(data / "train").glob("*.gz")]
    store = open_pool(sorted(sets), arguments.store, settings).library.store
    keys = {article.text: article.id for article in _articles(store)}
    only = None
    if arguments.within:
        files = [path for path in sorted(sets) if path.name[:-9] in arguments.within]
        chosen = [keys[_stored(context)] for context in pool_of(files)]
        only = store.rows_of(chosen)
        print(f"within {len(only):,} passages of {len(chosen):,} contexts")
    print(f"pool: {store.passage_count():,} passages of {len(keys):,} contexts")
    search = _Search(store, settings, only)
    for name in arguments.sets:
        lines = _sample(arguments.data / f"dev/{name}.jsonl.gz", arguments.most)
        found = search.ask([line.question for line in lines])
        gold = [partial(_is_of, key=keys[_stored(line.context)]) for line in lines]
        _report(name, found, gold, store, arguments, settings)


def _is_of(passage: Passage, key: str) -> bool:
    return passage.article.id == key


def _holds(passage: Passage, answers: Sequence[str]) -> bool:
    return holds_answer(passage.text, answers)


def _articles(store: Store):  # type: ignore[no-untyped-def]  # Iterator[Article]
    for entry in store.article_list():
        yield store.article(entry.id)


def _stored(context: str) -> str:
    return context.replace("\r\n", "\n").replace("\r", "\n")


def _sample(path: Path, most: int) -> list[Line]:
    lines = [line for line in read_lines(path) if line.answers]
    return lines if len(lines) <= most else random.Random(SEED).sample(lines, most)


class _Search:
    """Both sides of retrieval, each with what it finds alone."""

    def __init__(self, store: Store, settings: Settings, only: Rows | None) -> None:
        self._embedder = open_embedder(settings.embedder)
        self._vectors = VectorIndex(store, self._embedder.name, self._embedder.dim)
        self._words = WordIndex(store)
        self._pool, self._only = settings.pool, only

    def ask(self, questions: Sequence[str]) -> list[tuple[Scores, Scores, Scores]]:
        """Return the scores of dense alone, dense of all found, and words, by row."""
        queries = self._embedder.encode(questions, kind="question")
        found = []
        for question, query in zip(questions, queries, strict=True):
            lexical = dict(self._words.search(question, self._pool, only=self._only))
            alone = dict(self._vectors.search(query, self._pool, only=self._only))
            rest = [row for row in lexical if row not in alone]
            found.append((alone, alone | self._vectors.scores(query, rest), lexical))
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
    for weight, share in product(arguments.weights, arguments.shares):
        fused = [
            fuse(dense, lexical, dense_weight=weight, pool=pool)
            for _, dense, lexical in found
        ]
        sides[f"hybrid {weight}, article {share}"] = [
            lift(scores, store.articles_by_row(scores), share=share) for scores in fused
        ]
    for side, rankings in sides.items():
        ranks = [
            _rank(list(ranking), is_gold, store)
            for ranking, is_gold in zip(rankings, gold, strict=True)
        ]
        _line(name, side, ranks, settings, arguments.within)


def _rank(rows: Sequence[int], is_gold: Callable[[Passage], bool], store: Store) -> int:
    """Return the rank of the first passage that counts; 0 if not in the first 20."""
    passages = store.passages(rows[: max(CUTOFFS)])
    return next((n for n, found in enumerate(passages, 1) if is_gold(found)), 0)


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
    print(f"{name:<16} {side:<24} n={len(ranks)}  {'  '.join(cells)}  MRR {mrr:.3f}")


if __name__ == "__main__":
    main()

"""One pool for all systems: the same articles, passages, vectors and questions.

Articles are distinct contexts of the dev sets, those of the questions first, and then
of the training sets. They are cut into passages once, by our own library; other systems
are given its passages. Everything is kept in a folder and made again only where it
differs.
"""

import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.data import Line, need, pool_of, read_lines
from benchmarks.pools import open_articles
from qa.library.passages import split
from qa.library.records import embedded_text
from qa.search.embed import open_embedder
from qa.settings import Settings
from qa.types import Article

__all__ = ["WORK", "Pool", "answerable", "make_pool", "make_vectors"]

WORK = Path(tempfile.gettempdir()) / "qa-peers"
SETS = ("xquad_en", "squad2_dev_half")  # questions are asked from these, in turn
SEED = 7
_EXACT = "minilm:f32"  # the vectors of torch to five digits, made a third faster
_DRAWN = 300  # questions of each set; their articles are in every pool, the first first
_WARM_UP = 5  # the last ones drawn, never timed
_BLOCK = 256  # passages embedded and written at a time


@dataclass(frozen=True, slots=True)
class Pool:
    """Where everything about one pool lies."""

    folder: Path
    questions: tuple[Line, ...]  # asked and timed
    warm_up: tuple[str, ...]  # asked before the clock runs

    @property
    def articles(self) -> Path:
        """One article a line, as our library reads them."""
        return self.folder / "articles.jsonl"

    @property
    def store(self) -> Path:
        """Our library over them."""
        return self.folder / "store"

    @property
    def passages(self) -> Path:
        """One passage a line: `title`, `text`, and what is `embedded`."""
        return self.folder / "passages.jsonl"

    @property
    def vectors(self) -> Path:
        """32-bit vectors of these passages, without a header."""
        return self.folder / "vectors.f32"

    def rows(self) -> list[dict[str, str]]:
        """Return the passages."""
        lines = self.passages.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line]


def make_pool(data: Path, work: Path, passages: int, questions: int) -> Pool:
    """Return a pool of at most this many passages, indexed by our library.

    Args:
        data: folder of the question sets.
        work: where pools are kept.
        passages: as near to this as whole articles come.
        questions: timed ones, all with an answer; others warm up.
    """
    drawn = _ask_in_turn(data)
    pool = Pool(
        work / f"pool-{passages}",
        tuple(drawn[:questions]),
        tuple(line.question for line in drawn[-_WARM_UP:]),
    )
    every = sorted((data / "dev").glob("*.jsonl.gz"))
    order = sorted(every, key=lambda path: path.name.partition(".")[0] not in SETS)
    order += sorted((data / "train").glob("*.jsonl.gz"))  # where dev has too few
    texts = {line.context: line.title for line in drawn}
    for context, title in pool_of(order).items():
        texts.setdefault(context, title)
    rows = [{"title": title, "text": text} for text, title in _cut(texts, passages)]
    settings = Settings()
    cut = f"{settings.min_chars}/{settings.max_chars}/{settings.overlap_chars}"
    made_of = f"{cut} {hashlib.sha256(_lines(rows).encode()).hexdigest()}"
    stamp = pool.folder / "made_of.txt"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != made_of:
        shutil.rmtree(pool.folder, ignore_errors=True)  # and what others made of it
        pool.folder.mkdir(parents=True)
        pool.articles.write_text(_lines(rows), encoding="utf-8")
        stamp.write_text(made_of, encoding="ascii")
    if not pool.passages.exists():  # a run that was ended goes on where it was
        with open_articles(pool.articles, pool.store) as qa:
            found = [passage for _, passage in qa.library.store.born_since(-1)]
        rows = [
            {"title": p.article.title, "text": p.text, "embedded": embedded_text(p)}
            for p in found
        ]
        pool.passages.write_text(_lines(rows), encoding="utf-8")
    return pool


def make_vectors(pool: Pool) -> npt.NDArray[np.float32]:
    """Return the vectors of all passages; what an earlier run made is kept."""
    embedder = open_embedder(_EXACT)
    texts = [row["embedded"] for row in pool.rows()]
    size = 4 * embedder.dim
    done = pool.vectors.stat().st_size // size if pool.vectors.exists() else 0
    with pool.vectors.open("ab") as file:
        file.truncate(done * size)  # a run that was ended may have left half a vector
        for start in range(done, len(texts), _BLOCK):
            print(f"\rvectors: {start:,} of {len(texts):,}", end="  ", flush=True)
            block = embedder.encode(texts[start : start + _BLOCK], kind="passage")
            file.write(block.astype(np.float32).tobytes())
            file.flush()
    print(end="\r")
    return np.fromfile(pool.vectors, np.float32).reshape(-1, embedder.dim)


def answerable(data: Path) -> list[list[Line]]:
    """Return the questions with an answer, by set."""
    files = [need(data / f"dev/{name}.jsonl.gz") for name in SETS]
    return [[line for line in read_lines(file) if line.answers] for file in files]


def _ask_in_turn(data: Path) -> list[Line]:
    """Return questions of the sets in turn: always the same, however many are asked."""
    rng = random.Random(SEED)
    drawn = [rng.sample(able, min(len(able), _DRAWN)) for able in answerable(data)]
    return list(chain.from_iterable(zip(*drawn, strict=False)))


def _cut(texts: dict[str, str], most: int) -> Iterator[tuple[str, str]]:
    """Yield contexts with their titles while their passages still fit."""
    settings, total = Settings(), 0
    for text, title in texts.items():
        count = len(
            split(
                Article("a", "a", title, text),
                min_chars=settings.min_chars,
                max_chars=settings.max_chars,
                overlap_chars=settings.overlap_chars,
            )
        )
        if count and total + count <= most:
            total += count
            yield text, title
        if total == most:
            return


def _lines(rows: Sequence[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

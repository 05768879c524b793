"""What is found and read for each dev question, kept, so that fitting takes seconds.

Retrieval's scores of all its candidates, and the reader's spans of the best passages,
take a quarter of an hour; whatever comes after them, fusion, the number of passages,
evidence, the decision, is judged from what was kept (`training.calibrate --looks`).
Looks name rows, so they hold for the stores beside which they were made.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.answers import read_any, sample
from benchmarks.pools import open_articles, open_pool
from qa.evaluation.questions import Question
from qa.library.store import Store
from qa.pipeline import QA
from qa.reading.stages import count_worth
from qa.search.retrieve import fuse, lift
from qa.search.terms import topic_words
from qa.settings import Settings
from qa.types import Candidate, Hit, Passage
from training.written import held_articles, held_questions

__all__ = [
    "HELD",
    "SETS",
    "KeptReader",
    "Look",
    "found",
    "hits_of",
    "look",
    "look_at_all",
    "made_of",
    "open_pools",
    "read_looks",
    "write_looks",
]

HELD = "held"  # the set that counts in the fit alone
# set -> its pool; not clapnq_dev: its answers are sentences, by which every span would
# be wrong. "foreign" are questions that newswire is not about at all: most of a user's
# unanswerable ones
SETS = {
    "xquad_en": "dev",
    "squad2_dev_half": "dev",
    "news": "news",
    "foreign": "news",
    HELD: HELD,
}
MOST = {"news": 352, "foreign": 200, HELD: 1000}  # questions of a set
_MOST = 500  # of the others

Spans = tuple[tuple[int, int, float, float], ...]
"""Start, end, score and null of candidates, in characters of the article."""


@dataclass(frozen=True, slots=True)
class Look:
    """One question, what each side of retrieval found, and what was read of it."""

    name: str  # of its set
    question: Question
    unknown: float  # share of its words that no article holds
    dense: Mapping[int, float]  # cosine by row
    lexical: Mapping[int, float]  # BM25 score by row
    read: Mapping[int, Spans]  # by row; empty where nothing was found


def open_pools(data: Path, place: Path, settings: Settings) -> dict[str, QA]:
    """Return the library that each pool is, made under `place` where it is missing."""
    dev = data / "dev"
    held = place / "held.jsonl"
    place.mkdir(parents=True, exist_ok=True)
    articles = held_articles()
    if not held.exists() or held.read_text("utf-8") != articles:  # kept looks hold on
        held.write_text(articles, encoding="utf-8")
    files = [dev / f"{name}.jsonl.gz" for name, pool in SETS.items() if pool == "dev"]
    news = dev / "news_written/articles.jsonl"
    return {
        "dev": open_pool(files, place / "dev", settings),
        "news": open_articles(news, place / "news", settings),
        HELD: open_articles(held, place / HELD, settings),
    }


def _questions(data: Path, name: str) -> list[Question]:
    dev, most = data / "dev", MOST.get(name, _MOST)
    if name == HELD:
        return sample(held_questions(), most)
    if name == "news":
        return sample(read_any(dev / "news_written/questions.jsonl"), most)
    if name == "foreign":
        asked = sample(read_any(dev / "xquad_en.jsonl.gz"), most)
        return [replace(question, answers=()) for question in asked]
    return sample(read_any(dev / f"{name}.jsonl.gz"), most)


def look_at_all(data: Path, pools: Mapping[str, QA], read: int) -> Iterator[Look]:
    """Yield the looks of all sets, telling how far it is."""
    for name, pool in SETS.items():
        questions = _questions(data, name)
        for number, question in enumerate(questions, start=1):
            yield look(pools[pool], name, question, read)
            if number % 50 == 0:
                print(f"{name}: {number} of {len(questions)}", flush=True)


def look(qa: QA, name: str, question: Question, read: int) -> Look:
    """Ask both sides, and read the best passages as `qa` fuses them, `read` of them.

    All of them are read, also where `QA` would stop at a sure answer.
    """
    settings, store = qa.settings, qa.library.store
    dense, lexical = qa.retriever.sides(question.text, pool=settings.pool)
    words = topic_words(question.text)
    unknown = len(qa.retriever.unknown(words)) / max(1, len(words))
    bare = Look(name, question, unknown, dense, lexical, {})
    passages = [hit.passage for hit in _ranked(bare, store, settings)[:read]]
    spans: dict[int, Spans] = {passage.row: () for passage in passages}
    for c in qa.reader.read(question.text, passages):
        spans[c.passage.row] += ((c.start, c.end, c.score, c.null),)
    return replace(bare, read=spans)


def _ranked(looked: Look, store: Store, settings: Settings) -> list[Hit]:
    scores = fuse(
        looked.dense,
        looked.lexical,
        dense_weight=settings.dense_weight,
        pool=settings.pool,
    )
    articles = store.articles_by_row(scores)
    scores = lift(scores, articles, share=settings.article_share)
    return [
        Hit(p, scores[p.row], looked.dense.get(p.row), looked.lexical.get(p.row))
        for p in store.passages(list(scores))
    ]


class KeptReader:
    """A reader that has read before: gives what a look holds of each passage."""

    name = "kept"

    def __init__(self, looked: Look) -> None:
        """Take a look; whatever is asked, its question is answered."""
        self._looked = looked
        self.count = 0
        """Passages read so far."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return the candidates of these passages, which the look must hold."""
        self.count += len(passages)
        spans = self._looked.read
        return [Candidate(p, *span) for p in passages for span in spans[p.row]]


def hits_of(looked: Look, store: Store, settings: Settings) -> list[Hit]:
    """Return what `QA` would have found with these settings.

    Raises:
        ValueError: if the settings rank a passage high that was not read.
    """
    hits = _ranked(looked, store, settings)[: settings.top_k]
    if any(hit.passage.row not in looked.read for hit in hits):
        raise ValueError(
            f"{looked.question.text!r} was looked at in {len(looked.read)} passages, "
            f"not in all of the {len(hits)} that these settings rank first. Remove the "
            "file of looks, and read more with --read."
        )
    return hits


def found(
    looked: Look, store: Store, settings: Settings
) -> tuple[list[Hit], list[Candidate]]:
    """Return what `QA` would have found and read with these settings.

    It is read without stopping at a sure answer, as far as it is worth reading.

    Raises:
        ValueError: if the settings rank a passage high that was not read.
    """
    hits = hits_of(looked, store, settings)
    worth = hits[: count_worth(hits, settings.worth_reading)]
    passages = [hit.passage for hit in worth]
    return hits, KeptReader(looked).read(looked.question.text, passages)


def made_of(pools: Mapping[str, QA]) -> dict[str, str]:
    """Return what looks depend on: the reader, and each store as it is."""
    found = {
        name: f"{qa.library.store.identity} {qa.library.store.generation}"
        for name, qa in pools.items()
    }
    return {"reader": next(iter(pools.values())).reader.name, **found}


def write_looks(path: Path, looks: Iterable[Look], made: Mapping[str, str]) -> None:
    """Write what they depend on, then one look a line, whole or not at all."""
    beside = path.with_suffix(".part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(json.dumps(made) + "\n")
        for looked in looks:
            line = {
                "name": looked.name,
                "question": looked.question.text,
                "answers": looked.question.answers,
                "unknown": looked.unknown,
                "dense": looked.dense,
                "lexical": looked.lexical,
                "read": looked.read,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    beside.replace(path)


def read_looks(path: Path, made: Mapping[str, str]) -> list[Look]:
    """Return what `write_looks` wrote.

    Raises:
        ValueError: if they are of another reader, or of stores that have changed since.
    """
    with path.open(encoding="utf-8") as file:
        if (then := json.loads(next(file))) != made:
            raise ValueError(
                f"{path}: made with {then}, wanted {dict(made)}. Remove it, or name "
                "another file."
            )
        return [_read(json.loads(line)) for line in file]


def _read(line: dict[str, Any]) -> Look:
    question = Question(line["name"], line["question"], tuple(line["answers"]))
    dense, lexical, read = (
        {int(row): value for row, value in line[side].items()}
        for side in ("dense", "lexical", "read")
    )
    spans = {row: tuple((a, b, x, y) for a, b, x, y in read[row]) for row in read}
    return Look(line["name"], question, line["unknown"], dense, lexical, spans)

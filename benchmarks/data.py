"""Public question sets in one line format, and the pool of their passages.

A line holds `id`, `title`, `context`, `question` and `answers` (each `text` and
`answer_start`); no answers means that the context does not tell. Benchmarks take the
folder as `--data`; it is not part of the project.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Line", "news_questions", "need", "pool_of", "read_lines"]


@dataclass(frozen=True, slots=True)
class Line:
    """One question with the passage that it was asked of."""

    id: str
    title: str
    context: str
    question: str
    answers: tuple[str, ...]


def need(path: Path) -> Path:
    """Return the path, or end the run with one line that says what is missing."""
    if not path.exists():
        sys.exit(f"{path} is missing: wanted is a file of the data, or their folder")
    return path


def read_lines(path: Path) -> list[Line]:
    """Return the questions of one file, `.jsonl` or `.jsonl.gz`."""
    return [
        Line(
            str(row["id"]),
            str(row.get("title", "")).replace("_", " "),
            row["context"],
            row["question"],
            tuple(dict.fromkeys(answer["text"] for answer in row["answers"])),
        )
        for row in _rows(need(path))
    ]


def pool_of(files: Iterable[Path]) -> dict[str, str]:
    """Return all distinct contexts of these files, with a title each, in order."""
    pool: dict[str, str] = {}
    for path in files:
        for line in read_lines(path):
            pool.setdefault(line.context, line.title)
    return pool


def news_questions(data: Path) -> Path:
    """Return the file of questions about them."""
    return need(data / "dev/news_written/questions.jsonl")


def _rows(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]  # rows of JSON
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            if line.strip():
                yield json.loads(line)

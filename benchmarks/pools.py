"""A pool of passages as a library: every distinct context is an article."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.data import pool_of
from qa.library.progress import Progress
from qa.pipeline import QA
from qa.settings import Settings

__all__ = ["open_articles", "open_pool"]


def open_pool(
    files: Sequence[Path], place: Path, settings: Settings | None = None
) -> QA:
    """Return the library of all distinct contexts of these question sets.

    Args:
        files: question sets in the line format.
        place: where pool and store are kept for the next run.
        settings: None takes the defaults.
    """
    articles = place / "pool.jsonl"
    rows = [
        json.dumps({"title": title, "text": context}, ensure_ascii=False)
        for context, title in pool_of(files).items()
    ]
    text = "\n".join(rows) + "\n"
    place.mkdir(parents=True, exist_ok=True)
    if not articles.exists() or articles.read_text(encoding="utf-8") != text:
        articles.write_text(text, encoding="utf-8")
    return open_articles(articles, place / "store", settings)


def open_articles(articles: Path, store: Path, settings: Settings | None = None) -> QA:
    """Return the library of a folder or file, showing progress."""
    qa = QA.open(articles, store=store, settings=settings, progress=_tell)
    print(end="\r")
    return qa


def _tell(progress: Progress) -> None:
    left = progress.seconds_left
    print(
        f"\rindexing {progress.share:4.0%}, {progress.rate:.0f} passages/s"
        + (f", {left:.0f} s left  " if left is not None else ""),
        end="",
        flush=True,
    )

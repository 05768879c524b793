"""Ours: `QA.open` on the folder, `QA.ask`; the store is kept in step as always."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peer_workers.serve import Reply, Row, Task, Vectors, serve


class Ours:
    """Whatever the defaults are; asked to answer even when it is not sure."""

    def __init__(self, task: Task) -> None:
        from qa.pipeline import QA
        from qa.settings import Settings

        self._settings = Settings(top_k=task.top_k, remembered=0)
        self._open = QA.open
        self._qa: QA | None = None

    def build(self, rows: Sequence[Row], vectors: Vectors | None, place: Path) -> None:
        """Index the passages as articles; vectors that are given are not used."""
        from qa.library.library import Library
        from qa.library.store import Store
        from qa.search.embed import open_embedder

        if not hasattr(self, "_embedder"):
            self._embedder = open_embedder(self._settings.embedder)
        articles = place / "articles.jsonl"
        # without what the others embed, which would be read as a column of its own
        kept = [{name: row[name] for name in ("title", "text")} for row in rows]
        articles.write_text("".join(json.dumps(row) + "\n" for row in kept))
        store = Store(place / "store")
        Library(articles, store, self._embedder, self._settings).sync()
        store.close()

    def open(self, place: Path) -> None:
        """Open the library, looking for changed files first."""
        self._qa = self._open(
            place / "articles.jsonl", store=place / "store", settings=self._settings
        )

    def ask(self, question: str) -> Reply:
        """Return the best answer, and whether we would have given it unasked."""
        if self._qa is None:
            raise ValueError("ask needs an open library")
        answer = self._qa.ask(question, min_confidence=0.0)
        sure = answer.confidence >= self._settings.min_confidence
        return {"answer": answer.text, "sure": sure, "stages": dict(answer.timings)}


if __name__ == "__main__":
    serve(Ours)

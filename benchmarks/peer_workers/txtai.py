"""txtai: an embeddings database with content, and its own extractive reader.

Two ways: `joined` is its RAG pipeline, which puts all passages into one text and cuts
that at 512 tokens, so that it reads about three of them; `each` hands the passages to
its Questions pipeline one by one and takes the first that answers. That pipeline fails
where the model says "no answer", which is told as `failed`, not timed out of sight.
"""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.peer_workers.serve import Reply, Row, Task, Vectors, serve


class Txtai:
    """`Embeddings` with `RAG`, or with `Questions`."""

    def __init__(self, task: Task) -> None:
        # lives in the environment of this peer alone
        from txtai import Embeddings  # type: ignore[import-not-found]  # same
        from txtai.pipeline import RAG, Questions  # type: ignore[import-not-found]

        self._embeddings, self._rag, self._questions = Embeddings, RAG, Questions
        self._task = task
        self._index: Any = None

    def build(self, rows: Sequence[Row], vectors: Vectors | None, place: Path) -> None:
        """Index with the defaults: an IVF index past 5,000 passages, else flat."""
        if self._index is None:
            self._index = self._embeddings(path=self._task.embedder, content=True)
        texts = [row["embedded" if vectors is None else "text"] for row in rows]
        if vectors is not None:
            _give(self._index, vectors)
        self._index.index(list(zip(count(), texts, strict=False)))
        self._index.save(str(place / "txtai"))

    def open(self, place: Path) -> None:
        """Load the database, and the reader over it."""
        self._index = self._embeddings()
        self._index.load(str(place / "txtai"))
        if self._task.way == "joined":
            self._reader = self._rag(
                self._index,
                self._task.reader,
                context=self._task.top_k,
                task="question-answering",
                output="flatten",
            )
        else:
            self._reader = self._questions(self._task.reader)

    def ask(self, question: str) -> Reply:
        """Return the answer, or that the reader failed."""
        if self._task.way == "joined":
            return self._try([question])
        hits = self._index.search(question, self._task.top_k)
        replies = [self._try([question], [hit["text"]]) for hit in hits]
        given = [reply for reply in replies if reply["answer"]]
        return given[0] if given else replies[0]

    def _try(self, *texts: list[str]) -> Reply:
        try:
            return {"answer": self._reader(*texts)[0]}
        except TypeError:  # it takes the mark in front, "no answer", for a word
            return {"answer": None, "failed": True}


def _give(index: Any, vectors: Vectors) -> None:
    """Let the next texts that are encoded have these vectors, in order."""
    rows = iter(vectors)

    def encode(data: Sequence[str], category: str | None = None) -> Vectors:
        import numpy as np

        return np.stack([next(rows) for _ in data])

    index.model.encode = encode


if __name__ == "__main__":
    serve(Txtai)

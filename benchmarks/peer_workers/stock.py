"""Stock parts: sentence-transformers, a flat FAISS index, a transformers reader loop.

Everything in torch, 32-bit, written as their own documentation has it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer_workers.serve import Reply, Row, Task, Vectors, serve

MAX_TOKENS = 384  # of a window, question and marks included
STRIDE = 128  # tokens that neighbouring windows share
MAX_SPAN = 30  # tokens


class Stock:
    """Embed, search, read all passages in one batch, take the best span."""

    def __init__(self, task: Task) -> None:
        import faiss
        import numpy as np
        import sentence_transformers
        import torch
        import transformers

        self._faiss: Any = faiss
        self._np, self._torch = np, torch
        self._transformers: Any = transformers
        self._open_embedder = sentence_transformers.SentenceTransformer
        self._task = task
        self._embedder: Any = None

    def build(self, rows: Sequence[Row], vectors: Vectors | None, place: Path) -> None:
        """Embed in batches of 32, the default; write the index and the texts."""
        if vectors is None:
            self._embedder = self._embedder or self._open_embedder(self._task.embedder)
            vectors = self._embedder.encode(
                [row["embedded"] for row in rows], normalize_embeddings=True
            )
        index = self._faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        self._faiss.write_index(index, str(place / "vectors.faiss"))
        texts = [row["text"] for row in rows]
        (place / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, place: Path) -> None:
        """Load both models, the index and the texts."""
        self._embedder = self._embedder or self._open_embedder(self._task.embedder)
        auto, folder = self._transformers, self._task.reader
        self._tokenizer: Any = auto.AutoTokenizer.from_pretrained(folder)
        reader: Any = auto.AutoModelForQuestionAnswering.from_pretrained(folder)
        self._reader = reader.eval()
        self._index = self._faiss.read_index(str(place / "vectors.faiss"))
        texts = (place / "texts.json").read_text(encoding="utf-8")
        self._texts: list[str] = json.loads(texts)

    def ask(self, question: str) -> Reply:
        """Return the span with the best margin over "no answer"."""
        query = self._embedder.encode([question], normalize_embeddings=True)
        rows = self._index.search(query, self._task.top_k)[1][0]
        texts = [self._texts[row] for row in rows if row >= 0]
        return {"answer": self._read(question, texts)}

    def _read(self, question: str, texts: list[str]) -> str | None:
        np, torch = self._np, self._torch
        batch = self._tokenizer(
            [question] * len(texts),
            texts,
            truncation="only_second",
            max_length=MAX_TOKENS,
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        offsets = batch.pop("offset_mapping").numpy()
        sources = batch.pop("overflow_to_sample_mapping").tolist()
        with torch.inference_mode():
            output = self._reader(**batch)
        starts, ends = output.start_logits.numpy(), output.end_logits.numpy()
        best, answer = -np.inf, None
        for window, source in enumerate(sources):
            inside = [number == 1 for number in batch.sequence_ids(window)]
            scores = starts[window][:, None] + ends[window][None, :]
            allowed = np.triu(np.outer(inside, inside))
            allowed &= ~np.triu(np.ones_like(allowed), k=MAX_SPAN)
            scores = np.where(allowed, scores - scores[0, 0], -np.inf)
            first, last = divmod(int(scores.argmax()), scores.shape[1])
            if scores[first, last] > best:
                best = scores[first, last]
                begin, end = offsets[window][first][0], offsets[window][last][1]
                answer = texts[source][begin:end]
        return answer


if __name__ == "__main__":
    serve(Stock)

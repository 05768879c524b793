"""Haystack 3: the in-memory store, text embedder, retriever and extractive reader.

A pipeline as its documentation of extractive question answering builds it. Haystack 3
keeps the models of Hugging Face in packages of their own. Its reader sends no token
types to the model, and knows no "no answer" logit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer_workers.serve import Reply, Row, Task, Vectors, serve


class Haystack:
    """Retriever and reader in one `Pipeline`."""

    def __init__(self, task: Task) -> None:
        # these live in the environment of this peer alone
        from haystack import (  # type: ignore[import-not-found]  # same
            Document,
            Pipeline,
        )
        from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found]  # same
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import (  # type: ignore[import-not-found]  # same
            InMemoryDocumentStore,
        )
        from haystack_integrations.components.embedders.sentence_transformers import (  # type: ignore[import-not-found]  # same
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.readers.transformers import (  # type: ignore[import-not-found]  # same
            TransformersExtractiveReader,
        )

        self._document, self._pipeline = Document, Pipeline()
        self._new_store, self._load = (
            InMemoryDocumentStore,
            InMemoryDocumentStore.load_from_disk,
        )
        self._new_retriever = InMemoryEmbeddingRetriever
        self._text_embedder = SentenceTransformersTextEmbedder(
            model=task.embedder, progress_bar=False
        )
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=task.embedder, progress_bar=False, meta_fields_to_embed=["title"]
        )
        self._reader = TransformersExtractiveReader(
            model=task.reader, top_k=1, no_answer=False
        )
        self._top_k = task.top_k
        self._is_warm = False

    def build(self, rows: Sequence[Row], vectors: Vectors | None, place: Path) -> None:
        """Embed with the document embedder, write, and save as JSON."""
        given = [None] * len(rows) if vectors is None else vectors.tolist()
        documents: list[Any] = [
            self._document(
                content=row["text"],
                meta={"title": row["title"], "row": number},
                embedding=vector,
            )
            for number, (row, vector) in enumerate(zip(rows, given, strict=True))
        ]
        if vectors is None:
            if not self._is_warm:
                self._embedder.warm_up()
                self._is_warm = True
            documents = self._embedder.run(documents)["documents"]
        store = self._new_store(embedding_similarity_function="dot_product")
        store.write_documents(documents)
        store.save_to_disk(str(place / "documents.json"))

    def open(self, place: Path) -> None:
        """Load the documents and connect the pipeline."""
        store = self._load(str(place / "documents.json"))
        pipeline = self._pipeline
        pipeline.add_component("embedder", self._text_embedder)
        retriever = self._new_retriever(store, top_k=self._top_k)
        pipeline.add_component("retriever", retriever)
        pipeline.add_component("reader", self._reader)
        pipeline.connect("embedder.embedding", "retriever.query_embedding")
        pipeline.connect("retriever.documents", "reader.documents")
        pipeline.warm_up()

    def ask(self, question: str) -> Reply:
        """Return the answer that the reader holds most probable."""
        found = self._pipeline.run(
            {"embedder": {"text": question}, "reader": {"query": question}}
        )
        answers = found["reader"]["answers"]
        return {"answer": answers[0].data if answers else None}


if __name__ == "__main__":
    serve(Haystack)

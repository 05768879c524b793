"""Texts become unit vectors: the table of embedders, and how one is opened."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.errors import ModelError
from qa.library.beside import beside
from qa.models.compiled import CompiledEncoder
from qa.models.runtime import Recipe, has_whole_sums, open_encoder
from qa.models.weights import (
    Weights,
    first_line,
    may_download,
    minilm,
    tokenizer_of,
    verify,
)
from qa.protocols import Embedder, Kind, Vectors
from qa.search.terms import well_formed
from qa.testing import HashingEmbedder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = [
    "EMBEDDERS",
    "CompiledEmbedder",
    "SentenceTransformerEmbedder",
    "open_embedder",
]

_log = logging.getLogger(__name__)

_MAX_TOKENS = 256  # what all-MiniLM-L6-v2 was trained on
_RANGES = Path(__file__).parent.parent / "models" / "minilm-l6-v2.ranges.safetensors"


class CompiledEmbedder:
    """The default: our runtime on the verified weights, without torch.

    A text longer than 256 tokens is embedded by its first 256. The vector of a text is
    the same, bit for bit, whatever it is encoded together with.
    """

    def __init__(self, weights: Weights, recipe: Recipe) -> None:
        """Open in a thread of its own: meanwhile files are looked through for changes.

        What cannot be opened is an error where it is first needed; altered weights
        are one at once.

        Raises:
            ModelError: if weights are missing or altered.
        """
        verify(weights)
        self._opening = beside(
            # waited for: by hand, two of three processes that ended meanwhile crashed
            lambda: open_encoder(recipe),
            name="qa-embedder",
            is_waited_for=True,
        )
        self._tokenizer = tokenizer_of(weights.folder, max_tokens=_MAX_TOKENS)
        # 32-bit vectors are those of torch, whoever computes them
        how = "f32" if recipe.ranges is None else f"int8-{recipe.identity[:8]}"
        self._name = f"minilm-l6-v2@{weights.sha256[:8]}/{how}"

    @property
    def name(self) -> str:
        """Identity: weights, and what 8-bit arithmetic assumes of them."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    @property
    def _encoder(self) -> CompiledEncoder:
        return self._opening.result()

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Return shape `(len(texts), dim)`; an empty text has a vector, too."""
        formed = [well_formed(text) for text in texts]
        if len(formed) == 1:  # a question: its words take less time than the threads
            encodings = [self._tokenizer.encode(formed[0])]
        else:
            encodings = self._tokenizer.encode_batch(formed)
        vectors = np.empty((len(texts), self.dim), np.float32)
        for row, vector in enumerate(self._encoder.run(encodings)):
            vectors[row] = vector
        return vectors


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, on torch; the reference for the default.

    Its name holds a hash of the parameters and prompts, so that a folder may be moved,
    and is not mistaken for the same model after it was trained further.
    """

    def __init__(self, model: str) -> None:
        """Take a name or path; what is not on the disk needs `HF_HUB_OFFLINE=0`.

        Raises:
            ModelError: if there is no such model.
        """
        self._model = _open_sentence_transformer(model)
        self._name = f"{Path(model).name}@{_fingerprint(self._model)}/f32"

    @classmethod
    def reference(cls) -> SentenceTransformerEmbedder:
        """Return the default weights on torch."""
        weights = minilm()
        verify(weights)
        embedder = cls(str(weights.folder))
        embedder._name = f"minilm-l6-v2@{weights.sha256[:8]}/f32"
        return embedder

    @property
    def name(self) -> str:
        """Identity of the weights."""
        return self._name

    @property
    def dim(self) -> int:
        """Length of a vector."""
        dim: int | None = self._model.get_embedding_dimension()
        if dim is None:
            raise ModelError(f"{self._name}: this model does not say its dimension")
        return dim

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Return shape `(len(texts), dim)`, with the model's prompt for the kind."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        is_question = kind == "question"
        encode: Callable[..., Any] = (
            self._model.encode_query if is_question else self._model.encode_document
        )
        vectors = encode(
            [well_formed(text) for text in texts],
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)


def _compiled(precision: str) -> Embedder:
    if precision not in ("", "int8", "f32"):
        raise ModelError(
            f"the embedder 'minilm' has no precision {precision!r}. "
            "Use 'minilm:int8', 'minilm:f32', or 'minilm' for what suits the processor."
        )
    weights = minilm()
    is_eight_bit = precision == "int8" or (not precision and has_whole_sums())
    ranges = _RANGES if is_eight_bit else None
    return CompiledEmbedder(weights, Recipe((weights,), "vector", ranges))


def _hashing(dim: str) -> Embedder:
    if not dim.isdecimal() or int(dim) < 1:
        raise ModelError(f"'hash' needs a number of buckets, like 'hash:256': {dim!r}")
    return HashingEmbedder(int(dim))


EMBEDDERS: dict[str, Callable[[str], Embedder]] = {
    "minilm": _compiled,
    "minilm-torch": lambda _: SentenceTransformerEmbedder.reference(),
    "st": SentenceTransformerEmbedder,
    "hash": _hashing,
}
"""Family -> how it is opened, from what follows the colon of a spec."""


def open_embedder(spec: str) -> Embedder:
    """Return the embedder of a spec.

    A spec is `family`, `family:what`, or else the name or path of a
    sentence-transformers model.

    Raises:
        ModelError: if there is no such model, or its weights cannot be used.
    """
    family, _, what = spec.partition(":")
    if family in EMBEDDERS:
        return EMBEDDERS[family](what)
    return SentenceTransformerEmbedder(spec)


def _open_sentence_transformer(model: str) -> SentenceTransformer:
    # here, not at the top: importing torch takes seconds and the default never needs it
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(model, local_files_only=True)
    except Exception as error:  # the libraries below raise many kinds
        missing = error
    is_name = model.count("/") <= 1 and not model.startswith((".", "/", "~"))
    if model and is_name and may_download():
        _log.warning("%s is not on this disk: downloading it", model)
        try:
            return SentenceTransformer(model)
        except Exception as error:  # same
            missing = error
    raise ModelError(
        f"no sentence-transformers model {model!r} ({first_line(missing)}). "
        f"Use one of {', '.join(EMBEDDERS)}, or the name or path of a model on this "
        "disk; set HF_HUB_OFFLINE=0 to allow a download."
    ) from missing


def _fingerprint(model: SentenceTransformer) -> str:
    import torch

    digest = hashlib.sha256(json.dumps(model.prompts, sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        plain = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        digest.update(memoryview(plain.numpy()))
    return digest.hexdigest()[:8]

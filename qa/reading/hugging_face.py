"""Any extractive Hugging Face model as a reader, by name or path, through torch."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from qa.errors import ModelError
from qa.models.weights import first_line, may_download
from qa.reading.span_reader import SpanReader
from qa.reading.spans import Logits

__all__ = ["open_hugging_face_reader"]

_BATCH = 8  # windows


def open_hugging_face_reader(name: str) -> SpanReader:
    """Return a reader over a model with a question-answering head.

    Args:
        name: of a model on the disk, or a path. Nothing downloads unless the
            environment says `HF_HUB_OFFLINE=0`.

    Raises:
        ModelError: if there is no such model, or it lacks the head or a fast tokenizer.
    """
    # here, not at the top: torch and transformers take seconds
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    is_local = not may_download()
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=is_local)
        model, loaded = AutoModelForQuestionAnswering.from_pretrained(
            name, local_files_only=is_local, output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            f"reader {name!r} cannot be opened: {first_line(error)} Wanted is "
            "the name or path of a Hugging Face model for question answering that is "
            "on this disk; set HF_HUB_OFFLINE=0 to allow a download."
        ) from error
    head = [
        key
        for key in sorted(loaded["missing_keys"])
        if not key.startswith(f"{model.base_model_prefix}.")
    ]
    if head:  # transformers fills it with random numbers
        raise ModelError(
            f"reader {name!r} has no weights for {', '.join(head)}. Wanted is a model "
            "that was trained for question answering; name another."
        )
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"reader {name!r} has no fast tokenizer, which offsets need. Name a model "
            "with a tokenizer.json."
        )
    longest = int(getattr(model.config, "max_position_embeddings", 512))
    backend = tokenizer.backend_tokenizer
    return SpanReader(_TorchModel(name, model), backend, max_window=min(384, longest))


class _TorchModel:
    """Runs windows through a transformers model, padded within a batch."""

    def __init__(self, name: str, model: Any) -> None:
        self._name = name
        self._model = model.eval()

    @property
    def name(self) -> str:
        return f"hf/{self._name}"

    def logits(self, windows: Iterable[Any]) -> list[tuple[Logits, Logits]]:
        import torch

        windows = list(windows)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
        found: dict[int, tuple[Logits, Logits]] = {}
        for first in range(0, len(order), _BATCH):
            chosen = order[first : first + _BATCH]
            batch = [windows[i] for i in chosen]
            with torch.inference_mode():
                output = self._model(**_padded(batch, self._takes_types()))
            starts = output.start_logits.float().numpy()
            ends = output.end_logits.float().numpy()
            for row, i in enumerate(chosen):
                length = len(windows[i].ids)
                found[i] = (
                    starts[row, :length].astype(np.float32),
                    ends[row, :length].astype(np.float32),
                )
        return [found[i] for i in range(len(windows))]

    def _takes_types(self) -> bool:
        return int(getattr(self._model.config, "type_vocab_size", 0)) > 1


def _padded(windows: Sequence[Any], has_types: bool) -> dict[str, Any]:
    import torch

    longest = max(len(window.ids) for window in windows)

    def pad(rows: list[list[int]]) -> Any:
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows])

    arrays = {
        "input_ids": pad([w.ids for w in windows]),
        "attention_mask": pad([w.attention_mask for w in windows]),
    }
    if has_types:
        arrays["token_type_ids"] = pad([w.type_ids for w in windows])
    return arrays

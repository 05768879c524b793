"""The reader that ships: our weights over the embedder's word table, without torch.

The reader was trained on the encoder of the default embedder with its tables frozen
(`training/README.md`), so its file holds the layers alone: 21 MB.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import ModelError
from qa.models.compiled import CompiledEncoder
from qa.models.runtime import (
    Between,
    Recipe,
    fastest_between,
    has_whole_sums,
    open_encoder,
)
from qa.models.weights import Weights, minilm, tokenizer_of
from qa.reading.span_reader import MAX_WINDOW, SpanReader
from qa.reading.spans import Logits

__all__ = ["open_shipped_reader", "shipped_weights"]

_FOLDER = Path(__file__).parent.parent / "models" / "reader"
_FILE = "reader.safetensors"
_RANGES = "reader.ranges.safetensors"


def open_shipped_reader(
    folder: str = "", *, between: Between | None = None
) -> SpanReader:
    """Return the shipped reader, or another that `training.reader` wrote.

    Args:
        folder: with `reader.safetensors` and `reader.json`; empty is the shipped one.
        between: of what is not computed in 8 bits, where linear layers are; None
            takes what is faster here.

    Raises:
        ModelError: if files are missing, altered, or made for another encoder.
    """
    place = Path(folder) if folder else _FOLDER
    card = _card(place)
    base = minilm()
    if card.base != base.sha256:
        raise ModelError(
            f"{place}: trained on the encoder {card.base[:8]!r}, but installed is "
            f"{base.sha256[:8]!r}. Reinstall the package, or train the reader again."
        )
    parts = base, Weights(place, _FILE, card.sha256)
    ranges = place / _RANGES
    if ranges.exists() and has_whole_sums():
        recipe = Recipe(parts, "spans", ranges, between or fastest_between())
    else:
        recipe = Recipe(parts, "spans")
    name = f"span/{card.sha256[:8]}-{recipe.precision}"
    tokenizer = tokenizer_of(base.folder, max_tokens=MAX_WINDOW)
    return SpanReader(_CompiledModel(name, open_encoder(recipe)), tokenizer)


def shipped_weights() -> Weights:
    """Return the file that ships, with the hash that its card tells."""
    return Weights(_FOLDER, _FILE, _card(_FOLDER).sha256)


@dataclass(frozen=True, slots=True)
class _Card:
    """The two hashes of `reader.json`: of the reader, and of its encoder."""

    sha256: str
    base: str


def _card(place: Path) -> _Card:
    path = place / "reader.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _Card(str(data["sha256"]), str(data["base_sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: no reader is described here ({error!r}). Wanted is a folder "
            "written by `training.reader`; for the shipped one, reinstall the package."
        ) from error


class _CompiledModel:
    """Logits from our runtime: the same bits however windows are batched."""

    def __init__(self, name: str, encoder: CompiledEncoder) -> None:
        self._name = name
        self._encoder = encoder

    @property
    def name(self) -> str:
        return self._name

    def logits(self, windows: Iterable[Any]) -> Iterator[tuple[Logits, Logits]]:
        for out in self._encoder.stream(windows):
            yield out[:, 0], out[:, 1]

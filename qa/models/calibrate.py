"""Which values flow through a model: what 8-bit arithmetic must know beforehand.

`python -m qa.models.calibrate TEXTS.txt OUT.safetensors` makes the file that is shipped
for the default embedder, from one text a line. It is made once per set of weights; no
text can be read back from it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qa.models.encoder import Ranges, build_probe
from qa.models.tables import Tables
from qa.models.weights import Weights, minilm, read_arrays, tokenizer_of, verify

if TYPE_CHECKING:
    from tokenizers import Encoding

__all__ = ["calibrate", "load_ranges", "main", "save_ranges"]

_BUCKET = 8  # tokens: text is cut to a multiple, because padding is not real input


def calibrate(parts: Sequence[Weights], encodings: Sequence[Encoding]) -> Ranges:
    """Return lowest and highest input of each channel of each linear layer.

    Args:
        parts: the weights, as in `Recipe`.
        encodings: some hundred typical texts, special tokens included.
    """
    import openvino

    tables = Tables(parts)
    model, names = build_probe(read_arrays(parts))
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    request = compiled.create_infer_request()
    ranges: dict[str, npt.NDArray[np.float32]] = {}
    for encoding in encodings:
        n_tokens = len(encoding.ids) // _BUCKET * _BUCKET
        if not n_tokens:
            continue
        embeddings = tables.embed(encoding.ids, encoding.type_ids)[None, :n_tokens]
        request.infer([embeddings, np.ones((1, n_tokens), np.float32)])
        for output, name in enumerate(names):
            seen = request.get_output_tensor(output).data.copy()
            low, high = ranges.get(name, seen)
            ranges[name] = np.stack(
                [np.minimum(low, seen[0]), np.maximum(high, seen[1])]
            )
    return ranges


def save_ranges(ranges: Ranges, path: Path) -> None:
    """Write ranges; query, key and value share one input, which is written once."""
    from safetensors.numpy import save_file

    kept = {k: v.astype(np.float16) for k, v in ranges.items() if not _is_shared(k)}
    save_file(kept, path)


def load_ranges(path: Path) -> Ranges:
    """Read what `save_ranges` wrote."""
    from safetensors.numpy import load_file

    ranges = {k: v.astype(np.float32) for k, v in load_file(path).items()}
    for name, seen in list(ranges.items()):
        if name.endswith(".query"):
            stem = name.removesuffix("query")
            ranges |= {stem + "key": seen, stem + "value": seen}
    return ranges


def _is_shared(name: str) -> bool:
    return name.endswith((".key", ".value"))


def main() -> None:
    """Calibrate the default embedder."""
    texts, out = Path(sys.argv[1]), Path(sys.argv[2])
    weights = minilm()
    verify(weights)
    tokenizer = tokenizer_of(weights.folder, max_tokens=256)
    lines = texts.read_text(encoding="utf-8").splitlines()
    save_ranges(calibrate([weights], tokenizer.encode_batch(lines)), out)


if __name__ == "__main__":
    main()

"""Our reader as a Hugging Face folder, so that peers read with the same weights."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from qa.models.weights import minilm, read_arrays
from qa.reading.shipped import shipped_weights

__all__ = ["write_reader"]

_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)
_HEAD = {"span.weight": "qa_outputs.weight", "span.bias": "qa_outputs.bias"}


def write_reader(folder: Path) -> Path:
    """Write config, 32-bit weights and tokenizer of `BertForQuestionAnswering`.

    The shipped file holds the layers alone; tables come from the embedder that it was
    trained on, as in our own runtime.
    """
    base = minilm()
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "made_of.txt"
    made_of = f"{base.sha256} {shipped_weights().sha256}\n"
    if stamp.exists() and stamp.read_text(encoding="ascii") == made_of:
        return folder
    arrays = read_arrays((base, shipped_weights()))
    tensors = {
        _HEAD.get(name, f"bert.{name}"): np.ascontiguousarray(array, np.float32)
        for name, array in arrays.items()
        if not name.startswith("pooler.") and "position_ids" not in name
    }
    # transformers asks whose format it is
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((base.folder / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForQuestionAnswering"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in _TOKENIZER:
        shutil.copy(base.folder / name, folder / name)
    stamp.write_text(made_of, encoding="ascii")
    return folder

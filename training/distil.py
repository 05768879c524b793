"""One reader learns from several: their mean opinion of every token, beside the label.

An ensemble of readers of one size answers better than each of them, and most of that
can be taught to one (Hinton et al. 2015; for spans, Hu et al. 2018, "Attention-Guided
Answer Distillation"). The teachers see the very window that the pupil sees.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import openvino
import torch
from torch import Tensor

from training.encoder import Network, Tables, open_network

__all__ = ["Teachers", "taught_loss"]


def taught_loss(logits: Tensor, allowed: Tensor, opinion: Tensor) -> Tensor:
    """Return the mean cross-entropy of start and end against the teachers' opinion.

    Args:
        logits: the pupil's, shape `(n, tokens, 2)`.
        allowed: True for [CLS] and passage tokens, shape `(n, tokens)`.
        opinion: probabilities over the tokens, shape `(n, tokens, 2)`.
    """
    logits = logits.float().masked_fill(~allowed[:, :, None], -1e4)
    return -(opinion * logits.log_softmax(1)).sum(1).mean()


Forward = Callable[[Tensor, Tensor], Tensor]
"""From embedded tokens and mask to logits, as `Network` does."""


def compiled(network: Network) -> Forward:
    """Return a network's forward pass by the product's runtime, in 16 bits, on a CPU.

    1.6 times as fast as torch in bf16 without `torch.compile`, which takes minutes for
    twelve layers: by hand, 3,820 after 2,380 tokens/s of one thread, other jobs beside.
    """
    width = network.norm.normalized_shape[0]
    example = torch.zeros(2, 64, width), torch.ones(2, 64, dtype=torch.bool)
    options = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "ENABLE_CPU_PINNING": False,  # all workers would be bound to the first core
    }
    with warnings.catch_warnings():  # torch deprecates what the converter traces with
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = openvino.convert_model(network, example_input=example)
    model = openvino.Core().compile_model(graph, "CPU", options)

    def forward(embedded: Tensor, mask: Tensor) -> Tensor:
        return torch.from_numpy(model([embedded.numpy(), mask.numpy()])[0].copy())

    return forward


class Teachers:
    """Readers that are trained already, each with its own embedding tables."""

    def __init__(self, weights: Sequence[Path], device: str, *, bf16: bool) -> None:
        self._networks: list[tuple[Tables, Forward]] = []
        for path in weights:
            tables, network = open_network(path)
            network.requires_grad_(requires_grad=False)
            network.eval().to(device)
            if bf16 and device == "cpu":
                forward = compiled(network)
            else:
                # bf16 throughout, since autocast converts the weights at every step
                forward = network.to(torch.bfloat16 if bf16 else torch.float32)
            self._networks.append((tables.to(device), forward))
        self._kind = torch.bfloat16 if bf16 and device != "cpu" else torch.float32

    def opinion(
        self, ids: Tensor, types: Tensor, mask: Tensor, allowed: Tensor
    ) -> Tensor:
        """Return the mean of their probabilities, shape `(n, tokens, 2)`."""
        total = torch.zeros((*mask.shape, 2), device=mask.device)
        with torch.no_grad():
            for tables, forward in self._networks:
                logits = forward(tables(ids, types).to(self._kind), mask).float()
                logits = logits.masked_fill(~allowed[:, :, None], -1e4)
                total += logits.softmax(1)
        return total / len(self._networks)

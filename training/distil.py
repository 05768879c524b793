"""One reader learns from several: their mean opinion of every token, beside the label.

An ensemble of readers of one size answers better than each of them, and most of that
can be taught to one (Hinton et al. 2015; for spans, Hu et al. 2018, "Attention-Guided
Answer Distillation"). The teachers see the very window that the pupil sees.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.encoder import Tables, open_network

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


class Teachers:
    """Readers that are trained already, each with its own embedding tables."""

    def __init__(self, weights: Sequence[Path], device: str, *, bf16: bool) -> None:
        # not compiled, which takes minutes; bf16 throughout, since autocast converts
        # the weights anew at every step: a wide teacher is 1.2 to 1.8 times as fast
        self._kind = torch.bfloat16 if bf16 else torch.float32
        self._networks: list[tuple[Tables, nn.Module]] = []
        for path in weights:
            tables, network = open_network(path)
            network.requires_grad_(requires_grad=False)
            network.eval().to(device, self._kind)
            self._networks.append((tables.to(device), network))

    def opinion(
        self, ids: Tensor, types: Tensor, mask: Tensor, allowed: Tensor
    ) -> Tensor:
        """Return the mean of their probabilities, shape `(n, tokens, 2)`."""
        total = torch.zeros((*mask.shape, 2), device=mask.device)
        with torch.no_grad():
            for tables, network in self._networks:
                logits = network(tables(ids, types).to(self._kind), mask).float()
                logits = logits.masked_fill(~allowed[:, :, None], -1e4)
                total += logits.softmax(1)
        return total / len(self._networks)

"""Train with the rounding that the product computes with, so that it costs little.

The 8-bit steps of `qa/models/encoder.py` stand in the forward pass; the backward pass
takes them for the identity (Jacob et al. 2018, "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference").
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from qa.models.calibrate import load_ranges
from qa.models.encoder import SMOOTHNESS
from training.encoder import Network, bert_name

__all__ = ["EightBits", "round_as_shipped"]


class EightBits(nn.Linear):
    """A linear layer whose input and weight are rounded as `_Graph._linear` does it."""

    inputs: Tensor

    def __init__(self, linear: nn.Linear, inputs: Tensor) -> None:
        """Take over a layer's weight and bias.

        Args:
            linear: the layer.
            inputs: lowest and highest value of each of its inputs, shape `(2, n_in)`.
        """
        super().__init__(linear.in_features, linear.out_features, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        self.register_buffer("inputs", inputs, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(..., n_in)` to `(..., n_out)`."""
        divisor = self._divisor()
        ends = self.inputs / divisor
        weight = self.weight * divisor
        scale = (weight.detach().abs().amax(1, keepdim=True) / 127).clamp(min=1e-12)
        eight = (weight.detach() / scale).round().clamp(-127, 127) * scale
        x = through(x / divisor, *_steps(ends))
        return functional.linear(x, weight + (eight - weight.detach()), self.bias)

    def _divisor(self) -> Tensor:
        size = self.inputs.abs().amax(0) + 1e-6
        column = self.weight.detach().abs().amax(0) + 1e-6
        divisor = size**SMOOTHNESS / column ** (1 - SMOOTHNESS)
        return divisor / divisor.log().mean().exp()


def _steps(ends: Tensor) -> tuple[Tensor, Tensor]:
    """Return the width of a step and how many of them lie below zero."""
    low, high = ends.amin().clamp(max=0.0), ends.amax().clamp(min=1e-6)
    zero = (-low / (high - low) * 255).round().clamp(0, 254)
    return torch.maximum(-low / zero.clamp(min=1), high / (255 - zero)), zero


def through(x: Tensor, step: Tensor, zero: Tensor) -> Tensor:
    """Round to 256 steps; the gradient passes as if nothing had happened."""
    found = x.detach()
    rounded = ((found / step).round() + zero).clamp(0, 255) - zero
    return x + (rounded * step - found)


def round_as_shipped(network: Network, ranges: Path) -> None:
    """Let every linear layer of the network round, in place; names stay the same."""
    inputs = load_ranges(ranges)
    for number, layer in enumerate(network.layers):
        for name, child in list(layer.named_children()):
            if isinstance(child, nn.Linear):
                key = bert_name(f"layers.{number}.{name}.weight")
                seen = torch.from_numpy(inputs[key.removesuffix(".weight")])
                setattr(layer, name, EightBits(child, seen))

"""Low-rank adapters beside frozen linear layers, and their merging (Hu et al. 2021).

For comparison only (`training.ablate`): what ships is trained whole.
"""

import torch
from torch import Tensor, nn

from training.encoder import Network

__all__ = ["Adapted", "adapt", "merge"]


class Adapted(nn.Module):
    """A frozen linear layer plus `up(down(x))`, which starts at zero."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(requires_grad=False)
        self.down = nn.Linear(linear.in_features, rank, bias=False)
        self.up = nn.Linear(rank, linear.out_features, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map `(..., in)` to `(..., out)`."""
        out: Tensor = self.linear(x) + self.up(self.down(x))
        return out

    def merged(self) -> nn.Linear:
        """Return one linear layer that computes the same."""
        with torch.no_grad():
            self.linear.weight += self.up.weight @ self.down.weight
        return self.linear.requires_grad_(requires_grad=True)


def adapt(network: Network, rank: int) -> None:
    """Put adapters beside every linear layer; LayerNorms and head stay trainable."""
    for layer in network.layers:
        for name, child in list(layer.named_children()):
            if isinstance(child, nn.Linear):
                setattr(layer, name, Adapted(child, rank))


def merge(network: Network) -> None:
    """Undo `adapt`: the network has its plain layers again, and what was learned."""
    for layer in network.layers:
        for name, child in list(layer.named_children()):
            if isinstance(child, Adapted):
                setattr(layer, name, child.merged())

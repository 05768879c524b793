"""A pupil's layers learn to tell what its teacher's layers know, token by token.

Span labels say little of each token; a teacher's states say hundreds of numbers. A
linear map of the pupil's states at two thirds of its depth, and at its end, is to give
the teacher's at the same depth (Romero et al. 2015, "FitNets: Hints for Thin Deep
Nets"; for BERT, Jiao et al. 2020, "TinyBERT"). The maps are thrown away afterwards.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from training.encoder import Network

__all__ = ["Hints", "Watched", "fit", "watched_layers"]

_RIDGE = 1e-2  # of the first fit; the pupil's states have variance 0.1 to 1


def watched_layers(network: Network) -> tuple[int, int]:
    """Return the layers whose states are compared, counted from 0.

    >>> watched_layers(Network())
    (3, 5)
    """
    layers = len(network.layers)
    return layers * 2 // 3 - 1, layers - 1


class Watched(nn.Module):
    """A network that also gives the states of its watched layers."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.layers = watched_layers(network)

    def forward(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits `(batch, tokens, 2)`, then states `(batch, tokens, width)`."""
        states = self.network.states(embedded, mask)
        return self.network.span(states[-1]), *(states[n] for n in self.layers)


class Hints(nn.Module):
    """One linear map for each watched layer, and the spread of the teacher's states.

    Args:
        pupil, teacher: states of each watched layer over the same tokens, shapes
            `(tokens, width)`; the maps begin as the best ones for these, by ridge
            regression, so that the first steps do not pull the pupil at random.
    """

    def __init__(self, pupil: Sequence[Tensor], teacher: Sequence[Tensor]) -> None:
        super().__init__()
        self.maps = nn.ModuleList()
        # parameters, not buffers, since workers take the mean of what they are
        self.means, self.spreads = nn.ParameterList(), nn.ParameterList()
        for ours, theirs in zip(pupil, teacher, strict=True):
            mean, spread = theirs.mean(0), theirs.std(0) + 1e-6
            self.means.append(nn.Parameter(mean, requires_grad=False))
            self.spreads.append(nn.Parameter(spread, requires_grad=False))
            x = torch.cat([ours, torch.ones_like(ours[:, :1])], 1).double()
            y = ((theirs - mean) / spread).double()
            pull = _RIDGE * len(x) * torch.eye(x.shape[1]).to(x)
            found = torch.linalg.solve(x.T @ x + pull, x.T @ y).float()
            fitted = nn.Linear(ours.shape[1], theirs.shape[1]).to(ours)
            with torch.no_grad():
                fitted.weight.copy_(found[:-1].T)
                fitted.bias.copy_(found[-1])
            self.maps.append(fitted)

    def loss(
        self, pupil: Sequence[Tensor], teacher: Sequence[Tensor], mask: Tensor
    ) -> Tensor:
        """Return the share of the teacher's variance that the maps do not explain.

        Args:
            pupil: states of each watched layer, `(n, tokens, width)`.
            teacher: likewise, of its own width.
            mask: True for real tokens, `(n, tokens)`.
        """
        # padding is weighed away, not cut out, for which a GPU would have to wait
        share = mask[:, :, None] / mask.sum()
        parts = []
        both = zip(pupil, teacher, strict=True)
        for n, (ours, theirs) in enumerate(both):
            aim = (theirs.float() - self.means[n]) / self.spreads[n]
            missed = (self.maps[n](ours.float()) - aim).square()
            parts.append((missed * share).sum() / missed.shape[-1])
        return torch.stack(parts).mean()


def fit(pairs: Iterable[tuple[Sequence[Tensor], Sequence[Tensor], Tensor]]) -> Hints:
    """Return hints fitted to several batches.

    Args:
        pairs: of each batch the pupil's states, the teacher's, and the mask.
    """
    pupil: list[list[Tensor]] = []
    teacher: list[list[Tensor]] = []
    for ours, theirs, mask in pairs:
        pupil.append([state[mask].float() for state in ours])
        teacher.append([state[mask].float() for state in theirs])
    return Hints(
        [torch.cat(layer) for layer in zip(*pupil, strict=True)],
        [torch.cat(layer) for layer in zip(*teacher, strict=True)],
    )

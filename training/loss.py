"""What a run makes small: cross-entropy against labels, teachers, or both."""

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["blend", "loss_of", "span_loss", "taught_loss"]


def span_loss(logits: Tensor, allowed: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of start and end, [CLS] standing for no answer.

    Args:
        logits: shape `(n, tokens, 2)`.
        allowed: True for [CLS] and passage tokens, shape `(n, tokens)`.
        target: first and last token, shape `(n, 2)`.
    """
    logits = logits.float().masked_fill(~allowed[:, :, None], -1e4)
    start = functional.cross_entropy(logits[:, :, 0], target[:, 0])
    end = functional.cross_entropy(logits[:, :, 1], target[:, 1])
    return (start + end) / 2


def taught_loss(logits: Tensor, allowed: Tensor, opinion: Tensor) -> Tensor:
    """Return the mean cross-entropy of start and end against the teachers' opinion.

    Args:
        logits: the pupil's, shape `(n, tokens, 2)`.
        allowed: True for [CLS] and passage tokens, shape `(n, tokens)`.
        opinion: probabilities over the tokens, shape `(n, tokens, 2)`.
    """
    logits = logits.float().masked_fill(~allowed[:, :, None], -1e4)
    return -(opinion * logits.log_softmax(1)).sum(1).mean()


def blend(opinion: Tensor, target: Tensor, taught: Tensor) -> Tensor:
    """Return a mean of the teachers' opinion and the labels, row by row.

    Cross-entropy against it is the mean of both cross-entropies.

    Args:
        opinion: probabilities over the tokens, shape `(n, tokens, 2)`.
        target: first and last token, shape `(n, 2)`.
        taught: share of the opinion, shape `(n,)`.
    """
    label = torch.zeros_like(opinion).scatter_(1, target[:, None], 1.0)
    return label.lerp(opinion, taught[:, None, None])


def loss_of(
    logits: Tensor,
    allowed: Tensor,
    target: Tensor,
    opinion: Tensor | None,
    taught: Tensor,
) -> Tensor:
    """Return the loss against the labels and, where there is one, the opinion.

    Shapes as in `span_loss` and `blend`.
    """
    if opinion is None:
        return span_loss(logits, allowed, target)
    return taught_loss(logits, allowed, blend(opinion, target, taught))

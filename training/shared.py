"""The passages of one question compete: one softmax over all their tokens.

Trained passage by passage, a reader need not score the wrong passage's best span below
the right one's, and in use it reads several for each question. So some batches hold
questions with passages that retrieval could return for them, and their logits, each
against its own passage's [CLS], share one normalisation (Clark and Gardner 2018,
"Simple and Effective Multi-Paragraph Reading Comprehension"); one more option, with
logit 0, is that none of them answers.
"""

import torch
from torch import Tensor

from training.loss import loss_of

__all__ = ["batch_loss", "join", "join_opinion"]


def _end_to_end(values: Tensor, together: int) -> Tensor:
    """Return `(n, tokens, ...)` as `(n / together, together * tokens, ...)`.

    What is left over at the end of the batch, padding, is cut off.
    """
    questions = len(values) // together
    return values[: questions * together].reshape(questions, -1, *values.shape[2:])


def join(
    logits: Tensor, allowed: Tensor, target: Tensor, together: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits, mask and target of questions, from those of their passages.

    Args:
        logits: of each passage, shape `(n, tokens, 2)`.
        allowed: True for [CLS] and passage tokens, shape `(n, tokens)`.
        target: first and last token, 0 for no answer, shape `(n, 2)`.
        together: so many passages on end belong to one question.

    Returns:
        Shapes `(n / together, together * tokens, 2)`, the same without the last axis,
        and `(n / together, 2)`; token 0 of a question is "no passage answers".
    """
    against = logits.float() - logits.float()[:, :1]
    place = torch.arange(len(target), device=target.device) % together
    moved = target + (target > 0) * (place * logits.shape[1])[:, None]
    may = allowed.clone()
    may[:, 0] = place == 0
    return (
        _end_to_end(against, together),
        _end_to_end(may, together),
        _end_to_end(moved[:, None], together).amax(1),
    )


def join_opinion(opinion: Tensor, together: int) -> Tensor:
    """Return probabilities over a question's passages, from those over each.

    Only what is thought of a question's own passage, the first, counts: it is known
    that the others do not answer.

    Args:
        opinion: probabilities over the tokens of each passage, `(n, tokens, 2)`.
        together: so many passages on end belong to one question.

    Returns:
        Shape `(n / together, together * tokens, 2)`, each column of sum 1.
    """
    is_own = torch.arange(len(opinion), device=opinion.device) % together == 0
    return _end_to_end(opinion * is_own[:, None, None], together)


def batch_loss(
    logits: Tensor,
    allowed: Tensor,
    target: Tensor,
    taught: Tensor,
    opinion: Tensor | None,
    together: int,
) -> Tensor:
    """Return the loss of a batch: of each passage, and of those that compete.

    Shapes as in `join` and `loss_of`; `together` is 1 where none compete.
    """
    loss = loss_of(logits, allowed, target, opinion, taught)
    if together == 1:
        return loss
    if opinion is not None:
        opinion = join_opinion(opinion, together)
    joined = join(logits, allowed, target, together)
    taught = taught[::together][: len(joined[0])]
    return (loss + loss_of(*joined, opinion, taught)) / 2

"""One network learns on a GPU, from labels and perhaps from a teacher beside them."""

import json
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import TypeVar

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.encoder import Network, Tables
from training.feed import Feed, Moved
from training.hints import Hints, Watched, fit
from training.plan import rate_at
from training.shared import batch_loss
from training.windows import SHAPES

_FITTED = 6  # batches to which the maps of the hints are fitted
_SAVED = 60.0  # seconds between two files of the pupil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is taught.

    Attributes:
        seconds: of training, compiling left out.
        rate: peak learning rate.
        curriculum: progress at which it begins.
        dropout: share of channels, one mask a row.
        taught: share of the loss that the teacher has.
        reworded: share of the questions put into other words, which it alone judges.
        hints: weight of its states.
        waiting: how many judged batches wait to be learnt once more; 0: none is.
        warmup: share of the seconds.
        decay: AdamW weight decay.
        clip: largest gradient norm.
        kept: share of the running mean that a step leaves.
    """

    seconds: float
    rate: float
    curriculum: float
    dropout: float = 0.0
    taught: float = 0.0
    reworded: float = 0.0
    hints: float = 0.0
    waiting: int = 0
    warmup: float = 0.04
    decay: float = 0.01
    clip: float = 1.0
    kept: float = 0.998

    @property
    def is_advised(self) -> bool:
        """Whether it wants a teacher."""
        return bool(self.taught or self.reworded or self.hints)


class Log:
    """Lines of `log.jsonl`, with the seconds since the start."""

    def __init__(self, out: Path) -> None:
        self.path, self.began = out / "log.jsonl", time.monotonic()

    def write(self, **line: object) -> None:
        """Append a line, and print it."""
        text = json.dumps({"s": round(time.monotonic() - self.began, 1), **line})
        print(text, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def precision(device: str) -> AbstractContextManager[object]:
    """Return bf16 autocast on a GPU."""
    return nullcontext() if device == "cpu" else torch.autocast(device, torch.bfloat16)


def fresh(network: Network) -> Network:
    """Return a network of the same weights that has not been compiled, no dropout."""
    copy = Network(0.0, network.size).to(next(network.parameters()))
    copy.load_state_dict(network.state_dict())
    return copy


def compile_layers(
    network: Network, tables: Tables, device: str, log: Log, *, trains: bool
) -> None:
    """Compile each layer once for all shapes, or leave them where that fails."""
    # `torch.compiler.config.recompile_limit`, which torch 2.6 does not have yet
    torch._dynamo.config.cache_size_limit = 64
    began = time.monotonic()
    try:
        for layer in network.layers:
            layer.compile(dynamic=True)
        for length, rows in SHAPES.items():
            ids = torch.ones(rows * 4, length, dtype=torch.long, device=device)
            x = tables(ids, ids).to(next(network.parameters()).dtype)
            with precision(device) if trains else torch.no_grad():
                logits = network(x, ids > 0)
            if trains:
                logits.float().square().sum().backward()
        network.zero_grad(set_to_none=True)
    except Exception:  # a run on rented time goes on without
        log.write(compiled=traceback.format_exc()[-1500:])
        for layer in network.layers:
            layer._compiled_call_impl = None  # as before compile()
    log.write(compiled_s=round(time.monotonic() - began, 1))


Advise = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, list[Tensor]]]


def advisor(tables: Tables, network: Network) -> Advise:
    """Return what a teacher says: probabilities `(n, tokens, 2)`, watched states."""
    watched = Watched(network).eval()
    kind = next(network.parameters()).dtype

    def advise(
        ids: Tensor, types: Tensor, mask: Tensor, allowed: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        with torch.no_grad():
            logits, *states = watched(tables(ids, types).to(kind), mask)
        logits = logits.float().masked_fill(~allowed[:, :, None], -1e4)
        return logits.softmax(1), states

    return advise


def twice(items: Iterable[T], waiting: int) -> Iterator[T]:
    """Yield each item and, once `waiting` others wait too, one of them once more.

    >>> sorted(islice(twice("abc", 1), 5))
    ['a', 'a', 'b', 'b', 'c']
    """
    random, kept = Random(0), list[T]()
    for item in items:
        yield item
        kept.append(item)
        if len(kept) > waiting:
            place = random.randrange(waiting)
            again, kept[place] = kept[place], kept[-1]
            kept.pop()
            yield again


def lessons(
    batches: Iterable[Moved], advise: Advise | None, waiting: int
) -> Iterator[tuple[Moved, tuple[Tensor | None, list[Tensor]]]]:
    """Return each batch with the teacher's opinion and states, if there is one.

    A teacher takes nearly half of the time (training/README.md, GP3), so it may be
    quoted twice: see `Course.waiting`.
    """
    judged = (
        (batch, advise(*batch[0][:4]) if advise else (None, list[Tensor]()))
        for batch in batches
    )
    return twice(judged, waiting) if waiting else judged


def fitted(
    watched: Watched,
    tables: Tables,
    batches: Iterator[Moved],
    advise: Advise,
    device: str,
) -> Hints:
    """Return maps from a pupil's states to its teacher's, fitted to a few batches."""
    pairs = []
    for (ids, types, mask, allowed, *_), _ in islice(batches, _FITTED):
        with torch.no_grad(), precision(device):
            _, *ours = watched(tables(ids, types), mask)
        pairs.append((ours, advise(ids, types, mask, allowed)[1], mask))
    return fit(pairs).to(device)


def learn(
    course: Course,
    tables: Tables,
    network: Network,
    feed: Feed,
    device: str,
    log: Log,
    *,
    advise: Advise | None = None,
    keep: Callable[[Network, list[Tensor]], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Tensor]:
    """Train a network by a course; return the running mean of its weights.

    Args:
        course: how.
        tables: of the network.
        network: trained in place.
        feed: of batches.
        device: where it is.
        log: told every ten seconds.
        advise: what the teacher says.
        keep: called every minute with the network and the running mean.
        clock: seconds, looked at once a step.

    Raises:
        ValueError: if the course wants a teacher and there is none.
    """
    if course.is_advised and advise is None:
        raise ValueError("taught, reworded, hints: found no teacher, wanted one")
    network.train()
    watched = Watched(network)
    batches = feed.batches(device)
    hints = None
    trained: list[Tensor] = [p for p in network.parameters() if p.requires_grad]
    mean = [p.detach().clone() for p in trained]
    learnt = list(trained)
    if advise is not None and course.hints:
        hints = fitted(watched, tables, batches, advise, device)
        learnt += [p for p in hints.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        learnt, lr=course.rate, weight_decay=course.decay, fused=True
    )
    mix = get_ema_multi_avg_fn(course.kept)  # type: ignore[no-untyped-call]
    began = told = saved = clock()
    tokens = since = steps = 0
    losses: list[Tensor] = []
    for (tensors, together), (opinion, states) in lessons(
        batches, advise, course.waiting
    ):
        ids, types, mask, allowed, target, taught = tensors
        now = clock()
        progress = min(1.0, (now - began) / course.seconds)
        if progress >= 1:
            break
        feed.tell(course.curriculum + (1 - course.curriculum) * progress)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * rate_at(progress, course.warmup)
        with precision(device):
            logits, *ours = watched(tables(ids, types), mask)
        loss = batch_loss(logits, allowed, target, taught, opinion, together)
        losses.append(loss.detach())
        if hints is not None:
            loss = loss + course.hints * hints.loss(ours, states, mask)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(trained, course.clip)
        optimiser.step()
        with torch.no_grad():
            mix(mean, trained, steps)
        steps, tokens, since = steps + 1, tokens + ids.numel(), since + ids.numel()
        if steps % 16 == 0 and device != "cpu":
            torch.cuda.synchronize()  # or the clock runs ahead of the work
        if now - told > 10:
            speed = round(since / (now - told))
            value = round(float(torch.stack(losses).mean()), 4)
            log.write(step=steps, tokens=tokens, tokens_per_s=speed, loss=value)
            losses, told, since = [], now, 0
        if keep is not None and now - saved > _SAVED:
            keep(network, mean)
            saved = now
    log.write(done=steps, tokens=tokens)
    return mean


def with_weights(network: Network, weights: list[Tensor]) -> Network:
    """Return a copy of a network that has these weights where it is trained."""
    copy = fresh(network)
    pairs = zip(copy.parameters(), network.parameters(), strict=True)
    places = [place for place, own in pairs if own.requires_grad]
    with torch.no_grad():
        for place, weight in zip(places, weights, strict=True):
            place.copy_(weight)
    return copy

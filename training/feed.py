"""Processes that build batches beside a GPU, which takes more than one can build."""

import gc
import multiprocessing as mp
import threading
from collections.abc import Iterator, Mapping, Sequence
from queue import Queue
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from training.data import Example
from training.mixture import EARLY, TAUGHT
from training.reworded import Rewording
from training.windows import Batch, Mixture

_BUILT = 4  # batches of each process that may wait
_MOVED = 8  # batches that wait on the GPU


class Feed:
    """Batches of a mixture without end, from several processes of one machine.

    Each process has a seed of its own. They are forked, so that all share the
    examples: make it before the GPU is used.

    Args:
        sets: examples by the name of their set.
        quota: how much of each set.
        rewording: the words that may stand for others.
        knobs: of `Mixture`: `whole`, `taught`, `reworded`, `rows`.
        seed: of the first process.
        number: of processes.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[Example]],
        quota: Mapping[str, int],
        rewording: Rewording | None,
        knobs: Mapping[str, Any],
        *,
        seed: int,
        number: int,
    ) -> None:
        context = mp.get_context("fork")
        self._progress = context.Value("d", 0.0)
        self._built = context.Queue(_BUILT * number)
        gc.freeze()  # or the first collection of each process would copy it all
        self._processes = [
            context.Process(
                target=self._build,
                args=(sets, quota, rewording, knobs, seed + n),
                daemon=True,
            )
            for n in range(number)
        ]
        for process in self._processes:
            process.start()

    def _build(
        self,
        sets: Mapping[str, Sequence[Example]],
        quota: Mapping[str, int],
        rewording: Rewording | None,
        knobs: Mapping[str, Any],
        seed: int,
    ) -> None:
        torch.set_num_threads(1)
        taught = {"": knobs["taught"], **TAUGHT}
        mixture = Mixture(
            sets,
            quota,
            EARLY,
            seed,
            whole=knobs["whole"],
            taught=taught,
            reworded=knobs["reworded"],
            rewording=rewording,
            rows=knobs["rows"],
        )
        while True:
            for batch in mixture.batches(self._progress.value):
                self._built.put(batch)

    def batches(self, device: str) -> Iterator[tuple[tuple[Tensor, ...], int]]:
        """Yield ids, types, mask, allowed, target, taught, and how many compete.

        A thread moves them to the device meanwhile.
        """
        moved: Queue[tuple[tuple[Tensor, ...], int]] = Queue(_MOVED)

        def move() -> None:
            while True:
                moved.put(on_device(self._built.get(), device))

        threading.Thread(target=move, daemon=True).start()
        while True:
            yield moved.get()

    def tell(self, progress: float) -> None:
        """Let the next batches be those of this share of the run, in [0, 1]."""
        self._progress.value = progress

    def __enter__(self) -> "Feed":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.kill()


def on_device(batch: Batch, device: str) -> tuple[tuple[Tensor, ...], int]:
    """Return the arrays of a batch where a network is, and how many compete."""
    tokens = batch.ids, batch.types, batch.mask, batch.allowed
    arrays = []
    for array in (*tokens, batch.target, batch.taught):
        tensor = torch.from_numpy(array)
        if device != "cpu":
            tensor = tensor.pin_memory().to(device, non_blocking=True)
        arrays.append(tensor)
    return tuple(arrays), batch.together

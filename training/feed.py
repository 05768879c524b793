"""Processes that build batches beside a GPU, which takes more than one can build."""

import gc
import multiprocessing as mp
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from types import TracebackType

import torch
from torch import Tensor

from training.data import Example
from training.mixture import EARLY, TAUGHT
from training.reworded import Rewording
from training.windows import Batch, Mixture

_BUILT = 4  # batches of each process that may wait
_MOVED = 8  # batches that wait on the GPU
_PATIENCE = 1.0  # seconds until it is looked whether all still live

Moved = tuple[tuple[Tensor, ...], int]
"""ids, types, mask, allowed, target, taught of a batch, and how many compete."""


@dataclass(frozen=True, slots=True)
class Diet:
    """What is fed.

    Attributes:
        quota: how much of each set.
        begins: progress of the curriculum at first.
        taught: share of the loss that the teacher has.
        reworded: share of the questions put into other words.
        rows: times the rows of `SHAPES`.
        whole: share of whole passages at the end.
    """

    quota: Mapping[str, int]
    begins: float = 0.0
    taught: float = 0.0
    reworded: float = 0.0
    rows: int = 1
    whole: float = 0.5


class Feed:
    """Batches of a mixture without end, from several processes of one machine.

    Each process has a seed of its own. They are forked, so that all share the
    examples: make it before the GPU is used, on a system that forks.

    Args:
        sets: examples by the name of their set.
        diet: how much of what.
        rewording: the words that may stand for others, if the diet wants some.
        seed: of the first process.
        number: of processes.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[Example]],
        diet: Diet,
        rewording: Rewording | None = None,
        *,
        seed: int,
        number: int,
    ) -> None:
        context = mp.get_context("fork")
        self._progress = context.Value("d", diet.begins)
        self._built = context.Queue(_BUILT * number)
        self._is_over = threading.Event()
        gc.freeze()  # or the first collection of each process would copy it all
        self._processes = [
            context.Process(
                target=self._build,
                args=(sets, diet, rewording, seed + n),
                daemon=True,
            )
            for n in range(number)
        ]
        for process in self._processes:
            process.start()
        gc.unfreeze()

    def _build(
        self,
        sets: Mapping[str, Sequence[Example]],
        diet: Diet,
        rewording: Rewording | None,
        seed: int,
    ) -> None:
        torch.set_num_threads(1)
        mixture = Mixture(
            sets,
            diet.quota,
            EARLY,
            seed,
            whole=diet.whole,
            taught={"": diet.taught, **TAUGHT},
            reworded=diet.reworded,
            rewording=rewording,
            rows=diet.rows,
        )
        while True:
            for batch in mixture.batches(self._progress.value):
                self._built.put(batch)

    def _take(self) -> Batch:
        while not self._is_over.is_set():
            ended = [p.exitcode for p in self._processes if not p.is_alive()]
            if ended:
                raise RuntimeError(f"processes that build batches ended with {ended}")
            with suppress(Empty):
                batch: Batch = self._built.get(timeout=_PATIENCE)
                return batch
        raise RuntimeError("the feed is over")

    def _move(self, device: str, moved: "Queue[Moved | Exception]") -> None:
        while not self._is_over.is_set():
            try:
                item: Moved | Exception = on_device(self._take(), device)
            except Exception as error:  # told where batches are used
                item = error
            while not self._is_over.is_set():
                with suppress(Full):
                    moved.put(item, timeout=_PATIENCE)
                    break
            if isinstance(item, Exception):
                return

    def batches(self, device: str) -> Iterator[Moved]:
        """Yield batches, which a thread moves to the device meanwhile.

        Raises:
            RuntimeError: when a process that builds them has ended.
        """
        moved: Queue[Moved | Exception] = Queue(_MOVED)
        threading.Thread(target=self._move, args=(device, moved), daemon=True).start()
        while True:
            item = moved.get()
            if isinstance(item, Exception):
                raise item
            yield item

    def tell(self, progress: float) -> None:
        """Tell how far the run is, in [0, 1], to whoever begins new batches now."""
        self._progress.value = progress

    def __enter__(self) -> "Feed":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        for process in self._processes:
            process.kill()
            process.join()
        self._built.close()


def on_device(batch: Batch, device: str) -> Moved:
    """Return the arrays of a batch where a network is, and how many compete."""
    tokens = batch.ids, batch.types, batch.mask, batch.allowed
    arrays = []
    for array in (*tokens, batch.target, batch.taught):
        tensor = torch.from_numpy(array)
        if device != "cpu":
            tensor = tensor.pin_memory().to(device, non_blocking=True)
        arrays.append(tensor)
    return tuple(arrays), batch.together

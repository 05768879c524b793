"""A compiled model runs sequences, each alone: one stream, one padded length.

Several run at once, one a stream; a stream has one core, or some. So a text gives the
same bits whatever it is batched with and however many threads ask, and no time goes
into padding it to the length of its neighbours: in batches of 16 the same model is no
faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qa.models.tables import Tables

if TYPE_CHECKING:
    from tokenizers import Encoding

    from qa.models.encoder import Head

__all__ = ["CompiledEncoder"]

_BUCKET = 16  # tokens; each length that occurs costs some milliseconds, once, and 2 MB


class CompiledEncoder:
    """Runs token sequences through a compiled model; threads may share one."""

    def __init__(self, compiled: Any, tables: Tables, head: Head) -> None:
        """Take an `openvino.CompiledModel` of `encoder.build`."""
        import openvino  # already loaded by whoever compiled the model

        self._tensor = openvino.Tensor
        self._compiled = compiled
        self._tables = tables
        self._head = head
        self._n_streams = int(compiled.get_property("NUM_STREAMS"))
        self._idle: deque[Any] = deque()  # its append and pop need no lock

    @property
    def dim(self) -> int:
        """Length of the embeddings that go in, and of the vectors that come out."""
        return self._tables.dim

    def run(self, encodings: Sequence[Encoding]) -> list[npt.NDArray[np.float32]]:
        """Return the output of each sequence, in order.

        Shape `(dim,)` for vectors, `(n_tokens, n_logits)` for spans.
        """
        longest_first = sorted(
            range(len(encodings)), key=lambda row: -len(encodings[row].ids)
        )
        outputs = [np.empty(0, np.float32)] * len(encodings)
        found = self.stream(encodings[row] for row in longest_first)
        for row, output in zip(longest_first, found, strict=True):
            outputs[row] = output
        return outputs

    def stream(
        self, encodings: Iterable[Encoding]
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the output of each sequence, in order, as `run` returns them.

        While some run, the caller prepares the next and looks at the last.
        """
        running: deque[tuple[int, Any]] = deque()

        def collect() -> npt.NDArray[np.float32]:
            n_tokens, request = running.popleft()
            request.wait()
            output = request.get_output_tensor(0).data[0]
            if self._head == "spans":
                output = output[:n_tokens]
            copied: npt.NDArray[np.float32] = output.copy()
            self._idle.append(request)
            return copied

        try:
            for encoding in encodings:
                if len(running) > self._n_streams:  # one waits, so no stream does
                    yield collect()
                running.append((len(encoding.ids), self._start(encoding)))
            while running:
                yield collect()
        finally:
            while running:  # the caller gave up
                collect()

    def _start(self, encoding: Encoding) -> Any:
        """Start a request; there are as many as were ever needed at one time."""
        n_tokens = len(encoding.ids)
        n_padded = -(-n_tokens // _BUCKET) * _BUCKET
        embeddings = np.zeros((1, n_padded, self._tables.dim), np.float32)
        embeddings[0, :n_tokens] = self._tables.embed(encoding.ids, encoding.type_ids)
        mask = np.zeros((1, n_padded), np.float32)
        mask[0, :n_tokens] = 1
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        # the tensors copy: nothing of ours is read while the request runs
        request.set_input_tensor(0, self._tensor(embeddings))
        request.set_input_tensor(1, self._tensor(mask))
        request.start_async()
        return request

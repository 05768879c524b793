"""One line of JSON for each measurement, with what is needed to read it later."""

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["keep"]

_FOLDER = Path(__file__).parent / "results"
_PACKAGES = ("faiss-cpu", "openvino", "sentence-transformers", "tantivy", "torch")


def keep(name: str, figures: Mapping[str, Any]) -> Path:
    """Append figures to `results/NAME.jsonl` and return that file."""
    _FOLDER.mkdir(exist_ok=True)
    path = _FOLDER / f"{name}.jsonl"
    line = {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {_processor()}",
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
    import os

    return f"{os.cpu_count()} cores"

"""An environment for each peer: made once, made anew when its list changes."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["PACKAGES", "REQUIREMENTS", "python_of"]

# the bound admits the last release of torch with a plain CPU build
_TORCH = "torch>=2.6,<2.14"

REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "stock": (
        "sentence-transformers==6.2.0",
        "transformers==5.23.0",
        "faiss-cpu==1.15.1",
        _TORCH,
    ),
    # Haystack 3 moved embedders and readers to packages of their own
    "haystack": (
        "haystack-ai==3.4.0",
        "sentence-transformers-haystack==2.0.0",
        "transformers-haystack==2.0.0",
        "sentence-transformers==6.2.0",
        "transformers==5.23.0",
        _TORCH,
    ),
    # its reader needs no question-answering pipeline any more, so no older transformers
    "txtai": ("txtai==9.14.0", "transformers==5.23.0", "faiss-cpu==1.15.1", _TORCH),
}
"""Environment -> what is installed into it. Ours is the one that runs the benchmark."""

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "ours": ("openvino", "faiss-cpu", "tantivy"),
    "stock": ("sentence-transformers", "transformers", "faiss-cpu", "torch"),
    "haystack": ("haystack-ai", "transformers-haystack", "transformers", "torch"),
    "txtai": ("txtai", "transformers", "faiss-cpu", "torch"),
}
"""Environment -> packages whose versions are kept with the figures."""


def python_of(environment: str, work: Path, *, is_here: bool = False) -> str:
    """Return the interpreter of an environment, installing it where it is missing.

    Args:
        environment: of `REQUIREMENTS`; any other is the one that runs now.
        work: where environments are made.
        is_here: whether the stock parts may run in this environment, which has them.
    """
    wanted = REQUIREMENTS.get(environment)
    if wanted is None or (is_here and environment == "stock"):
        return sys.executable
    folder = work / "venvs" / environment
    python = folder / "bin" / "python"
    stamp = folder / "installed.txt"
    listed = "\n".join(wanted) + "\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == listed:
        return str(python)
    print(f"installing {', '.join(wanted)} into {folder}", flush=True)
    if not stamp.exists() and folder.exists():
        shutil.rmtree(folder)  # an installation that was cut short
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    stamp.write_text(listed, encoding="utf-8")
    return str(python)

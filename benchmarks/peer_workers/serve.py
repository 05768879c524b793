"""The worker's side: commands are lines of JSON, and so are replies.

Needs nothing but Python and numpy: it runs in the environment of each peer.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Reply", "Row", "System", "Task", "Vectors", "serve"]

Row = dict[str, str]
"""A passage: `title`, `text`, and what is `embedded`."""

Vectors = npt.NDArray[np.float32]
"""One unit vector a row."""

Reply = dict[str, Any]
"""For a question: `answer`, None when there is none, and what else is to be told."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told when it starts."""

    place: str  # folder of the store that is asked
    embedder: str  # folder of a sentence-transformers model
    reader: str  # folder of a question-answering model
    top_k: int  # passages read for a question
    way: str = ""  # of a system that can be used in more than one


class System(Protocol):
    """A way to answer questions. Its constructor imports what that needs."""

    def build(self, rows: Sequence[Row], vectors: Vectors | None, place: Path) -> None:
        """Make and save a store of these passages; without vectors, embed them."""

    def open(self, place: Path) -> None:
        """Load the models, and a store that `build` saved."""

    def ask(self, question: str) -> Reply:
        """Return the answer."""


def serve(make: Callable[[Task], System]) -> None:
    """Make the system and obey commands from standard input until it ends."""
    worker = _Worker(make, Task(**json.loads(sys.argv[1])))
    # whatever a library prints must not get between the replies
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)
        for line in sys.stdin:
            command = json.loads(line)
            reply = getattr(worker, command.pop("do"))(**command)
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


class _Worker:
    """One method for each command."""

    def __init__(self, make: Callable[[Task], System], task: Task) -> None:
        begun = time.perf_counter()
        self._system = make(task)
        self._import_s = time.perf_counter() - begun
        self._place = Path(task.place)
        self._is_open = False

    def about(self, packages: Sequence[str]) -> Reply:
        """Tell how long the imports took, and the versions of packages."""
        versions = {package: metadata.version(package) for package in packages}
        return {"import_s": self._import_s, "versions": versions}

    def build(self, passages: str, vectors: str) -> Reply:
        """Make the store that is asked from files."""
        # not `splitlines`: a text may hold other ends of lines
        lines = Path(passages).read_text(encoding="utf-8").split("\n")
        rows = [json.loads(line) for line in lines if line]
        flat = np.fromfile(vectors, np.float32)
        self._place.mkdir(parents=True, exist_ok=True)
        self._system.build(rows, flat.reshape(len(rows), -1), self._place)
        return {"passages": len(rows)}

    def index(self, rows: list[Row]) -> Reply:
        """Embed and store passages in a store of their own; tell how long it took."""
        with tempfile.TemporaryDirectory() as place:
            begun = time.perf_counter()
            self._system.build(rows, None, Path(place))
            return {"seconds": time.perf_counter() - begun}

    def ask(self, question: str) -> Reply:
        """Answer; tell how long it took, opening aside."""
        if not self._is_open:
            self._system.open(self._place)
            self._is_open = True
        begun = time.perf_counter()
        reply = self._system.ask(question)
        return {**reply, "ms": 1000 * (time.perf_counter() - begun)}

    def memory(self) -> Reply:
        """Tell the memory that this process holds now."""
        return {"rss_mb": _resident() / 1e6}


def _resident() -> float:
    """Return resident bytes; where the system does not tell them, their peak."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[1])
        return float(pages * os.sysconf("SC_PAGE_SIZE"))
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)

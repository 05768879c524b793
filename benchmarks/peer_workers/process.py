"""The benchmark's side: a worker process, its start on the clock, its log kept."""

import contextlib
import json
import os
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.peer_workers.serve import Task

__all__ = ["Worker"]

_ROOT = Path(__file__).parent.parent.parent
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "PYTHONWARNINGS": "ignore",  # of the peers; the log is for errors
}


class Worker:
    """A system in a process of its own, asked one command at a time."""

    def __init__(self, python: str, module: str, task: Task, log: Path) -> None:
        """Start the process; it is ready when the first command is answered."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        with log.open("w", encoding="utf-8") as errors:
            self.begun = time.perf_counter()
            self._process = subprocess.Popen(
                [python, "-m", module, json.dumps(asdict(task))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                cwd=_ROOT,
                env=os.environ | _OFFLINE,
            )

    def call(self, do: str, **what: object) -> dict[str, Any]:
        """Send a command and wait for its reply.

        Raises:
            RuntimeError: with the end of its log, if the worker died.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the worker was started without pipes")
        try:
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.close()  # its last words come after its last reply
            tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"the worker ended at {do!r}; see {self._log}:\n{tail}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        """End the process; it has no reason to wait."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it died with our words unread
                self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

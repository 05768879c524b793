"""A system for the tests of the benchmarks: knows nothing, and talks out of turn."""

import os
import sys
import time

from benchmarks.peer_workers.serve import serve


class Echo:
    def __init__(self, task):
        self._task = task
        self._stored = None

    def build(self, rows, vectors, place):
        (place / "echo.txt").write_text(f"{len(rows)} {vectors is None}")
        time.sleep(0.01)

    def open(self, place):
        self._stored = (place / "echo.txt").read_text()

    def ask(self, question):
        sys.stdout.write("noise on standard output\n")
        sys.stdout.flush()
        os.write(1, b"and below Python\n")
        if question == "die":
            raise SystemError("as I was told")
        return {"answer": f"{question} {self._stored} {self._task.top_k}"}


if __name__ == "__main__":
    serve(Echo)

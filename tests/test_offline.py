"""The product needs no network: everything runs with sockets blocked."""

import subprocess
import sys

import pytest

BLOCKED = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("a socket was opened")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = socket.create_connection = refuse
from qa.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.model
def test_indexing_and_asking_open_no_socket(folder, tmp_path):
    """Default models, from nothing to an answer, without one connection."""
    store = ["--articles", str(folder), "--store", str(tmp_path / "store")]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "ask", "When did the booster land?", *store],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    assert "2 passages" in done.stdout


@pytest.mark.model
def test_asking_imports_nothing_heavy(folder, tmp_path):
    """A question to an existing store waits for no library that it does not use."""
    code = (
        "import sys; from qa.cli import main; main(sys.argv[1:]); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'gradio'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    question = ["ask", "When did it land?", "--articles", str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", code, *question, "--store", str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

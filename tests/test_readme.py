"""What the README says is so."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qa.cli.arguments import parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_told():
    """No command of `qa` is missing from the README, and none is invented."""
    actions = parser()._actions  # argparse offers no other way to list them
    choices = next(
        a.choices for a in actions if isinstance(a, argparse._SubParsersAction)
    )
    told = set(re.findall(r"`qa (\w+)", README))
    assert told == set(choices)


def test_links_lead_somewhere():
    """Every relative link names a file or folder of the repository."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_exist():
    """`make X` in the README is a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake (run|test|check|\w+) ", README)):
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.model
def test_python_block_runs(tmp_path):
    """The lines of Python do what is said of them."""
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "Assad" in done.stdout
    assert ".md" in done.stdout

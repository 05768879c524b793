"""What several test modules share: a small folder of articles, a fast library."""

import os
from pathlib import Path

import hypothesis
import pytest

from qa.pipeline import QA
from qa.settings import Settings

# nothing under test may reach for a network or for the user's own settings
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
for name in ("QA_ARTICLES", "QA_STORE"):
    os.environ.pop(name, None)

# a busy machine is no failure, and a red test is red again when it is run again
hypothesis.settings.register_profile("qa", deadline=None, derandomize=True)
hypothesis.settings.load_profile("qa")

LLAMAS = """---
title: Llamas and their kin
published: 2015-03-04
source: Written for the tests
---
Llamas hum to their young. They carry loads of up to 30 kilograms over the high plain.

Maria Quispe, a herder, said that "a llama never forgets an insult".

Alpacas are smaller than llamas. Their wool is finer.
"""
ROCKETS = """The rocket that came back

By Ada Park

The booster landed on a barge on 8 April 2016. Engineers in Hawthorne cheered.

Director Ken Ito told reporters that the next flight would carry nine satellites.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two articles."""
    place = tmp_path / "articles"
    place.mkdir()
    (place / "llamas.md").write_text(LLAMAS, encoding="utf-8")
    (place / "rockets.txt").write_text(ROCKETS, encoding="utf-8")
    return place


@pytest.fixture
def fast() -> Settings:
    """Settings that need no weights: a hashing embedder, the sentence reader."""
    return Settings(embedder="hash:256", reader="sentence", min_confidence=0.1)


@pytest.fixture
def qa(folder: Path, fast: Settings, tmp_path: Path) -> QA:
    """A library over the two articles."""
    return QA.open(folder, store=tmp_path / "store", settings=fast)

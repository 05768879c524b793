"""Every knob of a training run, its options, and the learning rate it asks for."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields


@dataclass(frozen=True, slots=True)
class Plan:
    """Every knob of a run; stored with its results."""

    data: str
    out: str
    init: str | None = None  # a reader.safetensors to start from; default the encoder
    encoder: str = ""  # a folder with all-mpnet-base-v2: trains a teacher on it
    frozen: int = 0  # lowest layers left as they are
    minutes: float = 80.0  # budget of the loop, dev scores included
    tokens: int | None = None  # budget in padded tokens; replaces minutes
    rate: float = 1.5e-4  # peak learning rate
    warmup: float = 0.04  # share of the budget
    decay: float = 0.01  # AdamW weight decay
    dropout: float = 0.1  # share of channels, one mask a row
    adapters: int = 0  # rank of low-rank adapters; 0: all weights are trained
    teachers: str = ""  # reader.safetensors files, comma between: learn from their mean
    taught: float = 0.7  # share of the loss that the teachers have
    fresh: str = ""  # sets, comma between, that no teacher met: labels count there
    reworded: float = 0.0  # share of the questions put into other words
    hints: float = 0.0  # weight of the first teacher's states; 0: its opinion only
    clip: float = 1.0  # largest gradient norm
    seed: int = 1
    limit: int | None = None  # rows kept of each training file, for trials
    curriculum: float = 0.0  # progress at which it begins; 1: whole passages
    whole: float = 0.5  # share of whole passages at the end, 0.05 at the start
    masked: float = 0.0  # share of tokens hidden, the answer's excepted
    eight_bits: str = ""  # a reader's ranges: rounds as the product does
    together: int = 8  # steps between two meetings of several workers
    score_minutes: float = 20.0
    save_minutes: float = 6.0
    dev_limit: int = 300
    device: str = "cpu"
    compiled: bool = True
    bf16: bool = False


_PLACES = frozenset(("data", "out", "init", "encoder", "teachers", "eight_bits"))


def portable(plan: Mapping[str, object]) -> dict[str, object]:
    """Return the knobs of a plan without the files and folders of one machine.

    >>> portable({"rate": 1e-4, "data": "/home/me/data"})
    {'rate': 0.0001}
    """
    return {name: value for name, value in plan.items() if name not in _PLACES}


def rate_at(progress: float, warmup: float) -> float:
    """Return the share of the peak learning rate: up, then linearly down to zero.

    >>> rate_at(0.1, 0.2), rate_at(0.6, 0.2), rate_at(1.0, 0.2)
    (0.5, 0.5, 0.0)
    """
    if progress < warmup:
        return progress / warmup
    return max(0.0, (1.0 - progress) / (1.0 - warmup))


def options() -> argparse.ArgumentParser:
    """Return the parser: one option for each knob of `Plan`, and two more."""
    parser = argparse.ArgumentParser(description="Train the span reader.")
    for knob in fields(Plan):
        flag = "--" + knob.name.replace("_", "-")
        if knob.type is bool:
            action = argparse.BooleanOptionalAction
            parser.add_argument(flag, action=action, default=knob.default)
            continue
        kinds: dict[object, type] = {int: int, float: float, int | None: int}
        parser.add_argument(
            flag,
            type=kinds.get(knob.type, str),
            default=knob.default,
            required=knob.default is MISSING,
        )
    parser.add_argument("--resume", action="store_true", help="from DIR's checkpoint")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser

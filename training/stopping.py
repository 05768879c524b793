"""What it costs and saves to read no further once an answer is sure.

    python -m training.stopping --data PATH --looks FILE [--sure 0.7,0.6,0.55,0.5 ...]

Replays kept looks (`training.looks`), so that it takes a minute. Of the questions with
an answer it tells how often the best answer is right (F1 of at least 0.6), how often it
is right and given, and how many passages were read; of the others how often we abstain.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median

from qa.evaluation.metrics import best, f1
from qa.pipeline import QA
from qa.reading.confidence import Calibration, load_calibration
from qa.reading.stages import read_and_propose
from qa.settings import Settings
from training.calibrate import RIGHT
from training.looks import (
    SETS,
    KeptReader,
    Look,
    hits_of,
    look_at_all,
    made_of,
    open_pools,
    read_looks,
    write_looks,
)

__all__ = ["Outcome", "replay"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, answered from what was kept."""

    is_answerable: bool
    is_right: bool  # the best answer, given or not
    is_given: bool
    read: int  # passages


def main() -> None:
    """Look where nothing is kept, replay, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--store", type=Path, default=Path("/tmp/qa-calibrate"))
    parser.add_argument("--looks", type=Path, required=True)
    parser.add_argument("--sure", nargs="+", type=_numbers, default=[])
    arguments = parser.parse_args()

    settings = Settings()
    pools = open_pools(arguments.data, arguments.store, settings)
    made = made_of(pools)
    if not arguments.looks.exists():
        kept = look_at_all(arguments.data, pools, settings.top_k)
        write_looks(arguments.looks, kept, made)
    looks = read_looks(arguments.looks, made)
    calibration = load_calibration(made["reader"])
    for sure in [(), settings.sure, *arguments.sure]:
        print("sure", " ".join(map(str, sure)) or "never")
        knobs = replace(settings, sure=sure)
        outcomes: dict[str, list[Outcome]] = {}
        for looked in looks:
            outcome = replay(looked, pools[SETS[looked.name]], calibration, knobs)
            outcomes.setdefault(looked.name, []).append(outcome)
        for name, of_set in outcomes.items():
            print(f"  {name:<16}", _told(of_set))


def replay(
    looked: Look, qa: QA, calibration: Calibration, settings: Settings
) -> Outcome:
    """Return what `QA.ask` would have come to with these settings."""
    question = looked.question
    hits = hits_of(looked, qa.library.store, settings)
    reader = KeptReader(looked)
    proposals = read_and_propose(
        question.text,
        hits,
        reader,
        calibration,
        settings,
        min_confidence=settings.min_confidence,
        unknown=looked.unknown,
    )
    if not proposals:
        return Outcome(question.is_answerable, False, False, reader.count)
    first = proposals[0]
    is_right = best(f1, first.best.text, question.answers) >= RIGHT
    is_given = first.confidence >= settings.min_confidence
    return Outcome(question.is_answerable, is_right, is_given, reader.count)


def _told(outcomes: Iterable[Outcome]) -> str:
    groups: Mapping[bool, list[Outcome]] = {True: [], False: []}
    for outcome in outcomes:
        groups[outcome.is_answerable].append(outcome)
    cells = []
    for is_answerable, group in groups.items():
        if not group:
            continue
        read = [o.read for o in group]
        shares = (
            f"right {_share(o.is_right for o in group)}  "
            f"right and given {_share(o.is_right and o.is_given for o in group)}"
            if is_answerable
            else f"held back {_share(not o.is_given for o in group)}"
        )
        cells.append(f"{shares}  read {mean(read):.2f}, median {median(read):.0f}")
    return "; without answer: ".join(cells) if groups[True] else cells[0]


def _share(those: Iterable[bool]) -> str:
    return f"{100 * mean(those):.1f}"


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


if __name__ == "__main__":
    main()

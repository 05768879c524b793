"""What each choice of the recipe is worth: short runs that differ in one of them.

    python -m training.ablate --data DATA --out DIR [--tokens 1500000] [--only NAME ...]

Every run starts from the encoder, sees the same number of tokens in the same schedule,
and is scored on the same dev rows. Rows already in `DIR/ablations.jsonl` are not run
again, so that it may be interrupted. What such short runs cannot tell: what pays only
after many tokens, such as dropout.
"""

import argparse
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import torch

from training.data import Encoder, Example, Row, load, nothing
from training.dev import dev_sets
from training.mixture import EARLY, QUOTA, build, mixture_of
from training.plan import Plan
from training.reader import Run, loop
from training.recurring import recurring_rows
from training.score import score_all
from training.windows import Batch, Mixture
from training.workers import Workers

__all__ = ["VARIANTS", "Variant", "line"]


# sets whose contexts are the plain text
PLAIN = ("squad_train_partial", "squadshifts_new_wiki", "nq_open_oracle")


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs from the recipe: knobs of the plan, and sets left out."""

    knobs: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    is_led: bool = True  # the lead of the article stands in front of the passage
    plain: float = 0.0  # share of the run that reads questions from plain text first


_RIVALS = ("rivals", "written_rivals", "dossier_rivals", "loose_rivals")
VARIANTS: Mapping[str, Variant] = {
    "the recipe": Variant(),
    "the recipe, drawn otherwise": Variant({"seed": 2}),
    "no questions of other passages": Variant(without=("paired", *_RIVALS)),
    "no passages that compete": Variant(without=_RIVALS),
    "no turned, exchanged or renamed words": Variant(
        without=("turned", "exchanged", "renamed")
    ),
    "no labelled unanswerable ones": Variant(
        without=("squad_train_unans", "unansq_dev")
    ),
    "no statements": Variant(without=("found", "staged", "attributed")),
    "no web chatter": Variant(
        without=(
            "squadshifts_amazon_reviews",
            "squadshifts_reddit",
            "tweetqa",
            "policyqa",
        )
    ),
    "no QAMR": Variant(without=("qamr",)),
    "no NQ": Variant(without=("nq_open_oracle", "nq_swap")),
    "adapters of rank 16": Variant({"adapters": 16, "rate": 1e-3}),
    "rate 3e-4": Variant({"rate": 3e-4}),
    "rate 7.5e-5": Variant({"rate": 7.5e-5}),
    "no dropout": Variant({"dropout": 0.0}),
    "half whole passages from the start": Variant({"curriculum": 0.999}),
    "no lead in front": Variant(is_led=False),
    "a third of the run on recurring spans first": Variant(plain=1 / 3),
    "a tenth of the run on recurring spans first": Variant(plain=0.1),
}

Sets = Mapping[str, Sequence[Example]]


class PlainFirst(Mixture):
    """A mixture that draws from one set alone until a share of the run is over."""

    def __init__(
        self, plain: Sequence[Example], until: float, sets: Sets, seed: int
    ) -> None:
        super().__init__(sets, QUOTA, EARLY, seed)
        self._plain = Mixture({"plain": plain}, {"plain": 1}, frozenset(), seed)
        self._until = until

    def batches(self, progress: float, draws: int = 2048) -> Iterator[Batch]:
        """Yield batches as `Mixture` does; few, so that the plain part ends in time."""
        if progress < self._until:
            yield from self._plain.batches(progress, min(draws, 128))
        else:
            yield from super().batches(progress, draws)


def plain_examples(folder: Path, seed: int) -> list[Example]:
    """Return the questions that the contexts of a few training sets ask themselves."""
    random = Random(seed)
    contexts = {
        row.context: row
        for name in PLAIN
        for row in load(folder / f"{name}.jsonl.gz")
        if "<Table>" not in row.context[:20]
    }
    made = [m for row in contexts.values() for m in recurring_rows(row, random)]
    encoder = Encoder()
    found = [encoder.encode(row, "plain") for row in made]
    return [example for example in found if example]


def without_lead(example: Example) -> Example:
    """Return an example that has nothing in front of its passage, nor its rivals."""
    rivals = tuple(without_lead(rival) for rival in example.rivals)
    return replace(example, title=nothing(), opening=nothing(), own=0, rivals=rivals)


def trained(
    plan: Plan, variant: Variant, sets: Sets, dev: dict[str, list[Row]]
) -> dict[str, dict[str, float]]:
    """Train from the encoder as the variant says; return the dev scores."""
    plan = replace(plan, **variant.knobs)
    # every variant compiles six shapes; past eight, torch gives up and runs eagerly
    torch.compiler.reset()
    run = Run(plan, Workers(0, 1), resume=False)
    kept = {name: found for name, found in sets.items() if name not in variant.without}
    if not variant.is_led:
        kept = {name: [without_lead(e) for e in found] for name, found in kept.items()}
        dev = {name: [replace(r, lead="") for r in rows] for name, rows in dev.items()}
    mixture = mixture_of(plan, kept, plan.seed)
    if variant.plain:
        plain = plain_examples(Path(plan.data) / "train", plan.seed)
        mixture = PlainFirst(plain, variant.plain, kept, plan.seed)
    loop(run, mixture, report=lambda _: None)
    run.network.eval()
    with run.precision():
        return score_all(run.tables, run.network, dev)


def line(name: str, found: Mapping[str, Mapping[str, float]]) -> str:
    """Return a row of the table in `training/README.md`.

    >>> scores = {"forced_em": 1.0, "forced_f1": 2.0, "best_f1": 3.0}
    >>> news = {**scores, "forced_right": 4.0}
    >>> line("x", {"xquad_en": scores, "squad2_dev_half": scores,
    ...            "news_written": news, "news_said": scores})
    '| x | 1.0 / 2.0 | 1.0 / 2.0 | 3.0 | 4.0 % | 1.0 / 2.0 |'
    """
    pair = {k: f"{v['forced_em']} / {v['forced_f1']}" for k, v in found.items()}
    squad2, news = found["squad2_dev_half"], found["news_written"]
    cells = [name, pair["xquad_en"], pair["squad2_dev_half"], str(squad2["best_f1"])]
    cells += [f"{news['forced_right']} %", pair["news_said"]]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Build the sets once, run every variant, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=1_500_000)
    parser.add_argument("--dev-limit", type=int, default=1200, help="rows of a dev set")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=[*VARIANTS])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=False)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.basicConfig(level=logging.WARNING)
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = arguments.out / "ablations.jsonl"
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    done = {row["variant"]: row["dev"] for row in map(json.loads, lines)}

    plan = Plan(
        data=str(arguments.data),
        out=str(arguments.out),
        tokens=arguments.tokens,
        device=arguments.device,
        bf16=arguments.bf16,
        score_minutes=1e9,
        save_minutes=1e9,
    )
    todo = [name for name in arguments.only if name not in done]
    sets = build(arguments.data / "train", plan.seed)
    dev = dev_sets(arguments.data, arguments.dev_limit)
    for name in todo:
        done[name] = trained(plan, VARIANTS[name], sets, dev)
        with kept.open("a", encoding="utf-8") as file:
            row = {"variant": name, "tokens": plan.tokens, "dev": done[name]}
            file.write(json.dumps(row) + "\n")
        print(line(name, done[name]), flush=True)


if __name__ == "__main__":
    main()

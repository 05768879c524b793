"""The mean of several readers of one line: what they set out from, and runs' ends.

    python -m training.average --of A 0.4 --of B 0.2 --of C 0.2 --of D 0.2 --out DIR

Weights between a network and its fine-tuned descendant often do better on other data
than either end (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"), and
so do means of several short runs that set out from one place, each with another seed
(Wortsman et al. 2022, "Model soups").
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path

import torch

from training.encoder import open_network
from training.export import save_reader
from training.plan import portable

__all__ = ["average"]


def average(shares: Mapping[Path, float], out: Path) -> None:
    """Write the weighted mean of readers of equal size to the folder `out`.

    Args:
        shares: folders with `reader.safetensors` and `reader.json`, and how much of
            the mean each has; the facts of the largest part go along.
        out: made if it is not there.

    Raises:
        ValueError: if a share is negative, or they do not add up to 1, or the readers
            have not the same number of layers.
    """
    if min(shares.values(), default=-1) < 0 or not math.isclose(
        sum(shares.values()), 1.0
    ):
        found = ", ".join(f"{folder.name} {share}" for folder, share in shares.items())
        raise ValueError(f"shares must add up to 1, none below 0, got {found!r}")
    networks = [open_network(folder / "reader.safetensors")[1] for folder in shares]
    mean = networks[-1]
    with torch.no_grad():
        same = zip(*(network.parameters() for network in networks), strict=True)
        for parameters in same:
            parts = zip(parameters, shares.values(), strict=True)
            total = sum(part * share for part, share in parts)
            parameters[-1].copy_(total)
    cards = [json.loads((f / "reader.json").read_text("utf-8")) for f in shares]
    most, _ = max(zip(cards, shares.values(), strict=True), key=lambda pair: pair[1])
    facts = {
        "stage": "average",
        "plan": portable(most["plan"]),
        "sets": most["sets"],
        "average": {
            card["sha256"]: round(share, 4)
            for card, share in zip(cards, shares.values(), strict=True)
        },
    }
    out.mkdir(parents=True, exist_ok=True)
    save_reader(out, mean, facts)


def main() -> None:
    """Read the options and average."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--of",
        nargs=2,
        action="append",
        required=True,
        metavar=("FOLDER", "SHARE"),
        help="one of the readers, and its share of the mean",
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        shares = {Path(folder): float(share) for folder, share in arguments.of}
    except ValueError as error:
        parser.error(f"--of wants a folder and a number: {error}")
    if len(shares) < len(arguments.of):
        parser.error("--of names a folder twice: give it the sum of its shares")
    average(shares, arguments.out)


if __name__ == "__main__":
    main()

"""The mean of two readers of one line: the run's end, and what it set out from.

    python -m training.average --from A --to B --share 0.75 --out DIR

Weights between a network and its fine-tuned descendant often do better on other data
than either end (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

import argparse
import json
from pathlib import Path

import torch

from training.encoder import open_network
from training.export import save_reader
from training.plan import portable

__all__ = ["average"]


def average(older: Path, newer: Path, share: float, out: Path) -> None:
    """Write the reader `(1 - share) * older + share * newer` to the folder `out`.

    Args:
        older: folder with `reader.safetensors` and `reader.json`.
        newer: likewise; its facts go along.
        share: of the newer one, in [0, 1].
        out: made if it is not there.

    Raises:
        ValueError: if the share is not in [0, 1].
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(
            f"the share of the newer reader must be in [0, 1], got {share}"
        )
    _, network = open_network(newer / "reader.safetensors", 1)
    _, other = open_network(older / "reader.safetensors", 1)
    with torch.no_grad():
        pairs = zip(network.parameters(), other.parameters(), strict=True)
        for mine, theirs in pairs:
            mine.lerp_(theirs, 1.0 - share)
    cards = [json.loads((p / "reader.json").read_text("utf-8")) for p in (older, newer)]
    facts = {
        "stage": "average",
        "plan": portable(cards[1]["plan"]),
        "sets": cards[1]["sets"],
        "average": {
            cards[0]["sha256"]: round(1.0 - share, 4),
            cards[1]["sha256"]: round(share, 4),
        },
    }
    out.mkdir(parents=True, exist_ok=True)
    save_reader(out, network, facts)


def main() -> None:
    """Read the options and average."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", type=Path, required=True, dest="older")
    parser.add_argument("--to", type=Path, required=True, dest="newer")
    parser.add_argument("--share", type=float, default=0.75, help="of the newer one")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    average(arguments.older, arguments.newer, arguments.share, arguments.out)


if __name__ == "__main__":
    main()

"""Note which values flow through a reader, so that it can run in 8 bits.

    python -m training.ranges --data PATH --reader DIR

Writes `reader.ranges.safetensors` beside the weights, from questions of the training
sets with their passages. `benchmarks.reader` tells what 8 bits cost.
"""

import argparse
import json
import random
from pathlib import Path

from qa.models.calibrate import calibrate, save_ranges
from qa.models.weights import Weights, minilm, tokenizer_of, verify
from qa.reading.lead import compose
from qa.reading.span_reader import MAX_WINDOW
from training.data import load
from training.leads import Leads

SETS = ("squad_train_partial", "squadshifts_new_wiki", "nq_open_oracle")
SEED = 7


def main() -> None:
    """Sample pairs, run them in 32 bits, write lowest and highest values."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=150, help="of each set")
    arguments = parser.parse_args()
    card = json.loads((arguments.reader / "reader.json").read_text(encoding="utf-8"))
    base = minilm()
    own = Weights(arguments.reader, "reader.safetensors", card["sha256"])
    verify(own)
    tokenizer = tokenizer_of(base.folder, max_tokens=MAX_WINDOW)
    rng = random.Random(SEED)
    encodings = []
    for name in SETS:
        rows = list(load(arguments.data / "train" / f"{name}.jsonl.gz"))
        leads = Leads(rows)
        encodings += [
            tokenizer.encode(row.question, compose(*leads.of(row)) + row.context)
            for row in rng.sample(rows, arguments.pairs)
        ]
    out = arguments.reader / "reader.ranges.safetensors"
    save_ranges(calibrate([base, own], encodings), out)
    print(f"{len(encodings)} pairs, {out}")


if __name__ == "__main__":
    main()

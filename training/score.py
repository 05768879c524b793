"""Dev scores of a network in plain torch: exact match and F1, as SQuAD counts them.

`python -m training.score --data DATA --weights reader.safetensors`
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from qa.evaluation.metrics import best, exact_match, f1
from training.data import Encoder, Example, Ids, Row
from training.dev import dev_sets
from training.encoder import Network, Tables, open_network
from training.windows import Batch, Window, ids_of, stack

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network reads in one row: the best span's text and its margin."""

    row: Row
    text: str
    margin: float  # logits: best span minus "no answer" of its window


def best_span(
    start: Logits, end: Logits, allowed: npt.NDArray[np.bool_], max_tokens: int
) -> tuple[int, int, float]:
    """Return `(first, last, score)` of the best pair; scores add raw logits.

    All arrays have shape `(n_tokens,)`; [CLS] must not be allowed.
    """
    token = np.arange(len(start))
    length = token[None, :] - token[:, None] + 1  # row: first token, column: last
    valid = np.outer(allowed, allowed) & (length >= 1) & (length <= max_tokens)
    scores = np.where(valid, start[:, None] + end[None, :], -np.inf)
    first, last = divmod(int(scores.argmax()), len(start))
    return first, last, float(scores[first, last])


def _windows(
    example: Example, lead: Ids, max_tokens: int, stride: int
) -> Iterator[Window]:
    extra = len(example.question) + 3 + len(lead)
    room = max_tokens - extra
    for start in range(0, max(1, len(example.passage)), room - stride):
        end = min(start + room, len(example.passage))
        yield Window(example, start, end, 0, 0, end - start + extra, lead)
        if end == len(example.passage):
            return


def forward(tables: Tables, network: Network, batch: Batch) -> Logits:
    """Return logits `(n, length, 2)` of a batch, as float32."""
    device = next(network.parameters()).device
    with torch.no_grad():
        ids = torch.from_numpy(batch.ids).to(device)
        types = torch.from_numpy(batch.types).to(device)
        mask = torch.from_numpy(batch.mask).to(device)
        out: Logits = network(tables(ids, types), mask).float().cpu().numpy()
    return out


def read(
    tables: Tables,
    network: Network,
    rows: Sequence[Row],
    *,
    max_answer: int = 30,
    max_tokens: int = 384,
    stride: int = 128,
) -> list[Reading]:
    """Return the best span of each row, over windows, without choosing "no answer".

    Lengths are tokens: `max_answer` of a span, `max_tokens` of an input, `stride` of
    what neighbouring windows share.
    """
    encoder = Encoder()
    work: list[tuple[int, Window]] = []
    for n, row in enumerate(rows):
        question = encoder.tokenizer.encode(row.question, add_special_tokens=False).ids
        passage = encoder.passage(row.context)[0]
        example = Example(ids_of(question[:60]), passage, -1, -1, (), "dev")
        lead = encoder.passage(row.lead)[0]
        work += [(n, window) for window in _windows(example, lead, max_tokens, stride)]
    work.sort(key=lambda item: item[1].length)
    found: dict[int, Reading] = {}
    for at in range(0, len(work), 16):
        group = work[at : at + 16]
        batch = stack([w for _, w in group], len(group), group[-1][1].length)
        logits = forward(tables, network, batch)
        for k, (n, window) in enumerate(group):
            allowed = batch.allowed[k].copy()
            allowed[0] = False
            start, end = logits[k, :, 0], logits[k, :, 1]
            first, last, score = best_span(start, end, allowed, max_answer)
            margin = score - float(start[0] + end[0])
            offsets = encoder.passage(rows[n].context)[1].offsets
            before = len(window.example.question) + 2 + len(window.lead)
            shift = window.start - before
            left, right = offsets[first + shift][0], offsets[last + shift][1]
            if n not in found or margin > found[n].margin:
                found[n] = Reading(rows[n], rows[n].context[left:right], margin)
    return [found[n] for n in range(len(rows))]


def scores(readings: Sequence[Reading], threshold: float = 0.0) -> dict[str, float]:
    """Return EM and F1 in percent: forced spans, and with "no answer" allowed.

    `forced_*` counts answerable rows and takes their best span; `em`, `f1` count all
    rows and abstain where the margin is at most `threshold`; `best_f1` does so at the
    threshold that is best on these very rows (optimistic; for comparison with
    published SQuAD 2.0 figures, which do the same).
    """
    gold = [reading.row.texts or [""] for reading in readings]
    has = np.array([bool(reading.row.answers) for reading in readings])
    span_f1 = np.array(
        [best(f1, r.text, ts) for r, ts in zip(readings, gold, strict=True)]
    )
    span_em = np.array(
        [best(exact_match, r.text, ts) for r, ts in zip(readings, gold, strict=True)]
    )
    margin = np.array([reading.margin for reading in readings])
    found: dict[str, float] = {"n": float(len(readings))}
    if has.any():
        found["forced_em"] = float(span_em[has].mean() * 100)
        found["forced_f1"] = float(span_f1[has].mean() * 100)
    if has.all():
        return {name: round(value, 1) for name, value in found.items()}
    said = margin > threshold
    for name, span in (("em", span_em), ("f1", span_f1)):
        value = np.where(said, span * has, ~has)
        found[name] = float(value.mean() * 100)
        if has.any():
            found[f"has_{name}"] = float(value[has].mean() * 100)
    found["no_answer"] = float((~said)[~has].mean() * 100)
    order = np.argsort(-margin)
    gain = np.where(has, span_f1, -1.0)[order]
    most = int(np.argmax(np.concatenate([[0.0], np.cumsum(gain)])))
    total = float((~has).sum() + np.cumsum(np.append(0.0, gain))[most])
    found["best_f1"] = total / len(readings) * 100
    found["best_threshold"] = float(margin[order][max(most - 1, 0)])
    return {name: round(value, 1) for name, value in found.items()}


def score_all(
    tables: Tables, network: Network, sets: dict[str, list[Row]], max_answer: int = 30
) -> dict[str, dict[str, float]]:
    """Return the scores of every set; newswire also by kind of question."""
    found = {}
    for name, rows in sets.items():
        readings = read(tables, network, rows, max_answer=max_answer)
        found[name] = scores(readings)
        if name == "news_written":
            said = [r for r in readings if r.row.source == "said"]
            right = [
                best(f1, r.text, r.row.texts) >= 0.6 for r in readings if r.row.answers
            ]
            found["news_said"] = scores(said)
            found[name]["forced_right"] = round(100 * float(np.mean(right)), 1)
    return found


def main() -> None:
    """Score a weights file over the dev sets and print one JSON line a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="DATA")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="questions of a set; default all")
    parser.add_argument("--max-answer", type=int, default=30, help="tokens")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tables, network = open_network(args.weights)
    network.eval()
    sets = dev_sets(args.data, args.limit)
    for name, line in score_all(tables, network, sets, args.max_answer).items():
        print(json.dumps({"set": name, **line}))


if __name__ == "__main__":
    main()

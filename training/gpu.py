"""A teacher and then its pupil, in minutes, on a GPU: `python -m training.gpu`.

    python -m training.gpu PACK --init reader.safetensors --out DIR

PACK is what `training.pack` wrote. The teacher learns from labels, the pupil from it
and the labels. DIR gets `log.jsonl` and two readers: the pupil as it is at the end
(`last`) and the running mean of its weights (`mean`), each as `reader.json` and
`reader.safetensors` in parts of 15 MB, since a lent machine may give no larger files
back: `cat last/reader.safetensors.* > reader.safetensors` joins them.
"""

import argparse
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from training.course import (
    Course,
    Log,
    advisor,
    compile_layers,
    fresh,
    learn,
    with_weights,
)
from training.dev import dev_sets
from training.encoder import SMALL, Network, Tables, fill
from training.export import save_reader
from training.feed import Feed
from training.mixture import QUOTA
from training.pack import Pack, read_pack, read_tables, read_teacher
from training.score import score_all

ASKED = {
    "squad_train_partial": 36000,
    "squad_train_unans": 8000,
    "unansq_dev": 8000,
    "squadshifts_new_wiki": 9000,
    "nq_open_oracle": 5000,
    "rivals": 24000,
}
"""Quotas here, where the whole is read several times: more of what is no news."""
_PART = 15_000_000  # bytes of a file that comes back


def save_parts(out: Path, network: Network, facts: Mapping[str, object]) -> None:
    """Write a reader to the folder `out`, its weights in parts."""
    out.mkdir(exist_ok=True)
    save_reader(out, network, facts)
    whole = out / "reader.safetensors"
    content = whole.read_bytes()
    for n, at in enumerate(range(0, len(content), _PART)):
        Path(f"{whole}.{n}").write_bytes(content[at : at + _PART])
    whole.unlink()


def dev_scores(
    data: Path, limit: int, name: str, tables: Tables, network: Network, log: Log
) -> None:
    """Log the dev scores of a network."""
    try:
        found = score_all(tables, fresh(network).eval(), dev_sets(data, limit))
        log.write(of=name, dev=found)
    except Exception:  # the weights are what the lent time is for
        log.write(of=name, failed=traceback.format_exc()[-1500:])


def options() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path, help="PACK")
    parser.add_argument("--init", type=Path, required=True, help="the pupil's weights")
    parser.add_argument("--out", type=Path, required=True, help="DIR")
    parser.add_argument("--data", type=Path, help="DATA, for dev scores")
    parser.add_argument("--dev-limit", type=int, default=200)
    parser.add_argument("--teach", type=float, default=215, help="seconds")
    parser.add_argument("--learn", type=float, default=295, help="seconds")
    parser.add_argument("--teacher-rate", type=float, default=6e-5)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--taught", type=float, default=0.8)
    parser.add_argument("--hints", type=float, default=1.0)
    parser.add_argument("--reworded", type=float, default=0.2)
    parser.add_argument("--rows", type=int, default=8, help="times those of SHAPES")
    parser.add_argument("--feeders", type=int, default=4, help="processes for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda")
    parser.add_argument(
        "--compiled", action=argparse.BooleanOptionalAction, default=True
    )
    parser.add_argument(
        "--rehearse", action="store_true", help="weights may be missing"
    )
    return parser


def feeds_of(
    pack: Pack, courses: tuple[Course, ...], args: argparse.Namespace
) -> list[Feed]:
    """Return a feed for each course, forked before a GPU is used."""
    quota = {**QUOTA, **ASKED}
    knobs = {"whole": 0.5, "rows": args.rows}
    return [
        Feed(
            pack.sets,
            quota,
            pack.rewording,
            {**knobs, "taught": course.taught, "reworded": course.reworded},
            seed=args.seed + 1000 * n,
            number=args.feeders,
        )
        for n, course in enumerate(courses)
    ]


def run(args: argparse.Namespace) -> None:
    """Train a teacher, and its pupil."""
    args.out.mkdir(parents=True, exist_ok=True)
    log = Log(args.out)
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    device = args.device
    pack = read_pack(args.pack)
    teaching = Course(args.teach, args.teacher_rate, 0.1, 0.4)
    learning = Course(
        args.learn, args.rate, 0.0, 0.5, args.taught, args.reworded, args.hints
    )
    labelled, advised = feeds_of(pack, (teaching, learning), args)
    facts = {
        "plan": {
            "seed": args.seed,
            "rows": args.rows,
            "teaching": asdict(teaching),
            "learning": asdict(learning),
        },
        "sets": {name: len(found) for name, found in pack.sets.items()},
    }
    log.write(**facts)
    tables, teacher = read_teacher(args.pack, teaching.dropout, whole=not args.rehearse)
    if teacher.relative is not None:  # else each layer would add to its gradient
        teacher.relative.requires_grad_(requires_grad=False)
    tables, teacher = tables.to(device), teacher.to(device)
    own, pupil = read_tables(args.pack).to(device), Network(0.0, SMALL)
    if args.init.exists() or not args.rehearse:
        fill(pupil, load_file(args.init))
    pupil = pupil.to(device)

    def compiled(network: Network, tables: Tables, *, trains: bool) -> None:
        if args.compiled:
            compile_layers(network, tables, device, log, trains=trains)

    def keep(network: Network, mean: list[Tensor]) -> None:
        save_parts(args.out / "last", network, {"stage": "last", **facts})
        averaged = with_weights(network, mean)
        save_parts(args.out / "mean", averaged, {"stage": "mean", **facts})

    def report(name: str, tables: Tables, network: Network) -> None:
        if args.data is not None:
            dev_scores(args.data, args.dev_limit, name, tables, network, log)

    compiled(teacher, tables, trains=True)
    with labelled:
        learn(teaching, tables, teacher, labelled, device, log)
    report("teacher", tables, teacher)
    kind = torch.float32 if device == "cpu" else torch.bfloat16
    wise = fresh(teacher).to(kind).eval()
    compiled(wise, tables, trains=False)
    compiled(pupil, own, trains=True)
    advise = advisor(tables, wise)
    with advised:
        mean = learn(
            learning, own, pupil, advised, device, log, advise=advise, keep=keep
        )
    keep(pupil, mean)
    report("last", own, pupil)
    report("mean", own, with_weights(pupil, mean))


if __name__ == "__main__":
    run(options().parse_args())

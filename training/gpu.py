"""A teacher and then its pupil, in minutes, on a GPU: `python -m training.gpu`.

    python -m training.gpu PACK --init reader.safetensors --out DIR

PACK is what `training.pack` wrote. The teacher learns from labels, the pupil from it
and the labels. DIR gets `log.jsonl` and two readers: the pupil as it is at the end
(`last`) and the running mean of its weights (`mean`), each as `reader.json` and
`reader.safetensors` in parts of 15 MB, since a rented machine may give no larger files
back: `cat last/reader.safetensors.* > reader.safetensors` joins them. The teacher
comes back too, in `teacher`: in the place of all such files of PACK, it goes on from
there.
"""

import argparse
import hashlib
import shutil
import traceback
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from training.course import (
    Advise,
    Course,
    Log,
    advisor,
    compile_layers,
    fresh,
    learn,
    with_weights,
)
from training.dev import dev_sets
from training.encoder import SMALL, Network, Tables, bert_name, fill
from training.export import save_reader
from training.feed import Diet, Feed
from training.mixture import QUOTA
from training.pack import TEACHER_BITS, Pack, write_weights
from training.reworded import Rewording
from training.score import score_all

RAISED = {
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
    """Write a reader to the folder `out`, its weights in parts.

    What lay there goes only when all is written: rented time may end at any moment.
    """
    beside = out.with_suffix(".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    save_reader(beside, network, facts)
    whole = beside / "reader.safetensors"
    content = whole.read_bytes()
    for n, at in enumerate(range(0, len(content), _PART)):
        Path(f"{whole}.{n}").write_bytes(content[at : at + _PART])
    whole.unlink()
    shutil.rmtree(out, ignore_errors=True)
    beside.rename(out)


def options() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path, help="PACK")
    parser.add_argument("--init", type=Path, required=True, help="the pupil's weights")
    parser.add_argument("--out", type=Path, required=True, help="DIR")
    parser.add_argument("--data", type=Path, help="DATA, for dev scores")
    parser.add_argument("--dev-limit", type=int, default=200, help="questions of a set")
    parser.add_argument("--teach", type=float, default=215, help="seconds")
    parser.add_argument("--learn", type=float, default=295, help="seconds")
    parser.add_argument("--teacher-rate", type=float, default=8e-5, help="its peak")
    parser.add_argument("--rate", type=float, default=3.5e-4, help="the pupil's peak")
    parser.add_argument("--taught", type=float, default=0.8, help="share of the loss")
    parser.add_argument("--hints", type=float, default=1.0, help="weight of states")
    parser.add_argument(
        "--reworded",
        type=float,
        default=0.2,
        help="share of questions; this, --taught and --hints 0: labels alone teach",
    )
    parser.add_argument(
        "--waiting",
        type=int,
        default=0,
        help="batches that wait to be learnt twice, 100 MB each at --rows 16",
    )
    parser.add_argument("--rows", type=int, default=16, help="times those of SHAPES")
    parser.add_argument("--feeders", type=int, default=4, help="processes for each")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    parser.add_argument("--device", default="cuda")
    parser.add_argument(
        "--compiled", action=argparse.BooleanOptionalAction, default=True
    )
    parser.add_argument(
        "--rehearse", action="store_true", help="with random weights for missing ones"
    )
    return parser


class Rental:
    """One run on rented time: its options, its log, and what it is about to train."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.device, self.pack = args, args.device, Pack(args.pack)
        args.out.mkdir(parents=True, exist_ok=True)
        self.log = Log(args.out)
        self.teaching = Course(args.teach, args.teacher_rate, 0.4, dropout=0.1)
        self.learning = Course(
            args.learn,
            args.rate,
            0.5,
            taught=args.taught,
            reworded=args.reworded,
            hints=args.hints,
            waiting=args.waiting,
        )
        self.facts: dict[str, object] = {}

    def feeds(self) -> list[Feed]:
        """Return a feed for each course, the pupil's last."""
        args, sets = self.args, self.pack.sets()
        courses = [self.teaching] if self.learning.is_advised else []
        courses.append(self.learning)
        rewording = None
        if self.learning.reworded:
            table = self.pack.tables().get_buffer("word")
            rewording = Rewording(self.pack.words(), table)
        init = hashlib.sha256(args.init.read_bytes()) if args.init.exists() else None
        self.facts = {
            "plan": {
                "init": init and init.hexdigest(),
                "seed": args.seed,
                "rows": args.rows,
                "teaching": asdict(self.teaching) if len(courses) > 1 else None,
                "learning": asdict(self.learning),
            },
            "sets": {name: len(found) for name, found in sets.items()},
        }
        self.log.write(**self.facts)
        return [
            Feed(
                sets,
                Diet(
                    {**QUOTA, **RAISED},
                    course.curriculum,
                    course.taught,
                    course.reworded,
                    args.rows,
                ),
                rewording,
                seed=args.seed + 1000 * n,
                number=args.feeders,
            )
            for n, course in enumerate(courses)
        ]

    def compile(self, network: Network, tables: Tables, *, trains: bool) -> None:
        """Compile a network where that is wanted."""
        if self.args.compiled:
            compile_layers(network, tables, self.device, self.log, trains=trains)

    def teach(self, feed: Feed) -> Advise:
        """Train a teacher; return what it says."""
        tables, teacher = self.pack.teacher(
            self.teaching.dropout, whole=not self.args.rehearse
        )
        if teacher.relative is not None:  # else each layer would add to its gradient
            teacher.relative.requires_grad_(requires_grad=False)
        tables, teacher = tables.to(self.device), teacher.to(self.device)
        self.compile(teacher, tables, trains=True)
        learn(self.teaching, tables, teacher, feed, self.device, self.log)
        self.keep_teacher(teacher)
        self.report("teacher", tables, teacher)
        kind = torch.float32 if self.device == "cpu" else torch.bfloat16
        wise = fresh(teacher).to(kind).eval()
        self.compile(wise, tables, trains=False)
        return advisor(tables, wise)

    def keep_teacher(self, teacher: Network) -> None:
        """Write the teacher as `training.pack` does."""
        beside = self.args.out / "teacher.part"
        weights = {bert_name(n): p.cpu() for n, p in teacher.named_parameters()}
        try:
            beside.mkdir(exist_ok=True)
            write_weights(beside / "teacher", weights, TEACHER_BITS)
            shutil.rmtree(self.args.out / "teacher", ignore_errors=True)
            beside.rename(self.args.out / "teacher")
        except OSError:  # its pupil is what the rented time is for
            self.log.write(of="teacher", failed=traceback.format_exc()[-1500:])
        else:
            self.log.write(kept="teacher")

    def pupil(self) -> tuple[Tables, Network]:
        """Return the pupil as it sets out."""
        network = Network(self.learning.dropout, SMALL)
        if self.args.init.exists() or not self.args.rehearse:
            fill(network, load_file(self.args.init))
        return self.pack.tables().to(self.device), network.to(self.device)

    def keep(self, network: Network, mean: list[Tensor]) -> None:
        """Write the pupil, and the running mean of its weights."""
        out, facts = self.args.out, self.facts
        save_parts(out / "last", network, {"stage": "last", **facts})
        averaged = with_weights(network, mean)
        save_parts(out / "mean", averaged, {"stage": "mean", **facts})

    def report(self, name: str, tables: Tables, network: Network) -> None:
        """Log the dev scores of a network, if there is a data folder."""
        if self.args.data is None:
            return
        try:
            sets = dev_sets(self.args.data, self.args.dev_limit)
            found = score_all(tables, fresh(network).eval(), sets)
        except Exception:  # the weights are what the rented time is for
            self.log.write(of=name, failed=traceback.format_exc()[-1500:])
        else:
            self.log.write(of=name, dev=found)


def run(args: argparse.Namespace) -> None:
    """Train a teacher, where the pupil is to have one, and the pupil."""
    rental = Rental(args)
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    device, log = rental.device, rental.log
    with ExitStack() as stack:
        *taught, advised = [stack.enter_context(feed) for feed in rental.feeds()]
        advise = rental.teach(taught[0]) if taught else None
        tables, pupil = rental.pupil()
        rental.compile(pupil, tables, trains=True)
        mean = learn(
            rental.learning,
            tables,
            pupil,
            advised,
            device,
            log,
            advise=advise,
            keep=rental.keep,
        )
    rental.keep(pupil, mean)
    rental.report("last", tables, pupil)
    rental.report("mean", tables, with_weights(pupil, mean))


if __name__ == "__main__":
    run(options().parse_args())

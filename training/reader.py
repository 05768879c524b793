"""Train the span reader: `python -m training.reader --data PATH --out DIR`.

The learning rate warms up and decays to zero over a budget of minutes (or tokens, which
makes a run repeatable to the bit on one machine), so a run always ends properly. It
writes `reader.safetensors`, `reader.json` and `log.jsonl` to `DIR`, and a checkpoint
every few minutes from which `--resume` goes on. `torchrun --nproc-per-node N -m
training.reader ... --threads 1` trains with N workers that average their weights.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

import torch
from torch import Tensor

from training.adapters import adapt, merge
from training.dev import dev_sets
from training.distil import Teachers
from training.eight_bits import round_as_shipped
from training.encoder import Tables, freeze, open_network
from training.export import load_checkpoint, save_checkpoint, save_reader
from training.hints import Hints, Watched, fit
from training.mixture import build, mixture_of
from training.mpnet import open_mpnet
from training.plan import Plan, options, portable, rate_at
from training.score import score_all
from training.shared import batch_loss
from training.windows import Batch, Mixture
from training.workers import Workers

log = logging.getLogger(__name__)
_FITTED = 12  # batches to which the maps of `--hints` are fitted before they learn


class Run:
    """One run: the network, its optimiser, and how far it has come.

    `seconds` and `tokens` are those of all workers, as of their last meeting.
    """

    def __init__(self, plan: Plan, workers: Workers, *, resume: bool) -> None:
        self.plan, self.workers, self.out = plan, workers, Path(plan.out)
        self.out.mkdir(parents=True, exist_ok=True)
        init = Path(plan.init) if plan.init else None
        self.tables, self.network = (
            open_mpnet(Path(plan.encoder), plan.seed, plan.dropout)
            if plan.encoder and not init
            else open_network(init, plan.seed, plan.dropout)
        )
        freeze(self.network, plan.frozen)
        if plan.adapters:
            adapt(self.network, plan.adapters)
        elif plan.eight_bits:  # adapters are not what ships, so they are not rounded
            round_as_shipped(self.network, Path(plan.eight_bits))
        self.teachers = None
        if not plan.teachers and (plan.hints or plan.reworded):
            raise ValueError("--hints, --reworded: found no --teachers, wanted some")
        if plan.teachers:
            files = [Path(name) for name in plan.teachers.split(",")]
            self.teachers = Teachers(files, plan.device, bf16=plan.bf16)
        self.watched = Watched(self.network)
        self.hints: Hints | None = None
        torch.manual_seed(plan.seed + workers.rank)  # of dropout, of each its own
        self.tables.to(plan.device)
        self.network.to(plan.device)
        self.optimiser = torch.optim.AdamW(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=plan.rate,
            weight_decay=plan.decay,
            fused=True,
        )
        self.seconds = 0.0
        self.tokens = self.steps = self.unseen = 0
        if resume:
            state = load_checkpoint(self.out, self.network, self.optimiser)
            self.seconds = state["seconds"]
            self.tokens, self.steps = int(state["tokens"]), int(state["steps"])

    @property
    def own_tables(self) -> Tables | None:
        """The tables, where they are not those of the packaged encoder."""
        return self.tables if self.network.relative is not None else None

    @property
    def progress(self) -> float:
        """Share of the budget that is used, in [0, 1]."""
        if self.plan.tokens:
            return min(1.0, self.tokens / self.plan.tokens)
        return min(1.0, self.seconds / 60 / self.plan.minutes)

    def batches(self, mixture: Mixture) -> Iterator[Batch]:
        """Yield batches until the budget is used."""
        while self.progress < 1:
            at = self.plan.curriculum + (1 - self.plan.curriculum) * self.progress
            for batch in mixture.batches(at):
                if self.progress >= 1:
                    return
                yield batch

    def precision(self) -> AbstractContextManager[object]:
        """Return bf16 autocast where the plan wants it."""
        if not self.plan.bf16:
            return nullcontext()
        return torch.autocast(torch.device(self.plan.device).type, torch.bfloat16)

    def arrays(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return ids, types, mask, allowed, target, taught where the network is."""
        tokens = batch.ids, batch.types, batch.mask, batch.allowed
        arrays = *tokens, batch.target, batch.taught
        return tuple(torch.from_numpy(a).to(self.plan.device) for a in arrays)

    def prepare_hints(self, batches: Iterable[Batch]) -> None:
        """Fit the maps from the network's states to its teacher's, to be trained on.

        A resumed run fits them anew, so its loss may jump a little.
        """
        assert self.teachers is not None  # __init__ wants them
        pairs = []
        self.network.eval()
        for batch in batches:
            ids, types, mask, allowed, *_ = self.arrays(batch)
            with torch.no_grad(), self.precision():
                _, *ours = self.watched(self.tables(ids, types), mask)
            theirs = self.teachers.advise(ids, types, mask, allowed).states
            pairs.append((ours, theirs, mask))
        self.network.train()
        self.hints = fit(pairs)
        self.workers.average(self.hints)
        trained = [p for p in self.hints.parameters() if p.requires_grad]
        self.optimiser.add_param_group({"params": trained})

    def step(self, forward: torch.nn.Module, batch: Batch) -> Tensor:
        """Take one step with `forward`, `watched` or compiled; return its loss."""
        rate = self.plan.rate * rate_at(self.progress, self.plan.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        ids, types, mask, allowed, target, taught = self.arrays(batch)
        embedded = self.tables(ids, types)
        with self.precision():
            logits, *states = forward(embedded, mask)
        opinion: Tensor | None = None
        advised: tuple[Tensor, ...] = ()
        if self.teachers is not None:
            opinion, advised = self.teachers.advise(ids, types, mask, allowed)
        loss = batch_loss(logits, allowed, target, taught, opinion, batch.together)
        if self.hints is not None:
            loss = loss + self.plan.hints * self.hints.loss(states, advised, mask)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        self.optimiser.step()
        self.steps += 1
        self.unseen += batch.ids.size
        return loss.detach()

    def meet(self, seconds: float) -> bool:
        """Average weights with the other workers every few steps; tell whether it did.

        Only then do time and tokens move on, so that all workers stop at one step.
        """
        if self.steps % self.plan.together and self.workers.number > 1:
            return False
        self.workers.average(self.network)
        if self.hints is not None:
            self.workers.average(self.hints)
        passed, seen = self.workers.total(seconds, self.unseen)
        self.seconds = passed / self.workers.number
        self.tokens, self.unseen = self.tokens + int(seen), 0
        return True

    def write(self, line: Mapping[str, object]) -> None:
        """Append a line to the log, with the place of the run; the first worker's."""
        if self.workers.rank:
            return
        place = {
            "step": self.steps,
            "minutes": round(self.seconds / 60, 1),
            "tokens": self.tokens,
        }
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({**place, **line}) + "\n")
        log.info("%s", json.dumps({**place, **line}))

    def save(self) -> None:
        """Write the checkpoint from which `--resume` goes on; the first worker's."""
        if self.workers.rank:
            return
        state = {"seconds": self.seconds, "tokens": self.tokens, "steps": self.steps}
        save_checkpoint(self.out, self.network, self.optimiser, state)


class Every:
    """Says when a period of `seconds` is over, counted from where the run stands."""

    def __init__(self, seconds: float, now: float) -> None:
        self.seconds, self.last = seconds, now

    def is_due(self, now: float) -> bool:
        """Tell whether the period is over; a new one begins then."""
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


def loop(run: Run, mixture: Mixture, report: Callable[[str], None]) -> None:
    """Take steps until the budget is used; log, save and report as it goes."""
    plan = run.plan
    forward = (
        torch.compile(run.watched, dynamic=False) if plan.compiled else run.watched
    )
    batches = run.batches(mixture)
    if plan.hints:
        first = list(islice(batches, _FITTED))
        if first:  # none where a run is resumed that was over
            run.prepare_hints(first)
        batches = chain(first, batches)
    tell = Every(30, run.seconds)
    save = Every(plan.save_minutes * 60, run.seconds)
    score = Every(plan.score_minutes * 60, run.seconds)
    offset = time.monotonic() - run.seconds
    losses: list[Tensor] = []
    began, tokens = run.seconds, run.tokens
    for batch in batches:
        losses.append(run.step(forward, batch))  # type: ignore[arg-type]  # compiled
        if not run.meet(time.monotonic() - offset):
            continue
        if tell.is_due(run.seconds):
            speed = (run.tokens - tokens) / (run.seconds - began)
            mean = float(torch.stack(losses).mean())
            run.write({"loss": round(mean, 3), "tokens_per_s": round(speed)})
            losses, began, tokens = [], run.seconds, run.tokens
        if save.is_due(run.seconds):
            run.save()
        if run.progress < 0.97 and score.is_due(run.seconds):
            report("interim")
            began = time.monotonic() - offset


def train(plan: Plan, *, resume: bool = False) -> None:
    """Carry a plan out, from data to `reader.safetensors`."""
    run = Run(plan, Workers.join(), resume=resume)
    sets = build(Path(plan.data) / "train", plan.seed, plan.limit)
    sizes = {name: len(found) for name, found in sets.items()}
    dev = dev_sets(Path(plan.data), plan.dev_limit)
    run.write({"plan": asdict(plan), "sets": sizes})

    def report(stage: str) -> None:
        if run.workers.rank:
            return
        run.network.eval()
        with run.precision():  # in 32 bits a teacher takes ten minutes
            found = score_all(run.tables, run.network, dev)
        run.network.train()
        run.write({"dev": found})
        if plan.adapters and stage == "interim":
            return  # what ships has plain layers
        knobs = portable(asdict(plan))
        facts = {"stage": stage, "plan": knobs, "sets": sizes, "dev": found}
        save_reader(run.out, run.network, facts, run.own_tables)

    seed = plan.seed + run.steps + 1_000_003 * run.workers.rank
    loop(run, mixture_of(plan, sets, seed), report)
    run.save()
    merge(run.network)
    report("final")
    run.workers.leave()


def main() -> None:
    """Read the options and train."""
    chosen = vars(options().parse_args())
    torch.set_num_threads(chosen.pop("threads"))
    resume = chosen.pop("resume")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(Plan(**chosen), resume=resume)


if __name__ == "__main__":
    main()

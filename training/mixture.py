"""Which sets train the reader, and how much of each.

Quotas are questions per nominal epoch of 429,000; one with rivals is read once for each
of three passages, or with pieces of several in one window. Written questions count
most, then Wikipedia, statements and labelled unanswerable ones; training/README.md has
the reasons.
"""

import random as rnd
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from training.data import Encoder, Example, Row, load
from training.leads import Leads
from training.listed import listed_rows
from training.negatives import exchanged, paired, renamed, turned
from training.plan import Plan
from training.staged import attributed, staged_rows
from training.statements import found_rows, topic
from training.windows import Mixture
from training.written import dossier_rows, loose_rows, news_rows, passage_rows

QUOTA = {
    "squad_train_partial": 18000,
    "squad_train_unans": 4500,
    "unansq_dev": 6000,
    "squadshifts_new_wiki": 6500,
    "squadshifts_amazon_reviews": 4500,
    "squadshifts_reddit": 5000,
    "nq_open_oracle": 3000,
    "nq_swap": 1000,
    "qamr": 8000,
    "tweetqa": 1500,
    "policyqa": 500,
    "selqa_sentence": 1200,
    "found": 1800,
    "staged": 4000,
    "attributed": 3500,
    "paired": 5000,
    "turned": 4000,
    "exchanged": 4000,
    "renamed": 3000,
    "rivals": 14000,
    "listed": 3000,
    "written_news": 45000,
    "written_passages": 80000,
    "written_dossiers": 36000,
    "written_rivals": 30000,
    "dossier_rivals": 36000,
    "written_loose": 50000,
    "loose_rivals": 50000,
}
TAUGHT = {"listed": 0.2}
"""Share of the loss that teachers have in sets on which they are no better."""
FRESH = 3
"""How many times its quota a set has that the teachers of a run never met."""
EARLY = frozenset(
    (
        "squadshifts_amazon_reviews squadshifts_reddit qamr tweetqa policyqa nq_swap"
    ).split()
)
_MADE = frozenset(
    "found staged attributed paired turned exchanged renamed rivals listed"
    " written_news written_passages written_dossiers written_rivals"
    " dossier_rivals written_loose loose_rivals".split()
)
_FILES = [name for name in QUOTA if name not in _MADE]
_MET = 4  # other passages that a question meets
_NEAR = 7  # ranks of which a written question's come: its own article, mostly
_FAR = 40  # rows from which another name comes: the same article, or the next ones
_WIKI = (
    "squad_train_partial",
    "squadshifts_new_wiki",
    "nq_open_oracle",
    "selqa_sentence",
)
_SPOKEN = (
    "squadshifts_reddit",
    "squadshifts_amazon_reviews",
    "tweetqa",
    "written_news",
    "written_dossiers",
    "written_loose",
)


def _rows(folder: Path) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for name in _FILES:
        path = folder / f"{name}.jsonl.gz"
        if not path.exists():
            raise FileNotFoundError(f"{path}: missing; --data wants DATA")
        rows[name] = [r for r in load(path) if "<Table>" not in r.context[:20]]
    return rows


def build(
    folder: Path, seed: int, limit: int | None = None
) -> dict[str, list[Example]]:
    """Return the examples of every set, generated ones included.

    Args:
        folder: `train/` of the data folder.
        seed: of everything drawn here.
        limit: rows kept of each file, for quick trials.
    """
    random = rnd.Random(seed)
    rows = {name: found[:limit] for name, found in _rows(folder).items()}
    labelled = (*_WIKI[:3], "squad_train_unans", "unansq_dev")
    known = [row for name in labelled for row in rows[name]]
    rows["written_news"] = news_rows()[:limit]
    rows["written_dossiers"] = dossier_rows()[:limit]
    rows["written_loose"] = loose_rows()[:limit]
    rows["written_passages"] = passage_rows(known)[:limit]
    leads = Leads(row for name in rows for row in rows[name])
    contexts: dict[str, Row] = {}
    for name in (*_WIKI, *_SPOKEN):
        for row in rows[name]:
            contexts.setdefault(row.context, row)
    drawn = random.sample(sorted(contexts), min(3000, len(contexts)))
    topics = [about for text in drawn if (about := topic(text, random))]
    rows["found"] = [
        q for row in contexts.values() for q in found_rows(row, random, topics)
    ]
    wiki = {r.context: r for name in _WIKI for r in rows[name]}
    staged = random.sample(list(wiki.values()), min(5000, len(wiki)))
    rows["staged"] = [q for row in staged for q in staged_rows(row, random, topics)]
    answerable = [r for name in _WIKI[:3] for r in rows[name] if r.answers]
    rows["attributed"] = [a for r in answerable if (a := attributed(r, random))]
    rows["turned"] = [t for r in answerable if (t := turned(r, random))]
    rows["exchanged"] = [x for r in answerable if (x := exchanged(r, random))]
    others = [
        answerable[(n + random.randint(-_FAR, _FAR)) % len(answerable)]
        for n in range(len(answerable))
    ]
    rows["renamed"] = [
        found
        for row, other in zip(answerable, others, strict=True)
        if (found := renamed(row, other, random))
    ]
    asked = answerable + random.sample(
        rows["squadshifts_reddit"], min(2000, len(rows["squadshifts_reddit"]))
    )
    asked += rows["squad_train_unans"] + rows["unansq_dev"]
    met = list(paired(asked, sorted(contexts), random, per_row=_MET))
    written = rows["written_news"] + rows["written_passages"]
    titles = {row.context: row.title for row in written}
    near = list(
        paired(written, sorted(contexts), random, _MET, depth=_NEAR, titles=titles)
    )
    # whose articles were all looked through, but not what others tell of their field
    told, loose = rows["written_dossiers"], rows["written_loose"]
    own = sorted({r.context for r in rows["written_news"] + told + loose})
    told_near = list(paired(told, own, random, _MET, depth=_NEAR))
    loose_near = list(paired(loose, own, random, _MET, depth=_NEAR))
    every = met + near + told_near + loose_near
    rows["paired"] = [row for found in every for row in found]
    rows["listed"] = list(listed_rows(answerable, random))
    encoder = Encoder()

    def encoded(found: Iterable[Row], name: str) -> list[Example]:
        examples = (encoder.encode(row, name, *leads.of(row)) for row in found)
        return [example for example in examples if example]

    def together(
        asked: Sequence[Row], met: Sequence[list[Row]], name: str
    ) -> list[Example]:
        return [
            replace(own, rivals=tuple(encoded(found, name)))
            for row, found in zip(asked, met, strict=True)
            for own in encoded([row], name)
        ]

    sets = {name: encoded(found, name) for name, found in rows.items()}
    sets["rivals"] = together(asked, met, "rivals")
    sets["written_rivals"] = together(written, near, "written_rivals")
    sets["dossier_rivals"] = together(told, told_near, "dossier_rivals")
    sets["loose_rivals"] = together(loose, loose_near, "loose_rivals")
    return sets


def mixture_of(plan: Plan, sets: Mapping[str, Sequence[Example]], seed: int) -> Mixture:
    """Return the stream of batches that a plan wants.

    Raises:
        ValueError: a fresh set that is none of `QUOTA`.
    """
    fresh = [name for name in plan.fresh.split(",") if name]
    if unknown := sorted(set(fresh) - QUOTA.keys()):
        raise ValueError(f"--fresh: found {unknown}, wanted some of {sorted(QUOTA)}")
    few = TAUGHT["listed"]
    return Mixture(
        sets,
        QUOTA | {name: FRESH * QUOTA[name] for name in fresh},
        EARLY,
        seed,
        whole=plan.whole,
        masked=plan.masked,
        taught={"": plan.taught, **TAUGHT, **dict.fromkeys(fresh, few)},
        reworded=plan.reworded,
    )

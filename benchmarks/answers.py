"""The whole way of a question: retrieval over a pool, reading, deciding.

    python -m benchmarks.answers --questions FILE --pool FILE [FILE …] [--json]

FILE is a question set in the line format; for `--pool`, or of articles (rows with
`title` and `text`). Asks every question of one library over the pool, and compares in
the same run with three ablations: `read all` never stops reading early, `no leads`
reads passages without the title and the first sentence of their article in front,
`outvoted` sets a span against the surest "no answer" of all passages instead of its
own; and with three baselines: the reader whose margin alone decides, the sentence
reader, and the first sentence of the best passage. `--top-k 20` shows what twenty
passages change.
"""

import argparse
import dataclasses
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.data import need, read_lines
from benchmarks.plot import Line, Panel
from benchmarks.plot import draw as draw_lines
from benchmarks.pools import open_articles, open_pool
from benchmarks.results import keep
from qa.evaluation import Question, Report, evaluate, read_questions
from qa.library.sentences import sentence_spans
from qa.pipeline import QA
from qa.protocols import Reader
from qa.reading.cite import cite
from qa.reading.confidence import Calibration
from qa.settings import Settings
from qa.types import Answer, Candidate, Passage

SEED = 7
_MOSTLY_WRONG = 0.5
UNCALIBRATED = Calibration("margin", bias=0.0, weights={"margin": 1.0})
SYSTEMS = (
    "qa",
    "read all",
    "no leads",
    "outvoted",
    "uncalibrated",
    "sentence",
    "first sentence",
)


class FirstSentence:
    """Answers every question with the first sentence of the best passage."""

    def __init__(self, qa: QA) -> None:
        """Take a library."""
        self._qa = qa

    def ask(self, question: str) -> Answer:
        """Return the sentence, sure of nothing."""
        hit = self._qa.retrieve(question, top_k=1)[0]
        passage = hit.passage
        start, end = sentence_spans(passage.article.text, passage.start, passage.end)[0]
        citation = cite(Candidate(passage, start, end, 0.0))
        return Answer(
            question=question,
            standalone=question,
            text=citation.quote,
            sentence=citation.quote,
            confidence=0.5,
            citations=(citation,),
        )


class Outvoted:
    """A reader whose spans must beat the surest "no answer" of all passages."""

    def __init__(self, reader: Reader) -> None:
        """Take the reader."""
        self.name = reader.name
        self._reader = reader

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return the reader's spans, best score first, with one null for all."""
        found = self._reader.read(question, passages)
        null = max((candidate.null for candidate in found), default=0.0)
        shared = [dataclasses.replace(candidate, null=null) for candidate in found]
        return sorted(shared, key=lambda c: (-c.score, c.passage.article.id, c.start))


class WithoutLeads:
    """A reader that is given passages out of nowhere."""

    def __init__(self, reader: Reader) -> None:
        """Take the reader."""
        self.name = reader.name
        self._reader = reader

    def read(self, question: str, passages: Sequence[Passage]) -> list[Candidate]:
        """Return the reader's spans in passages of articles that hold nothing else."""
        bare = {}
        for passage in passages:
            text = " " * passage.start + passage.text
            article = dataclasses.replace(passage.article, title="", text=text)
            bare[Passage(article, passage.start, passage.end)] = passage
        return [
            dataclasses.replace(candidate, passage=bare[candidate.passage])
            for candidate in self._reader.read(question, list(bare))
        ]


def main() -> None:
    """Ask, print and keep the table, and draw the risk-coverage curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--pool", type=Path, nargs="+", required=True)
    parser.add_argument("--store", type=Path, help="kept for the next run")
    parser.add_argument("--most", type=int, default=1000, help="questions asked")
    parser.add_argument("--top-k", type=int, default=Settings().top_k)
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, help="of the systems")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    questions = sample(read_any(arguments.questions), arguments.most)
    name = arguments.questions.name.partition(".")[0]
    with tempfile.TemporaryDirectory() as scratch:
        qa = open_any(arguments.pool, arguments.store or Path(scratch))
        reports = {}
        for system, asked in systems(qa, arguments.top_k):
            if arguments.only and system not in arguments.only:
                continue
            reports[system] = evaluate(asked, questions)
            figures = summary(reports[system])
            facts = {"set": name, "system": system, "top_k": arguments.top_k}
            keep("answers", {**facts, "seed": SEED, **figures})
            if not arguments.json:
                print(line(name, system, figures), flush=True)
    if arguments.json:
        print(json.dumps({s: summary(r) for s, r in reports.items()}, indent=2))
    if not arguments.only:  # a plot of some would take the place of that of all
        draw(reports, Path(__file__).parent / "results" / f"risk-coverage-{name}.svg")


def read_any(path: Path) -> list[Question]:
    """Return the questions of either line format."""
    need(path)
    if path.suffix == ".gz":
        return [
            Question(line.id, line.question, line.answers) for line in read_lines(path)
        ]
    return read_questions(path)


def sample(questions: list[Question], most: int) -> list[Question]:
    """Return at most `most` questions, always the same ones."""
    if len(questions) <= most:
        return questions
    return random.Random(SEED).sample(questions, most)


def open_any(pool: list[Path], place: Path) -> QA:
    """Return the library of question sets, or of one file of articles."""
    for path in pool:
        need(path)
    if len(pool) == 1 and pool[0].suffix != ".gz":
        return open_articles(pool[0], place / "store")
    return open_pool(pool, place)


def systems(qa: QA, top_k: int) -> Iterator[tuple[str, QA | FirstSentence]]:
    """Yield name and system: the product, then what it is compared with."""
    from qa.reading.confidence import load_calibration
    from qa.reading.sentence import SentenceReader
    from qa.search.embed import open_embedder

    parts = (qa.library, qa.retriever)
    calibration = load_calibration(qa.reader.name)
    knobs = dataclasses.replace(qa.settings, top_k=top_k)
    whole = dataclasses.replace(knobs, sure=(), worth_reading=0.0)
    yield "qa", QA(*parts, qa.reader, calibration, knobs)
    yield "read all", QA(*parts, qa.reader, calibration, whole)
    yield "no leads", QA(*parts, WithoutLeads(qa.reader), calibration, whole)
    yield "outvoted", QA(*parts, Outvoted(qa.reader), calibration, whole)
    half = dataclasses.replace(whole, min_confidence=0.5)
    yield "uncalibrated", QA(*parts, qa.reader, UNCALIBRATED, half)
    reader = SentenceReader(open_embedder(Settings().embedder))
    yield "sentence", QA(*parts, reader, load_calibration(reader.name), whole)
    yield "first sentence", FirstSentence(qa)


def summary(report: Report) -> dict[str, object]:
    """Return the figures of a report that are kept: per cent, and 95 % intervals."""

    def share(metric: str) -> list[float] | None:
        mean, interval = report.mean(metric), report.interval(metric)
        if mean is None or interval is None:
            return None
        return [round(100 * value, 1) for value in (mean, *interval)]

    names = ("right", "exact_match", "f1", "has_answer_f1", "lost")
    return {
        "n": report.n,
        **{name: share(name) for name in (*names, "abstention_recall", "recall_1")},
        "abstention_precision": share("abstention_precision"),
        "calibration_error": _round(report.calibration_error),
        "median_ms": _round(report.median_ms),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def line(name: str, system: str, figures: dict[str, object]) -> str:
    """Return one line of the table."""
    cells = [
        f"{key} {value[0] if isinstance(value, list) else value}"
        for key, value in figures.items()
        if value is not None
    ]
    return f"{name:<18} {system:<15} {'  '.join(cells)}"


def draw(reports: dict[str, Report], path: Path) -> None:
    """Draw the share of wrong answers over the share of questions answered.

    Systems that are mostly wrong are left out: beside them no other could be told
    from the next.
    """
    lines = []
    for system, report in reports.items():
        curve = report.risk_coverage
        if not curve or curve[-1][1] > _MOSTLY_WRONG:
            continue
        # the first few answers say little of a share; a hundred points do for a line
        shown = curve[len(curve) // 20 :: max(1, len(curve) // 100)]
        points = tuple((round(100 * c, 1), round(100 * r, 1)) for c, r in shown)
        lines.append(Line(system, points))
    panel = Panel(
        path.stem.removeprefix("risk-coverage-"),
        "questions answered, %",
        "of these wrong, %",
        tuple(lines),
    )
    path.write_text(draw_lines([panel]), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Commands that look after answers: scoring, comparing, verifying, the doctor."""

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cli.library import articles_of, open_library, settings_of, store_of
from qa.cli.streams import print_json, read_text
from qa.errors import QAError
from qa.schema import ANSWER_SCHEMA
from qa.wording import plain, plain_line

if TYPE_CHECKING:
    from qa.evaluation import Report

__all__ = ["compare", "doctor", "eval_", "schema", "verify"]

_ERROR = 1


def eval_(arguments: argparse.Namespace) -> int:
    """Score answers of questions whose answers are known."""
    from qa.evaluation import evaluate, read_questions
    from qa.search.terms import checked

    most, out = settings_of(arguments).max_question_chars, arguments.out
    questions = read_questions(
        Path(arguments.questions), check=lambda text: checked(text, max_chars=most)
    )
    # now, not after all questions
    if out and (os.path.isdir(out) or not os.path.isdir(out.parent)):
        raise QAError(
            f"{str(out)!r} is no place for a report; wanted a file in a folder that is "
            "there. Make the folder, or name another file with `--out`."
        )
    with open_library(arguments) as qa:
        report = evaluate(qa, questions)
    if arguments.json:
        print_json(json.loads(report.to_json()), indent=1)
    else:
        print(plain(report.to_markdown()))
    if out:
        _keep(report, out)
    return 0


def _keep(report: "Report", out: Path) -> None:
    try:
        out.write_text(report.to_json(), encoding="utf-8")
    except OSError as error:
        raise QAError(
            f"the report cannot be written: {error}. Name another file with `--out`."
        ) from error


def compare(arguments: argparse.Namespace) -> int:
    """Compare two reports of `eval`."""
    from qa.evaluation import Report
    from qa.evaluation import compare as compared

    before, after = (
        Report.from_json(read_text(str(path)))
        for path in (arguments.before, arguments.after)
    )
    comparison = compared(before, after)
    if arguments.json:
        print_json(comparison.to_json())
    else:
        print(plain(comparison.to_markdown()))
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Check whether the words of a saved answer still stand in the files."""
    from qa.verify import verify_answer

    try:
        data = json.loads(read_text(arguments.answer))
    except ValueError as error:
        raise QAError(
            f"{arguments.answer}: no JSON ({error}). Wanted is what "
            "`qa ask --json` printed."
        ) from error
    checks = verify_answer(data, articles_of(arguments), store=store_of(arguments))
    if arguments.json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        for check in checks:
            verdict = "ok" if check.is_verbatim else "NOT FOUND"
            print(f"{verdict}  {plain_line(check.words)}")
    return 0 if all(check.is_verbatim for check in checks) else _ERROR


def doctor(arguments: argparse.Namespace) -> int:
    """Look whether all is in its place."""
    from qa.cli.doctor import examine

    checks = examine(arguments)
    if arguments.json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        for check in checks:
            print(f"{'ok  ' if check.is_fine else 'MEND'}  {plain_line(check.words)}")
    return 0 if all(check.is_fine for check in checks) else _ERROR


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of an answer."""
    print_json(ANSWER_SCHEMA)
    return 0

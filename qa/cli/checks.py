"""Commands that look after answers: scoring, comparing, verifying, the doctor."""

import argparse
import dataclasses
import json
from pathlib import Path

from qa.cli.library import articles_of, open_library, store_of
from qa.cli.streams import print_json, read_text
from qa.errors import QAError
from qa.schema import ANSWER_SCHEMA

__all__ = ["compare", "doctor", "eval_", "schema", "verify"]

_ERROR = 1


def eval_(arguments: argparse.Namespace) -> int:
    """Score answers of questions whose answers are known."""
    from qa.evaluation import evaluate, read_questions

    questions = read_questions(Path(arguments.questions))
    with open_library(arguments) as qa:
        report = evaluate(qa, questions)
    if arguments.out:
        arguments.out.write_text(report.to_json(), encoding="utf-8")
    print(report.to_json() if arguments.json else report.to_markdown())
    return 0


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
        print(comparison.to_markdown())
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
            print(f"{'ok' if check.is_verbatim else 'NOT FOUND'}  {check.words}")
    return 0 if all(check.is_verbatim for check in checks) else _ERROR


def doctor(arguments: argparse.Namespace) -> int:
    """Look whether all is in its place."""
    from qa.cli.doctor import examine

    checks = examine(arguments)
    if arguments.json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        for check in checks:
            print(f"{'ok  ' if check.is_fine else 'MEND'}  {check.words}")
    return 0 if all(check.is_fine for check in checks) else _ERROR


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of an answer."""
    print_json(ANSWER_SCHEMA)
    return 0

"""Commands that look after answers: scoring, comparing, verifying, the doctor."""

import argparse
import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cli.library import articles_of, open_library, settings_of, store_of
from qa.cli.streams import print_error, print_json, read_text
from qa.errors import QAError, QuestionsError
from qa.schema import ANSWER_SCHEMA, answer_from_json, parsed_json
from qa.wording import plain, plain_line, plural

if TYPE_CHECKING:
    from qa.evaluation import Question, Report
    from qa.pipeline import QA
    from qa.verify import Check, Verifier

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
        if not qa.library.articles():
            raise QAError(
                f"{articles_of(arguments)}: found no articles, wanted some to ask. "
                "Name their folder with `--articles`; `qa index` tells what it skips."
            )
        _tell_unknown_articles(questions, qa)
        report = evaluate(qa, questions)
    try:  # kept first: it may not be possible to print it, nor to keep it
        if out:
            _keep(report, out)
    finally:
        if arguments.json:
            print_json(json.loads(report.to_json()), indent=1)
        else:
            print(plain(report.to_markdown()))
    return 0


def _tell_unknown_articles(questions: "Sequence[Question]", qa: "QA") -> None:
    from qa.evaluation.evaluate import names_of

    known = set().union(*(names_of(e.id, e.path) for e in qa.library.articles()))
    wrong = [q for q in questions if q.article and q.article not in known]
    if wrong:
        print_error(
            f"{plural(len(wrong), 'question')} with an article that is not here; the "
            f"first: {wrong[0].id!r} names {wrong[0].article!r}. Wanted are ids or "
            "paths, as `qa show` lists them: recall counts other names as not found."
        )


def _keep(report: "Report", out: Path) -> None:
    try:
        out.write_text(report.to_json(), encoding="utf-8")
    except OSError as error:
        raise QAError(
            f"the report cannot be written: {error}. Name another file with `--out`."
        ) from error


def compare(arguments: argparse.Namespace) -> int:
    """Compare two reports of `eval`."""
    from qa.evaluation import compare as compared

    before, after = (_report(str(path)) for path in (arguments.before, arguments.after))
    comparison = compared(before, after)
    if arguments.json:
        print_json(comparison.to_json())
    else:
        print(plain(comparison.to_markdown()))
    return 0


def _report(path: str) -> "Report":
    from qa.evaluation import Report

    text = read_text(path)
    try:
        return Report.from_json(text)
    except QuestionsError as error:
        raise QuestionsError(f"{path}: {error}") from error


def verify(arguments: argparse.Namespace) -> int:
    """Check whether the words of saved answers still stand in the files."""
    from qa.verify import Verifier

    text = read_text(arguments.answer)  # all of it first: `qa batch` may still write
    verifier = Verifier(articles_of(arguments), store=store_of(arguments))
    if _is_lines(text):
        checks = list(_checks_of_lines(text, verifier))
    else:
        try:
            data = parsed_json(text)
        except ValueError as error:
            raise QAError(
                f"{arguments.answer}: {error}. Wanted is what `qa ask --json` or "
                "`qa batch --json` printed."
            ) from error
        checks = verifier.check(data)
    if arguments.json:
        print_json([dataclasses.asdict(check) for check in checks])
    else:
        for check in checks:
            print(f"{_verdict(check)}  {plain_line(check.words)}")
    return 0 if all(check.is_verbatim for check in checks) else _ERROR


def _verdict(check: "Check") -> str:
    if check.is_verbatim:
        return "ok"
    return "MOVED" if check.is_moved else "NOT FOUND"


def _is_lines(text: str) -> bool:
    r"""Whether these are lines of `qa batch`, each a JSON object, and not one object.

    >>> [_is_lines(text) for text in ('{"a": 1}\n', '{}\n{', '{\n"a": 1\n}')]
    [False, True, False]
    >>> _is_lines('{"id": 1}')
    True
    """
    first, _, others = text.strip().partition("\n")
    try:
        data = parsed_json(first)
    except ValueError:
        return False
    return isinstance(data, dict) and (bool(others) or "id" in data)


def _checks_of_lines(text: str, verifier: "Verifier") -> "Iterator[Check]":
    """Yield what became of the citations of each line, their words opened by it."""
    from qa.verify import Check

    # not splitlines: JSON may hold other line separators as they are
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = parsed_json(line)
            refused = data.get("error") if isinstance(data, dict) else None
            if refused is None:
                answer_from_json(data)
        except (ValueError, QAError) as error:
            checks = [Check("", False, False, str(error))]
        else:
            checks = (
                verifier.check(data)
                if refused is None
                else [Check("", False, False, f"was not answered: {refused}")]
            )
        for check in checks:
            yield dataclasses.replace(check, words=f"line {number}: {check.words}")


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

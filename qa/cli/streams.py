"""What the command line reads and prints."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from qa.errors import QAError
from qa.schema import parsed_json
from qa.wording import clipped, plain

__all__ = ["print_error", "print_json", "read_questions", "read_text"]

_WANTED = (
    'Wanted is an object such as {"id": 1, "question": "Who said it?"} on each line.'
)

_CONTROLS = re.compile("[\x7f-\x9f]")  # json escapes those below itself


def read_text(place: str) -> str:
    """Return the text of a file, or of standard input for a dash.

    Raises:
        QAError: if it cannot be read.
    """
    if place == "-":
        return sys.stdin.read().removeprefix("\ufeff")
    try:
        return Path(place).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        raise QAError(
            f"{place!r} cannot be read ({problem}). Name a UTF-8 text file, or - for "
            "standard input."
        ) from error


def read_questions(place: str) -> list[tuple[Any, str]]:
    """Return id and words of the questions in a file of `qa batch`, which may be none.

    Raises:
        QAError: with the number of the first line that cannot be used.
    """
    questions = []
    # not splitlines: JSON may hold other line separators as they are
    for number, line in enumerate(read_text(place).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            questions.append(_question(line))
        except ValueError as error:
            raise QAError(
                f"{place}, line {number}: {error}, in {clipped(line, 60)!r}. {_WANTED}"
            ) from error
    if not questions:
        print_error(f"{place}: no question in it. {_WANTED}")
    return questions


def _question(line: str) -> tuple[Any, str]:
    """Return id and words of one question; a ValueError says what is wrong with it.

    >>> _question('{"question": "Who?"}')
    Traceback (most recent call last):
    ValueError: no `id`
    """
    data = parsed_json(line)
    if not isinstance(data, dict):
        raise ValueError("no object")  # noqa: TRY004  # as all that is wrong here
    for name in ("id", "question"):
        if name not in data:
            raise ValueError(f"no `{name}`")
    question = data["question"]
    if not isinstance(question, str):
        found = clipped(json.dumps(question), 40)
        raise ValueError(f"`question` is {found}, no text")  # noqa: TRY004
    return data["id"], question.strip()


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Print an object so that people can read it, too; without indent, in one line."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    print(_CONTROLS.sub(lambda c: f"\\u{ord(c[0]):04x}", text), flush=True)


def print_error(words: object) -> None:
    """Print one message on stderr."""
    print(f"qa: {plain(str(words))}", file=sys.stderr)

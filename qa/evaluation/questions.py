"""Questions with the answers that are expected of them, one JSON object a line."""

import difflib
import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from qa.errors import QuestionError, QuestionsError
from qa.schema import parsed_json

__all__ = ["Question", "read_questions"]

_FIELDS = ("id", "question", "answers", "article", "kind")
_NEAR = 0.82  # likeness, in [0, 1], from which a name is misspelt; `answered` has 0.8
_MOST_TOLD = 100  # lines that cannot be used: more of them are another kind of file


@dataclass(frozen=True, slots=True)
class Question:
    """A question under test. No answers: abstaining is right.

    `article` is the id or the path of the article that answers it, or the end of one.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    article: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError(f"question {self.id!r} has no words")
        if not all(answer.strip() for answer in self.answers):
            raise ValueError(f"question {self.id!r} expects an answer without words")

    @property
    def is_answerable(self) -> bool:
        """Whether an answer is expected."""
        return bool(self.answers)


def read_questions(
    path: str | Path, *, check: Callable[[str], object] | None = None
) -> list[Question]:
    """Read lines with `id`, `question` and, where known, `answers`, `article`, `kind`.

    Answers are strings or, as in SQuAD, objects with `text`; none at all means that
    the articles do not say. Empty lines are passed over, and so are other fields,
    unless one seems to be a field of these that is missing: `answer` for `answers`.

    Args:
        path: of the file.
        check: raises a QuestionError of words that cannot be asked.

    Raises:
        QuestionsError: with the numbers of all lines that cannot be used.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        raise QuestionsError(
            f"{path}: cannot be read ({problem}). Give a UTF-8 file with one JSON "
            "object a line."
        ) from error
    questions: list[Question] = []
    ids: set[str] = set()
    wrong = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = _parse(line)
            _check_id(question.id, ids)
            ids.add(question.id)
            if check is not None:
                check(question.text)
        except (ValueError, TypeError, QuestionError) as error:
            wrong.append(f"{path}, line {number}: {error}")
        else:
            questions.append(question)
    if wrong:
        raise QuestionsError("\n".join(_told(path, wrong)))
    if not questions:
        raise QuestionsError(
            f"{path}: no question in it. Write one JSON object a line with `id`, "
            "`question` and `answers`."
        )
    return questions


def _check_id(id_: str, known: Container[str]) -> None:
    if id_ in known:
        raise ValueError(
            f"the id {id_!r} stands twice. Give every question an id of its own."
        )


def _told(path: Path, wrong: list[str]) -> list[str]:
    left = len(wrong) - _MOST_TOLD
    if left <= 0:
        return wrong
    return [*wrong[:_MOST_TOLD], f"{path}: {left:,} more lines cannot be used."]


def _parse(line: str) -> Question:
    """Turn one line into a question; a ValueError says what is wrong with it.

    >>> _parse('{"id": 7, "question": "Who?", "answers": [{"text": "Assad"}]}')
    Question(id='7', text='Who?', answers=('Assad',), article=None, kind=None)
    """
    try:
        record = parsed_json(line)
    except ValueError as error:
        raise ValueError(f"{error}. Write one object a line.") from error
    if not isinstance(record, dict):
        raise TypeError(
            f"found {type(record).__name__}, wanted an object with `id` and `question`."
        )
    _check_fields(record)
    for field in ("id", "question"):
        if field not in record:
            raise ValueError(f"no `{field}`, wanted an object with it.")
        if not isinstance(record[field], (str, int)):
            found = json.dumps(record[field])
            raise TypeError(f"`{field}` is {found}, wanted a string.")
    answers = record.get("answers") or []
    if not isinstance(answers, list):
        raise TypeError(f"`answers` is {answers!r}, wanted a list of strings.")
    for field in ("article", "kind"):
        if not isinstance(record.get(field), (str, type(None))):
            raise TypeError(f"`{field}` is {record[field]!r}, wanted a string or null.")
    return Question(
        id=str(record["id"]),
        text=str(record["question"]),
        # SQuAD repeats an answer that several annotators gave
        answers=tuple(dict.fromkeys(_answer_text(answer) for answer in answers)),
        article=record.get("article"),
        kind=record.get("kind"),
    )


def _check_fields(record: dict[str, object]) -> None:
    """Refuse a misspelt field: without its answers, abstaining would be right.

    >>> _check_fields({"id": 1, "question": "Who?", "answers": ["B"], "answer": "A"})
    >>> _check_fields({"id": 1, "question": "Who?", "answer": ["B"]})
    Traceback (most recent call last):
    ValueError: found `answer`, wanted `answers`. Rename it, or leave it out.
    """
    missing = [field for field in _FIELDS if field not in record]
    for name in sorted(record.keys() - _FIELDS):
        for field in difflib.get_close_matches(name.lower(), missing, 1, _NEAR):
            raise ValueError(
                f"found `{name}`, wanted `{field}`. Rename it, or leave it out."
            )


def _answer_text(answer: object) -> str:
    """Return the words of one expected answer, given plainly or as in SQuAD.

    >>> _answer_text({"text": "Kunduz", "answer_start": 3})
    'Kunduz'
    """
    text = answer.get("text") if isinstance(answer, dict) else answer
    if not isinstance(text, str):
        raise TypeError(
            f'the answer {answer!r} is neither a string nor {{"text": "..."}}.'
        )
    return text

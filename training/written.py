"""Questions written for this project, over its own news and over passages of the data.

In `written/`: `news.txt`, `dossiers.txt` and `loose.txt` hold articles of its own; of
`passages.txt` the passages stand in the data folder, named by `key_of`:

    @ headline                   # key of a passage
    P paragraph                  ? question
    ? question                   = answer
    = answer                     ? question
    ? question                   -
    -

An answer is found at its first place in its paragraph; `-` means that there is none: in
a dossier, a dozen articles that tell of one matter, in none of its articles. Those of
`loose.txt` are dossiers too, asked as people ask who know a matter by hearsay.

`held.txt`, dossiers too, trains no reader: `training.calibrate` fits with it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from qa.evaluation.questions import Question
from training.data import Row

FOLDER = Path(__file__).parent / "written"


def key_of(context: str) -> str:
    """Return the name of a passage: twelve hexadecimal digits of its words' SHA-256.

    >>> key_of("Lima  lies on the Rimac.") == key_of("Lima lies on the Rimac.")
    True
    """
    return sha256(" ".join(context.split()).encode()).hexdigest()[:12]


def news_rows() -> list[Row]:
    """Return the questions over the project's own articles."""
    return list(read(FOLDER / "news.txt", {}))


def dossier_rows() -> list[Row]:
    """Return the questions over dossiers, where the right passage is hard to tell."""
    return list(read(FOLDER / "dossiers.txt", {}))


def loose_rows() -> list[Row]:
    """Return the questions that are put loosely, over dossiers of their own."""
    return list(read(FOLDER / "loose.txt", {}))


def passage_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the questions over those passages of `rows` that have some here."""
    known = {key_of(row.context): row for row in rows}
    return list(read(FOLDER / "passages.txt", known))


def held_questions() -> list[Question]:
    """Return the questions that train no reader."""
    return [
        Question(row.id, row.question, tuple(row.texts), row.title)
        for row in read(FOLDER / "held.txt", {})
    ]


def held_articles() -> str:
    """Return the articles of those questions, one JSON object a line, for `QA.open`."""
    articles: dict[str, dict[str, None]] = {}
    for row in read(FOLDER / "held.txt", {}):
        articles.setdefault(row.title, {})[row.context] = None
    return "".join(
        json.dumps({"title": title, "text": "\n\n".join(paragraphs)}) + "\n"
        for title, paragraphs in articles.items()
    )


def read(path: Path, known: Mapping[str, Row]) -> Iterator[Row]:
    """Yield the rows of a file; of passages that are not known, none.

    Raises:
        ValueError: a line that is none of the six kinds, an answer that is not in its
            paragraph, or one without a question; the message names the line.
    """
    title = question = context = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        mark, _, rest = line.partition(" ")
        if mark == "@":
            title = rest
        elif mark == "P":
            context = rest
        elif mark == "#":
            row = known.get(rest)
            title, context = (row.title, row.context) if row else ("", "")
        elif mark == "?":
            question = rest
        elif mark in ("=", "-"):
            if not question:
                raise ValueError(f"{path}:{number}: found an answer, wanted `? ...`")
            if context:
                yield _row(f"{path.stem}-{number}", title, context, question, rest)
            question = ""
        elif line:
            raise ValueError(
                f"{path}:{number}: found {line!r}, wanted @, P, #, ?, =, -"
            )


def _row(name: str, title: str, context: str, question: str, answer: str) -> Row:
    start = context.find(answer)
    if start < 0:
        raise ValueError(f"{name}: found {answer!r}, wanted words of its paragraph")
    spans = ((start, start + len(answer)),) if answer else ()
    return Row(name, title, context, question, spans, "written")

"""How well a follow-up is completed, against rewrites that people wrote.

    python -m benchmarks.followup --data PATH

Recall: of the content words that a person added, how many stand in the completed
question. Precision: of the words that were added, how many the person's rewrite has.
Changed: of the questions that stand alone, how many were touched all the same.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from benchmarks.results import keep
from qa.conversation import standalone
from qa.conversation.words import FUNCTION_WORDS, tokens
from qa.types import Answer, Citation, Turn

CONVERSATIONS = ("canard_dev_half", "cast_2019_2022", "mtrag")
SETS = ("news_dialogues", *CONVERSATIONS, "news_questions", "xquad_questions")
MAX_WORDS = 60  # of an answer in the history: ours are spans and their sentences

Complete = Callable[[str, Sequence[Turn]], str]


@dataclass(frozen=True)
class Row:
    """A question, what was said before it, and the rewrite of a person."""

    question: str
    history: tuple[tuple[str, str, str], ...]  # question, answer, its sentence
    rewrite: str


def turn(question: str, completed: str, text: str, sentence: str) -> Turn:
    """Build a turn; without a text, of an abstention."""
    if not text:
        return Turn(
            question, Answer(question, completed, None, None, 0.0, reason="no_answer")
        )
    end = len(text)
    cited = Citation("a", "a", "a", None, 0, end, text, 0, end, 0, end, 1)
    answer = Answer(
        question, completed, text, sentence or text, 1.0, citations=(cited,)
    )
    return Turn(question, answer)


def turns(row: Row, complete: Complete) -> list[Turn]:
    """Play the history: each question is completed by the method under test."""
    played: list[Turn] = []
    for question, text, sentence in row.history:
        played.append(turn(question, complete(question, played), text, sentence))
    return played


def words(text: str) -> set[str]:
    """Return the content words that are compared, lower case, without genitives."""
    found = {token.low for token in tokens(text) if token.is_word}
    return {word.replace("’", "'").removesuffix(".") for word in found} - FUNCTION_WORDS


def conversation_rows(path: Path) -> Iterator[Row]:
    """Read turns with a history and a rewrite."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            if not record["history"] or not record["rewrite"]:
                continue
            history: list[tuple[str, str, str]] = []
            for said in record["history"]:
                if said["role"] == "user":
                    history.append((said["text"], "", ""))
                elif history and said["text"] != "I don't know.":
                    text = " ".join(said["text"].split()[:MAX_WORDS])
                    history[-1] = (history[-1][0], text, text)
            yield Row(record["question"], tuple(history), record["rewrite"])


def news_rows(folder: Path) -> Iterator[Row]:
    """Read the dialogues over newswire, the sentence looked up in the article."""
    with (folder / "articles.jsonl").open(encoding="utf-8") as file:
        articles = {record["id"]: record for record in map(json.loads, file)}
    with (folder / "dialogues.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            text = str(articles[record["article"]].get("text", ""))
            history: list[tuple[str, str, str]] = []
            for said in record["turns"]:
                if history:
                    yield Row(said["question"], tuple(history), said["standalone"])
                answer = said["answers"][0]
                history.append((said["question"], answer, sentence(text, answer)))


def sentence(text: str, answer: str) -> str:
    """Return the sentence of `text` that holds `answer`; empty when none does."""
    return next((s for s in text.split(". ") if answer in s), "")


def own_questions(path: Path) -> Iterator[Row]:
    """Read questions that stand alone by design, each after the one before it."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        asked = [json.loads(line) for line in file]
    for before, record in pairwise(asked):
        text = (before["answers"] or [""])[0]
        text = text if isinstance(text, str) else text["text"]
        question = record["question"]
        yield Row(question, ((before["question"], text, text),), question)


def raw(question: str, played: Sequence[Turn]) -> str:
    """Leave the question as it is."""
    return question


def concatenated(question: str, played: Sequence[Turn]) -> str:
    """Put the previous question in front."""
    return f"{played[-1].question} {question}" if played else question


METHODS: dict[str, Complete] = {
    "raw": raw,
    "previous question + question": concatenated,
    "ours": standalone,
}


def measure(rows: Sequence[Row], complete: Complete) -> dict[str, float]:
    """Return recall, precision, F1 of added words; changed; microseconds a question."""
    missing = found = added = useful = alone = changed = 0
    seconds = 0.0
    for row in rows:
        played = turns(row, complete)
        begun = perf_counter()
        completed = complete(row.question, played)
        seconds += perf_counter() - begun
        if words(row.rewrite) == words(row.question):
            alone += 1
            changed += completed != row.question
            continue
        wanted = words(row.rewrite) - words(row.question)
        extra = words(completed) - words(row.question)
        missing, found = missing + len(wanted), found + len(wanted & extra)
        added, useful = added + len(extra), useful + len(extra & words(row.rewrite))
    recall, precision = found / max(1, missing), useful / max(1, added)
    return {
        "n": len(rows),
        "recall": round(recall, 4),
        "precision": round(precision, 4),
        "f1": round(2 * recall * precision / max(1e-9, recall + precision), 4),
        "alone": alone,
        "changed": round(changed / max(1, alone), 4),
        "us": round(1e6 * seconds / max(1, len(rows)), 1),
    }


def show(rows: Sequence[Row], n: int) -> None:
    """Print what became of every so many-th question, to be read by a person."""
    for row in rows[:: max(1, len(rows) // n)]:
        played = turns(row, standalone)
        print(f"\n  P {played[-1].answer.standalone}  [{played[-1].answer.text}]")
        print(f"  Q {row.question}\n  R {row.rewrite}")
        print(f"  = {standalone(row.question, played)}")


def main() -> None:
    """Measure every set with every method; append a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--show", type=int, default=0, help="print so many of each set")
    parser.add_argument("--only", choices=SETS, help="one set")
    args = parser.parse_args()
    news = args.data / "dev" / "news_written"
    if not news.is_dir():
        parser.error(f"{news} is missing: --data must hold dev/ and conversation/")
    sets = {"news_dialogues": list(news_rows(news))}
    for name in CONVERSATIONS:
        path = args.data / "conversation" / f"{name}.jsonl.gz"
        sets[name] = list(conversation_rows(path))
    sets["news_questions"] = list(own_questions(news / "questions.jsonl"))
    xquad = next((args.data / "dev").glob("xquad_en.jsonl*"), None)
    if xquad is not None:
        sets["xquad_questions"] = list(own_questions(xquad))
    for name, rows in sets.items():
        if args.only and name != args.only:
            continue
        figures = {method: measure(rows, METHODS[method]) for method in METHODS}
        for method, values in figures.items():
            print(f"{name:16} {method:30} {values}")
        if args.show:
            show(rows, args.show)
            continue
        settings = {"max_words": MAX_WORDS}
        keep("followup", {"set": name, "settings": settings, "figures": figures})


if __name__ == "__main__":
    main()

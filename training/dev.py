"""The dev sets as rows; newswire questions get the passage that a reader would see."""

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

from qa.reading.lead import compose, first_sentence
from training.data import Row, load
from training.leads import title_of


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def news_rows(folder: Path, max_chars: int = 800) -> list[Row]:
    """Return the newswire questions, each with one passage of about 165 tokens.

    Answerable ones get the passage that holds an answer, the others the passage of all
    articles that shares most words. Lists keep their kind in `source`.
    """
    passages: list[tuple[str, str, str]] = []  # article, its lead there, text
    for line in (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        article, text = json.loads(line), ""
        start, end = first_sentence(article["text"])
        leads = (
            compose(article["title"], ""),
            compose(article["title"], article["text"][start:end]),
        )
        for paragraph in article["text"].split("\n"):
            if text and len(text) + len(paragraph) > max_chars:
                passages.append((article["id"], leads[0], text))
                leads, text = (leads[1], leads[1]), ""
            text += ("\n" if text else "") + paragraph
        passages.append((article["id"], leads[0], text))
    rows = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        asked = _words(raw["question"])
        inside = [
            (lead, text)
            for owner, lead, text in passages
            if owner == raw["article"] and any(a in text for a in raw["answers"])
        ]
        pool = inside or [(lead, text) for _, lead, text in passages]
        lead, text = max(pool, key=lambda both: len(asked & _words(both[1])))
        found = [(text.find(a), text.find(a) + len(a)) for a in raw["answers"]]
        spans = tuple(span for span in found if span[0] >= 0)
        if spans or not raw["answers"]:
            kind, question = raw["kind"], raw["question"]
            rows.append(Row(raw["id"], "", text, question, spans, kind, lead))
    return rows


def dev_sets(data: Path, limit: int | None) -> dict[str, list[Row]]:
    """Return the dev rows by set; a fixed sample of each when `limit` is given."""
    sets = {
        name: [
            replace(row, lead=compose(title_of(row), ""))
            for row in load(data / "dev" / f"{name}.jsonl.gz")
        ]
        for name in ("xquad_en", "squad2_dev_half")
    }
    for rows in sets.values():
        Random(7).shuffle(rows)
    sets = {name: rows[:limit] for name, rows in sets.items()}
    sets["news_written"] = news_rows(data / "dev" / "news_written")
    return sets

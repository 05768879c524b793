"""The dev sets as rows; newswire questions get the passage that a reader would see."""

import json
import re
from pathlib import Path
from random import Random

from training.data import Row, load, titled


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def news_rows(folder: Path, max_chars: int = 800) -> list[Row]:
    """Return the newswire questions, each with one passage of about 165 tokens.

    Answerable ones get the passage that holds an answer, the others the passage of all
    articles that shares most words. Lists keep their kind in `source`.
    """
    passages: list[tuple[str, str]] = []
    for line in (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        article, text = json.loads(line), ""
        for paragraph in article["text"].split("\n"):
            if text and len(text) + len(paragraph) > max_chars:
                passages.append((article["id"], text))
                text = ""
            text += ("\n" if text else "") + paragraph
        passages.append((article["id"], text))
    rows = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        asked = _words(raw["question"])
        inside = [
            text
            for owner, text in passages
            if owner == raw["article"] and any(a in text for a in raw["answers"])
        ]
        pool = inside or [text for _, text in passages]
        text = max(pool, key=lambda t: len(asked & _words(t)))
        found = [(text.find(a), text.find(a) + len(a)) for a in raw["answers"]]
        spans = tuple(span for span in found if span[0] >= 0)
        if spans or not raw["answers"]:
            rows.append(Row(raw["id"], "", text, raw["question"], spans, raw["kind"]))
    return rows


def dev_sets(
    data: Path, limit: int | None, *, is_titled: bool = False
) -> dict[str, list[Row]]:
    """Return the dev rows by set; a fixed sample of each when `limit` is given."""
    sets = {
        name: list(load(data / "dev" / f"{name}.jsonl.gz"))
        for name in ("xquad_en", "squad2_dev_half")
    }
    for rows in sets.values():
        Random(7).shuffle(rows)
    sets = {name: rows[:limit] for name, rows in sets.items()}
    sets["news_written"] = news_rows(data / "dev" / "news_written")
    if is_titled:
        return {name: [titled(row) for row in rows] for name, rows in sets.items()}
    return sets

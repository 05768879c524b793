"""An answer as JSON, the same for Python, command line, HTTP and page.

`ANSWER_SCHEMA` is the published JSON Schema (draft 2020-12); the tests check every
answer against it, and that reading back what was written gives the same answer.
"""

import dataclasses
import datetime
import json
import math
from reprlib import repr as short
from types import NoneType
from typing import Any, get_args

from qa.errors import QAError
from qa.types import Alternative, Answer, Article, Citation, Hit, Reason

__all__ = ["ANSWER_SCHEMA", "Json", "answer_from_json", "answer_to_json"]
__all__ += ["hit_to_json", "parsed_json"]

Json = dict[str, Any]
"""An object of JSON; what it holds is for the schema to say."""

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (NoneType,),
}
_TEXT = {"type": "string"}
_NULLABLE = {"type": ["string", "null"]}
_OFFSET = {"type": "integer", "minimum": 0}
_COUNT = {"type": "integer", "minimum": 1}
_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}


def _object(properties: Json, optional: Json | None = None) -> Json:
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


_CITATION = _object(
    {
        "article": {**_TEXT, "description": "id of the article in its library"},
        "path": {**_TEXT, "description": "relative to the articles folder"},
        "title": _TEXT,
        "published": {**_NULLABLE, "description": "YYYY-MM-DD"},
        "start": {
            **_OFFSET,
            "description": "first character of the quote in the text that `qa show` "
            "prints",
        },
        "end": {**_OFFSET, "description": "one past its last character"},
        "quote": _TEXT,
        "sentence_start": _OFFSET,
        "sentence_end": _OFFSET,
        "passage_start": _OFFSET,
        "passage_end": _OFFSET,
        "paragraph": _COUNT,
        "page": {"type": ["integer", "null"], "minimum": 1},
        "byline": _NULLABLE,
        "source": _NULLABLE,
        "file_hash": {**_TEXT, "description": "SHA-256 of the file, hexadecimal"},
    }
)
_CITATIONS = {"type": "array", "items": {"$ref": "#/$defs/citation"}}
_ALTERNATIVE = _object(
    {
        "text": _TEXT,
        "sentence": _TEXT,
        "confidence": _PROBABILITY,
        "citations": {**_CITATIONS, "minItems": 1},
    }
)

ANSWER_SCHEMA: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Answer",
    **_object(
        {
            "question": _TEXT,
            "standalone": {**_TEXT, "description": "the question that was looked for"},
            "text": {**_NULLABLE, "description": "null: the articles do not say"},
            "sentence": _NULLABLE,
            "confidence": {**_PROBABILITY, "description": "that the text is right"},
            "reason": {"enum": [None, *get_args(Reason)]},
            "citations": _CITATIONS,
            "alternatives": {"type": "array", "items": _ALTERNATIVE},
            "nearest": _CITATIONS,
            "unknown_words": {"type": "array", "items": _TEXT},
            "timings": {
                "type": "object",
                "additionalProperties": {"type": "number", "minimum": 0},
                "description": "milliseconds by stage",
            },
            "passages": {"type": "integer", "minimum": 0},
        },
        optional={"id": {"description": "of the question, where `qa batch` asked it"}},
    ),
    "$defs": {"citation": _CITATION},
}


def parsed_json(text: str) -> Any:
    """Return what a JSON text holds.

    Raises:
        ValueError: telling what is wrong with it, and where.

    >>> parsed_json('{"id": 1, "question": "Who')
    Traceback (most recent call last):
    ValueError: not JSON (Unterminated string starting at: character 23)
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        of_line = f" of line {error.lineno}" if "\n" in text.strip() else ""
        problem = f"{error.msg}: character {error.colno}{of_line}"
        raise ValueError(f"not JSON ({problem})") from error
    except RecursionError as error:
        raise ValueError("not JSON (it is nested too deeply)") from error


def answer_to_json(answer: Answer) -> Json:
    """Return the answer as an object that `json.dumps` takes."""
    found = dataclasses.asdict(answer)
    found["timings"] = dict(answer.timings)
    return _plain(found)  # type: ignore[no-any-return]  # a dict stays a dict


def answer_from_json(data: Json) -> Answer:
    """Return the answer that `answer_to_json` wrote; an id of its question is left out.

    Raises:
        QAError: if the object is no answer.
    """
    try:
        _check(data, ANSWER_SCHEMA, "it")
        facts = {name: value for name, value in data.items() if name != "id"}
        for name in ("citations", "nearest"):
            facts[name] = tuple(_citation(c) for c in facts[name])
        facts["alternatives"] = tuple(
            Alternative(**{**a, "citations": tuple(map(_citation, a["citations"]))})
            for a in facts["alternatives"]
        )
        facts["unknown_words"] = tuple(facts["unknown_words"])
        return Answer(**facts)
    except ValueError as error:
        raise QAError(
            f"this is not an answer of qa: {error}. Wanted is an object as printed by "
            "`qa ask --json`; `qa schema` prints what it must hold."
        ) from error


def hit_to_json(hit: Hit) -> Json:
    """Return a hit with its passage's place and words."""
    article: Article = hit.passage.article
    return {
        "article": article.id,
        "path": article.path,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": hit.score,
        "dense": hit.dense,
        "lexical": hit.lexical,
    }


def _check(value: Any, wanted: Json, place: str) -> None:
    """Compare a value with its part of `ANSWER_SCHEMA`; no other schema is understood.

    Raises:
        ValueError: naming the place, what was found and what is wanted.
    """
    if "$ref" in wanted:
        wanted = _CITATION
    if "enum" in wanted:
        if value not in wanted["enum"]:
            raise ValueError(f"{place} is {short(value)}; wanted {wanted['enum']}")
        return
    if "type" not in wanted:
        return
    kinds = [wanted["type"]] if isinstance(wanted["type"], str) else wanted["type"]
    if not any(_is(value, kind) for kind in kinds):
        raise ValueError(f"{place} is {short(value)}; wanted {' or '.join(kinds)}")
    if isinstance(value, dict):
        _check_object(value, wanted, place)
    elif isinstance(value, list):
        if len(value) < wanted.get("minItems", 0):
            raise ValueError(f"{place} is empty")
        for number, item in enumerate(value):
            _check(item, wanted["items"], f"{place}[{number}]")
    elif isinstance(value, int | float):
        if value < wanted.get("minimum", value):
            raise ValueError(f"{place} is {value}; wanted at least {wanted['minimum']}")
        if value > wanted.get("maximum", value):
            raise ValueError(f"{place} is {value}; wanted at most {wanted['maximum']}")


def _check_object(value: Json, wanted: Json, place: str) -> None:
    missing = [name for name in wanted.get("required", ()) if name not in value]
    if missing:
        raise ValueError(f"{place} has no {', '.join(missing)}")
    for name, item in value.items():
        part = wanted.get("properties", {}).get(name) or wanted["additionalProperties"]
        if not part:
            raise ValueError(f"{place} has {short(name)}, which no answer has")
        _check(item, part, f"{place}.{name}".removeprefix("it."))


def _is(value: Any, kind: str) -> bool:
    is_one = isinstance(value, _KINDS[kind]) and not isinstance(value, bool)
    try:
        return is_one and (kind != "number" or math.isfinite(value))
    except OverflowError:  # an integer beyond every float
        return False


def _citation(data: Json) -> Citation:
    published = data["published"]
    day = datetime.date.fromisoformat(published) if published else None
    return Citation(**{**data, "published": day})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value

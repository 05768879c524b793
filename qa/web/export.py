"""A conversation as one file: Markdown, JSON, or HTML that needs nothing else."""

import datetime
import json
import re
from collections.abc import Sequence
from typing import Literal, get_args

from qa.errors import QAError
from qa.render import (
    confidence_percent,
    confidence_words,
    markdown_line,
    one_line,
    place,
    reason_words,
    to_markdown,
    worth_a_look,
)
from qa.schema import Json, answer_to_json
from qa.types import Answer, Citation
from qa.web.text_html import escape

__all__ = ["Kind", "export"]

Kind = Literal["markdown", "json", "html"]
"""How a conversation is written down."""

_TYPES = {
    "markdown": ("md", "text/markdown"),
    "json": ("json", "application/json"),
    "html": ("html", "text/html"),
}
_LONGEST_SLUG = 60  # characters of the first question in the file's name
_STYLE = (
    "body{font:18px/1.55 Georgia,serif;max-width:42rem;margin:3rem auto;padding:0 1em;"
    "color:#1d1b18;background:#fcfbf8}h1{font-size:1.5rem}h3{font-size:1rem}h2{font-size:1.15rem;"
    "margin-top:3rem;border-top:1px solid #ccc;padding-top:1rem}"
    "mark{background:#fbe29a;border-bottom:2px solid #8a6100}"
    "small,dd{color:#55504a;font-size:.85rem}"
    "blockquote{margin:1rem 0;font-size:1.15rem}code{overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){body{background:#171614;color:#eee9df}"
    "small,dd{color:#b5aea3}mark{background:#5c470f;color:#fff}}"
)


def export(
    kind: str, title: str, answers: Sequence[Answer], day: datetime.date
) -> Json:
    """Return `name`, `type` and `text` of the file that holds the conversation.

    Raises:
        QAError: if the kind is none of `Kind`.
    """
    if kind not in get_args(Kind):
        raise QAError(
            f"a conversation cannot be exported as {kind!r}. Choose one of "
            f"{', '.join(get_args(Kind))}."
        )
    suffix, media_type = _TYPES[kind]
    write = {"markdown": _markdown, "json": _json, "html": _html}[kind]
    return {
        "name": f"{'-'.join(['qa', day.isoformat(), *_slug(title)])}.{suffix}",
        "type": media_type,
        "text": write(title, answers, day),
    }


def _slug(title: str) -> list[str]:
    """Return the first words of a title as they may stand in a file's name.

    >>> _slug("Who's there, in Reykjavík?")
    ['who', 's', 'there', 'in', 'reykjavík']
    """
    return re.findall(r"[^\W_]+", title[:_LONGEST_SLUG].lower())


def _markdown(title: str, answers: Sequence[Answer], day: datetime.date) -> str:
    parts = [f"# {markdown_line(title)}", "", f"{day.isoformat()}, answered by qa", ""]
    for answer in answers:
        parts += [f"## {markdown_line(answer.question)}", ""]
        if answer.standalone.strip() != answer.question.strip():
            parts += [f"Understood as: {markdown_line(answer.standalone)}", ""]
        parts += [to_markdown(answer), ""]
        for heading, items in _beside(answer):
            parts += [f"{heading}:", ""]
            parts += [
                f"- {markdown_line(words)} ({markdown_line(more)}; `{c.path}`)"
                for words, more, c in items
            ]
            parts.append("")
        cited = (*answer.citations, *answer.nearest)
        hashes = {c.path: c.file_hash for c in cited}
        parts += [f"- `{path}`: SHA-256 `{hash_}`" for path, hash_ in hashes.items()]
        parts.append("")
    return "\n".join(parts)


def _json(title: str, answers: Sequence[Answer], day: datetime.date) -> str:
    whole = {
        "title": title,
        "exported": day.isoformat(),
        "answers": [answer_to_json(answer) for answer in answers],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _html(title: str, answers: Sequence[Answer], day: datetime.date) -> str:
    body = "".join(_html_turn(answer) for answer in answers)
    data = _json(title, answers, day).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1><p><small>{day.isoformat()}, answered by qa. "
        "Every quote stands in its file at the characters named; the SHA-256 tells "
        f"which version of the file.</small></p>{body}"
        f'<script type="application/json" id="answers">{data}</script></html>\n'
    )


def _html_turn(answer: Answer) -> str:
    parts = [f'<h2 dir="auto">{escape(answer.question)}</h2>']
    if answer.standalone.strip() != answer.question.strip():
        parts.append(
            f"<p><small>Understood as: {escape(answer.standalone)}</small></p>"
        )
    if answer.text is None:
        parts.append(f"<p>{escape(reason_words(answer))}</p>")
    else:
        parts.append(_html_words(answer))
        sure = confidence_words(answer.confidence)
        share = confidence_percent(answer.confidence)
        parts.append(f"<p><small>{sure}, {share} %</small></p>")
    parts += [_html_citation(n, c) for n, c in enumerate(answer.citations, start=1)]
    for heading, items in _beside(answer):
        rows = "".join(
            f'<li dir="auto">{escape(words)} <small>{escape(more)}, '
            f"<code>{escape(c.path)}</code></small></li>"
            for words, more, c in items
        )
        parts.append(f"<h3>{heading}</h3><ul>{rows}</ul>")
    return "".join(parts)


def _beside(answer: Answer) -> list[tuple[str, list[tuple[str, str, Citation]]]]:
    """Return what stands beside an answer, or instead: words, place, citation."""
    others = [
        (
            a.text,
            f"{confidence_percent(a.confidence)} %, {place(a.citations[0])}",
            a.citations[0],
        )
        for _, a in worth_a_look(answer)
    ]
    near = [(one_line(c.quote), place(c), c) for c in answer.nearest]
    heading = "Other answers" if answer.is_found else "Words found, but unsure"
    lists = [(heading, others), ("Nearest passages", near)]
    return [(heading, items) for heading, items in lists if items]


def _html_words(answer: Answer) -> str:
    cited, sentence = answer.citations[0], answer.sentence or ""
    first, last = cited.start - cited.sentence_start, cited.end - cited.sentence_start
    return (
        f'<blockquote dir="auto">{escape(sentence[:first])}<mark>'
        f"{escape(sentence[first:last])}</mark>{escape(sentence[last:])}</blockquote>"
    )


def _html_citation(number: int, citation: Citation) -> str:
    return (
        f"<dl><dt>[{number}] <bdi>{escape(place(citation))}</bdi></dt>"
        f"<dd>“{escape(citation.quote)}”</dd>"
        f"<dd><code>{escape(citation.path)}</code>, characters {citation.start} to "
        f"{citation.end}</dd><dd><code>SHA-256 {escape(citation.file_hash)}</code></dd>"
        "</dl>"
    )

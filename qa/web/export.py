"""A conversation as one file: Markdown, JSON, or HTML that needs nothing else."""

import datetime
import json
import re
from collections.abc import Sequence
from typing import Literal, get_args

from qa.errors import QAError
from qa.render import beside, to_markdown
from qa.schema import Json, answer_to_json
from qa.search.terms import well_formed
from qa.types import Answer, Citation
from qa.web.answer_html import is_unsure
from qa.web.text_html import escape
from qa.wording import (
    confidence_percent,
    confidence_words,
    markdown_line,
    missing_words,
    place,
    reason_words,
)

__all__ = ["Asked", "Kind", "export"]

Kind = Literal["markdown", "json", "html"]
"""How a conversation is written down."""

Asked = tuple[Answer, int]
"""An answer, and how many articles were chosen for it; 0 stands for all."""

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
    ".unsure mark{background:none;color:inherit;border-bottom-style:dotted}"
    "small,dd{color:#55504a;font-size:.85rem}"
    "blockquote{margin:1rem 0;font-size:1.15rem}code{overflow-wrap:anywhere}"
    "dd{white-space:pre-line}"
    "@media(prefers-color-scheme:dark){body{background:#171614;color:#eee9df}"
    "small,dd{color:#b5aea3}:not(.unsure)>mark{background:#5c470f;color:#fff}}"
)


def export(kind: str, title: str, turns: Sequence[Asked], day: datetime.date) -> Json:
    """Return `name`, `type` and `text` of the file that holds the conversation.

    Raises:
        QAError: if the kind is none of `Kind`.
    """
    if kind not in get_args(Kind):
        raise QAError(
            f"a conversation cannot be exported as {kind!r}. Choose one of "
            f"{', '.join(get_args(Kind))}."
        )
    title = well_formed(title)
    suffix, media_type = _TYPES[kind]
    write = {"markdown": _markdown, "json": _json, "html": _html}[kind]
    return {
        "name": f"{'-'.join(['qa', day.isoformat(), *_slug(title)])}.{suffix}",
        "type": media_type,
        "text": write(title, turns, day),
    }


def _slug(title: str) -> list[str]:
    """Return the first words of a title as they may stand in a file's name.

    >>> _slug("Who's there, in Reykjavík?")
    ['who', 's', 'there', 'in', 'reykjavík']
    """
    return re.findall(r"[^\W_]+", title[:_LONGEST_SLUG].lower())


def _markdown(title: str, turns: Sequence[Asked], day: datetime.date) -> str:
    parts = [f"# {markdown_line(title)}", _told(day, "`{}`")]
    for answer, chosen in turns:
        parts.append(f"## {markdown_line(answer.question)}")
        if answer.standalone.strip() != answer.question.strip():
            parts.append(f"Understood as: {markdown_line(answer.standalone)}")
        parts.append(to_markdown(answer, chosen))
    return "\n\n".join(parts) + "\n"


def _told(day: datetime.date, code: str) -> str:
    """Return what stands above all answers; `code` is how a command is written."""
    return (
        f"{day.isoformat()}, answered by qa. Every quote stands at the characters "
        "named of its article's text, which "
        f"{code.format('qa show ARTICLE')} prints; the SHA-256 tells which version of "
        "the file was read."
    )


def _json(title: str, turns: Sequence[Asked], day: datetime.date) -> str:
    whole = {
        "title": title,
        "exported": day.isoformat(),
        "answers": [answer_to_json(answer) for answer, _ in turns],
        # beside them, since each answer is as published; 0 stands for all articles
        "chosen": [chosen for _, chosen in turns],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _html(title: str, turns: Sequence[Asked], day: datetime.date) -> str:
    body = "".join(_html_turn(answer, chosen) for answer, chosen in turns)
    data = _json(title, turns, day).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>"
        f"<p><small>{_told(day, '<code>{}</code>')}</small></p>{body}"
        f'<script type="application/json" id="answers">{data}</script></html>\n'
    )


def _html_turn(answer: Answer, chosen: int) -> str:
    parts = [f'<h2 dir="auto">{escape(answer.question)}</h2>']
    if answer.standalone.strip() != answer.question.strip():
        parts.append(
            f"<p><small>Understood as: {escape(answer.standalone)}</small></p>"
        )
    if answer.text is None:
        told = (reason_words(answer, chosen), missing_words(answer))
        parts += [f'<p dir="auto">{escape(words)}</p>' for words in told if words]
    else:
        sure = confidence_words(answer.confidence)
        share = confidence_percent(answer.confidence)
        told = _html_words(answer), f"<p><small>{sure}, {share} %</small></p>"
        parts += reversed(told) if is_unsure(answer) else told  # a guess: said first
    parts.append(_html_citations(answer.citations))
    for heading, items in beside(answer):
        parts.append(f"<h3>{heading}</h3>")
        for words, citations in items:
            parts.append(f'<p dir="auto">{escape(words)}</p>' if words else "")
            parts.append(_html_citations(citations))
    return "".join(parts)


def _html_words(answer: Answer) -> str:
    cited, sentence = answer.citations[0], answer.sentence or ""
    first, last = cited.start - cited.sentence_start, cited.end - cited.sentence_start
    kind = ' class="unsure"' if is_unsure(answer) else ""
    return (
        f'<blockquote dir="auto"{kind}>{escape(sentence[:first])}<mark>'
        f"{escape(sentence[first:last])}</mark>{escape(sentence[last:])}</blockquote>"
    )


def _html_citations(citations: Sequence[Citation]) -> str:
    return "".join(
        f"<dl><dt>[{number}] <bdi>{escape(place(c))}</bdi></dt>"
        f'<dd dir="auto">“{escape(c.quote)}”</dd>'
        f"<dd><code>{escape(c.article)}</code>, characters {c.start} to {c.end}</dd>"
        f"<dd><code>SHA-256 {escape(c.file_hash)}</code></dd></dl>"
        for number, c in enumerate(citations, start=1)
    )

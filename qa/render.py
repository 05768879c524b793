"""An answer as text for a terminal, and as Markdown."""

import textwrap
from collections.abc import Callable, Sequence

from qa.types import Alternative, Answer, Citation
from qa.wording import (
    clipped,
    confidence_percent,
    confidence_words,
    is_worth_a_look,
    markdown_line,
    missing_words,
    near_citation,
    near_passages,
    near_sentences,
    one_line,
    part_around,
    place,
    plain,
    plural,
    reason_words,
    worth_a_look,
)

__all__ = ["Item", "beside", "to_markdown", "to_text"]

Item = tuple[str, Sequence[Citation]]
"""Words, and what is cited for them."""

_ON, _OFF = "\ud800", "\udfff"  # halves of surrogate pairs: no article holds any


def beside(answer: Answer) -> list[tuple[str, list[Item]]]:
    """Return what stands beside an answer, or instead of it: headings with their items.

    The nearest passages are one item without words.
    """
    if answer.is_found:
        shown = [other for _, other in worth_a_look(answer)]
        heading = "Other answers"
        items: list[Item] = [
            (f"{o.text} ({confidence_percent(o.confidence)} %)", o.citations)
            for o in shown
        ]
    else:
        heading = "What comes nearest"
        near = [other for _, other in near_sentences(answer)]
        items = [(_with_percent(o.sentence, o), [near_citation(o)]) for o in near]
        if passages := [citation for _, citation in near_passages(answer)]:
            items.append(("", passages))
    return [(heading, items)] if items else []


def _with_percent(words: str, other: Alternative) -> str:
    share = f" ({confidence_percent(other.confidence)} %)"
    return words + (share if is_worth_a_look(other) else "")


def to_text(answer: Answer, *, width: int = 80, is_styled: bool = False) -> str:
    """Return the answer for a terminal.

    Args:
        answer: found or not.
        width: columns to wrap at.
        is_styled: whether to mark the words by ANSI codes, else by brackets.
    """
    lines: list[str] = []
    if answer.standalone != answer.question.strip():
        lines += _wrap(f"Understood as: {answer.standalone}", width), ""
    if answer.text is None:
        told = (reason_words(answer), missing_words(answer))
        lines += [words for words in told if words]
        if near := _near(answer, width):
            lines += ["", "What comes nearest:", *near]
    else:
        lines += [_wrap(answer.text, width, _marked if is_styled else str), ""]
        for number, citation in enumerate(answer.citations, 1):
            lines += _cited(number, citation, answer, width)
    if answer.is_found and (others := worth_a_look(answer)):
        lines += ["", "Others:"]
        lines += [_other(alternative, width) for _, alternative in others]
    text = plain("\n".join([*lines, "", _footer(answer)]), kept=f"\n{_ON}{_OFF}")
    on, off = ("\x1b[1m", "\x1b[0m") if is_styled else ("[[", "]]")
    return text.replace(_ON, on).replace(_OFF, off)


def _marked(text: str) -> str:
    return _ON + text.replace(_ON, "").replace(_OFF, "") + _OFF


def to_markdown(answer: Answer, chosen: int = 0) -> str:
    """Return the answer as Markdown: the words, then all that is cited.

    `chosen` is how many articles were asked, where only some were; 0 stands for all.
    """
    if answer.text is None:
        blocks = [f"*{reason_words(answer, chosen)}*"]
        if words := missing_words(answer):
            blocks.append(markdown_line(words))
    else:
        sentence = markdown_line(answer.sentence or "")
        blocks = [f"**{markdown_line(answer.text)}**", f"> {sentence}"]
        blocks += [*_markdown_citations(answer.citations), f"*{_footer(answer)}*"]
    for heading, items in beside(answer):
        blocks.append(f"{heading}:")
        for words, citations in items:
            blocks += [f"**{markdown_line(words)}**"] if words else []
            blocks += _markdown_citations(citations)
    return "\n\n".join(blocks)


def _markdown_citations(citations: Sequence[Citation]) -> list[str]:
    """Return blocks: citations as items of a list, each with its quote below it."""
    items = []
    for number, c in enumerate(citations, start=1):
        mark = f"{number}. "
        head = (
            f"{mark}{markdown_line(place(c))} (`{c.article}`, characters {c.start} to "
            f"{c.end}; SHA-256 of the file `{c.file_hash}`)"
        )
        lines = (f"> {markdown_line(line)}".rstrip() for line in c.quote.splitlines())
        items += [head, textwrap.indent("\n".join(lines), " " * len(mark))]
    return items


def _cited(
    number: int,
    citation: Citation,
    answer: Answer,
    width: int,
) -> list[str]:
    head = f"[{number}] {place(citation)}"
    where = f"    {citation.path}, characters {citation.start} to {citation.end}"
    if number > 1 or answer.sentence is None:
        return [head, where]
    first = citation.start - citation.sentence_start
    last = citation.end - citation.sentence_start
    sentence = answer.sentence
    marked = sentence[:first] + _marked(sentence[first:last]) + sentence[last:]
    body = textwrap.fill(
        " ".join(marked.split()),
        width,
        initial_indent="    ",
        subsequent_indent="    ",
    )
    return [head, where, body]


def _near(answer: Answer, width: int) -> list[str]:
    """Return the sentences and passages that come nearest, numbered."""
    lines: list[str] = []
    for _, other in near_sentences(answer):
        lines.append(_near_sentence(len(lines) + 1, other, width))
    for _, citation in near_passages(answer):
        quote = clipped(one_line(citation.quote), 3 * width)
        lines.append(_item(len(lines) + 1, place(citation), quote, width))
    return lines


def _near_sentence(number: int, other: Alternative, width: int) -> str:
    first, sentence = other.citations[0], other.sentence
    start, end = first.start - first.sentence_start, first.end - first.sentence_start
    (left, right), cut, cut_off = part_around(
        sentence, (0, len(sentence)), (start, end), 2 * width
    )
    words, head = sentence[start:end], _with_percent(place(first), other)
    words = _marked(words) if is_worth_a_look(other) else words
    quote = f"{cut}{sentence[left:start]}{words}{sentence[end:right]}{cut_off}"
    return _item(number, head, " ".join(quote.split()), width)


def _item(number: int, head: str, words: str, width: int) -> str:
    body = textwrap.fill(words, width, initial_indent="    ", subsequent_indent="    ")
    return f"[{number}] {head}\n{body}"


def _other(alternative: Alternative, width: int) -> str:
    text = clipped(alternative.text, width)
    where = place(alternative.citations[0])
    return f"  - {text} ({confidence_percent(alternative.confidence)} %; {where})"


def _footer(answer: Answer) -> str:
    parts = []
    if answer.is_found:
        words = confidence_words(answer.confidence).capitalize()
        parts.append(f"{words} ({confidence_percent(answer.confidence)} %)")
    parts.append(plural(answer.passages, "passage"))
    if "total" in answer.timings:
        parts.append(f"{answer.timings['total']:.0f} ms")
    return " · ".join(parts)


def _wrap(text: str, width: int, style: Callable[[str], str] = str) -> str:
    return "\n".join(style(line) for line in textwrap.wrap(text, width))

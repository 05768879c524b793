"""An answer as text for a terminal, and as Markdown; wording shared with the page."""

import math
import textwrap
from collections.abc import Callable, Sequence

from qa.types import Alternative, Answer, Citation

__all__ = [
    "Item",
    "beside",
    "clipped",
    "confidence_percent",
    "confidence_words",
    "markdown_line",
    "missing_words",
    "one_line",
    "place",
    "plain",
    "plain_line",
    "reason_words",
    "to_markdown",
    "to_text",
    "worth_a_look",
]

Item = tuple[str, Sequence[Citation]]
"""Words, and what is cited for them."""

_LEAST_LIKELY = 0.05  # confidence below which other words are not shown
_LEVELS = ((0.9, "very sure"), (0.7, "fairly sure"), (0.5, "more likely than not"))
_ON, _OFF = "\ue000", "\ue001"  # private use: no article has a right to them
_REASONS = {  # one chosen article is told of in the singular
    "no_articles": "There are no articles here yet.",
    "no_match": "{who} {do} not say: {none_is} about the words of this question.",
    "no_answer": "{who} {do} not say: passages come near, but none answers.",
    "low_confidence": "{who} may not say: the best words found are unsure.",
}


def clipped(text: str, max_chars: int) -> str:
    """Return the text in one line, cut at a word where it is too long.

    A text without spaces is cut where it must be, unlike by `textwrap.shorten`.

    >>> clipped("one  two three", 8), clipped("onetwothree", 5)
    ('one two…', 'onet…')
    """
    line = " ".join(text[: 8 * max_chars].split())
    if len(line) <= max_chars:
        return line
    cut = line[: max_chars - 1]
    if line[max_chars - 1] != " " and cut.rfind(" ") > max_chars // 2:
        cut = cut[: cut.rfind(" ")]
    return cut.rstrip(" .,;:·…") + "…"


def confidence_percent(confidence: float) -> int:
    """Return a confidence in whole percent, rounded down.

    Down, so that nothing is shown at the percentage from which answers are given and
    held back all the same; and nothing is "100 %".

    >>> confidence_percent(0.318), confidence_percent(0.32), confidence_percent(1.0)
    (31, 32, 99)
    """
    # 100 * 0.29 is 28.999999999999996
    return min(99, math.floor(100 * confidence + 1e-9))


def confidence_words(confidence: float) -> str:
    """Return how sure an answer is, in words.

    >>> confidence_words(0.93), confidence_words(0.2)
    ('very sure', 'unsure')
    """
    return next((words for least, words in _LEVELS if confidence >= least), "unsure")


def reason_words(answer: Answer, chosen: int = 0) -> str:
    """Return why there is no answer, as a sentence; of an answer, the empty string.

    `chosen` is how many articles were asked, where only some were; 0 stands for all.
    """
    if answer.reason is None:
        return ""
    who, do, none_is = "The articles", "do", "none is"
    if chosen == 1:
        who, do, none_is = "The chosen article", "does", "it is not"
    elif chosen:
        who = f"The {chosen:,} chosen articles"
    return _REASONS[answer.reason].format(who=who, do=do, none_is=none_is)


def one_line(passage: str) -> str:
    r"""Return the beginning of a passage in one line, its paragraphs told apart.

    >>> one_line("The search\n\nPolice look for two men.")
    'The search · Police look for two men.'
    """
    lines = [line for line in passage[:1000].splitlines() if line.strip()]
    return " · ".join(lines)


def worth_a_look(answer: Answer) -> list[tuple[int, Alternative]]:
    """Return the other words found that are likely enough, each with its index."""
    others = enumerate(answer.alternatives)
    return [(n, other) for n, other in others if other.confidence >= _LEAST_LIKELY]


def beside(answer: Answer) -> list[tuple[str, list[Item]]]:
    """Return what stands beside an answer, or instead of it: headings with their items.

    The nearest passages are one item without words.
    """
    others: list[Item] = [
        (f"{other.text} ({confidence_percent(other.confidence)} %)", other.citations)
        for _, other in worth_a_look(answer)
    ]
    heading = "Other answers" if answer.is_found else "Words found, but unsure"
    near: list[Item] = [("", answer.nearest)] if answer.nearest else []
    lists = [(heading, others), ("Nearest passages", near)]
    return [(heading, items) for heading, items in lists if items]


def place(citation: Citation) -> str:
    """Return where a citation stands: title, date, page or paragraph."""
    parts = [citation.title]
    if citation.published:
        day = citation.published
        parts.append(f"{day.day} {day:%B %Y}")
    if citation.page:
        parts.append(f"page {citation.page}")
    else:
        parts.append(f"paragraph {citation.paragraph}")
    return ", ".join(parts)


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
        if answer.nearest:
            lines += ["", "Nearest passages:"]
            lines += [_nearest(n, c, width) for n, c in enumerate(answer.nearest, 1)]
    else:
        lines += [_wrap(answer.text, width, _marked if is_styled else str), ""]
        for number, citation in enumerate(answer.citations, 1):
            lines += _cited(number, citation, answer, width)
    if others := worth_a_look(answer):
        lines += ["", "Others:" if answer.is_found else "Unsure:"]
        lines += [_other(alternative, width) for _, alternative in others]
    text = plain("\n".join([*lines, "", _footer(answer)]), kept=f"\n{_ON}{_OFF}")
    on, off = ("\x1b[1m", "\x1b[0m") if is_styled else ("[[", "]]")
    return text.replace(_ON, on).replace(_OFF, off)


def plain(text: str, *, kept: str = "\n") -> str:
    r"""Return text without control characters, so that no article commands a terminal.

    What is blank becomes a space, line ends aside.

    >>> plain("a\x1b[2J\tb\u00a0c\n")
    'a[2J b c\n'
    """
    return "".join(
        c if c.isprintable() or c in kept else " " if c.isspace() else "" for c in text
    )


def plain_line(text: str) -> str:
    r"""Return text for a terminal in one line.

    >>> plain_line("one\n\ttwo\x1b[0m")
    'one two[0m'
    """
    return " ".join(plain(text, kept="").split())


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


def missing_words(answer: Answer) -> str:
    """Return which words of the question no article contains; may be empty."""
    if not answer.unknown_words:
        return ""
    return f"No article contains: {', '.join(answer.unknown_words)}"


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


def _nearest(number: int, citation: Citation, width: int) -> str:
    quote = clipped(one_line(citation.quote), 3 * width)
    body = textwrap.fill(quote, width, initial_indent="    ", subsequent_indent="    ")
    return f"[{number}] {place(citation)}\n{body}"


def _other(alternative: Alternative, width: int) -> str:
    text = clipped(alternative.text, width)
    where = place(alternative.citations[0])
    return f"  - {text} ({confidence_percent(alternative.confidence)} %; {where})"


def _footer(answer: Answer) -> str:
    parts = []
    if answer.is_found:
        words = confidence_words(answer.confidence).capitalize()
        parts.append(f"{words} ({confidence_percent(answer.confidence)} %)")
    parts.append(f"{answer.passages:,} passages")
    if "total" in answer.timings:
        parts.append(f"{answer.timings['total']:.0f} ms")
    return " · ".join(parts)


def _wrap(text: str, width: int, style: Callable[[str], str] = str) -> str:
    return "\n".join(style(line) for line in textwrap.wrap(text, width))


def markdown_line(text: str) -> str:
    r"""Return the text in one line, without what Markdown would read as markup.

    >>> markdown_line("two\n*stars*")
    'two \\*stars\\*'
    """
    special = "\\`*_{}[]<>#|"
    return "".join(f"\\{c}" if c in special else c for c in " ".join(text.split()))

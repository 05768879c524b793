"""How an answer is worded: the same for a terminal, a page and a file."""

import dataclasses
import math
import re

from qa.library.paragraphs import Span
from qa.settings import Settings
from qa.types import Alternative, Answer, Citation

__all__ = [
    "clipped",
    "confidence_percent",
    "confidence_words",
    "contradicts",
    "is_worth_a_look",
    "markdown_line",
    "missing_words",
    "near_citation",
    "near_passages",
    "near_sentences",
    "one_line",
    "part_around",
    "place",
    "plain",
    "plain_line",
    "plural",
    "reason_words",
    "worth_a_look",
]

_LEAST_LIKELY = 0.05  # confidence below which other words are not shown
_LEVELS = ((0.9, "very sure"), (0.7, "fairly sure"), (0.5, "more likely than not"))
_NEAR = 3  # sentences and passages shown where there is no answer
_REASONS = {  # one chosen article is told of in the singular
    "no_articles": "There are no articles here yet.",
    "no_match": "{who} {do} not say: {none_is} about this.",
    "no_answer": "{who} {do} not seem to say: passages come near, but none answers.",
    "low_confidence": "{who} may not say: the best words found are unsure.",
}
_HELD_BACK = "Words were found, but they are less sure ({} %) than was asked for."
_USUAL = Settings().min_confidence  # from here on words are given unless more is asked
# of a word that a cut goes through: its end, its beginning, with white space
_END_OF_WORD = re.compile(r"\S{0,40}\s+")
_BEGINNING_OF_WORD = re.compile(r"\s+\S{0,40}\Z")


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


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "article"), plural(1200, "article")
    ('1 article', '1,200 articles')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def reason_words(answer: Answer, chosen: int = 0) -> str:
    """Return why there is no answer, as a sentence; of an answer, the empty string.

    `chosen` is how many articles were asked, where only some were; 0 stands for all.
    """
    if answer.reason is None:
        return ""
    if _is_held_back(answer):
        return _HELD_BACK.format(confidence_percent(answer.confidence))
    who, do, none_is = "The articles", "do", "none is"
    if chosen == 1:
        who, do, none_is = "The chosen article", "does", "it is not"
    elif chosen:
        who = f"The {chosen:,} chosen articles"
    return _REASONS[answer.reason].format(who=who, do=do, none_is=none_is)


def _is_held_back(answer: Answer) -> bool:
    """Tell whether words would have been given, had not more than usual been asked."""
    return answer.reason == "low_confidence" and answer.confidence >= _USUAL


def missing_words(answer: Answer) -> str:
    """Return which words of the question no article contains; may be empty."""
    if not answer.unknown_words or answer.reason == "no_articles":
        return ""
    return f"No article contains: {', '.join(answer.unknown_words)}"


def one_line(passage: str) -> str:
    r"""Return the beginning of a passage in one line, its paragraphs told apart.

    >>> one_line("The search\n\nPolice look for two men.")
    'The search · Police look for two men.'
    """
    lines = [line for line in passage[:1000].splitlines() if line.strip()]
    return " · ".join(lines)


def part_around(
    text: str, whole: Span, inner: Span, max_beside: int
) -> tuple[Span, str, str]:
    """Return the part of `whole` around `inner`, and the signs of what is left out.

    The part has at most `max_beside` characters on either side of `inner`, and is cut
    between words, or where it must be in a text without spaces. A sign is empty on a
    side where nothing is cut.

    >>> part_around("one two three four", (0, 18), (8, 13), 6)
    ((4, 18), '… ', '')
    """
    first = max(whole[0], inner[0] - max_beside)
    last = min(whole[1], inner[1] + max_beside)
    before, after = first > whole[0], last < whole[1]
    # from the character outside of the cut, so that a whole word is not taken for half
    if before and (rest := _END_OF_WORD.match(text, first - 1, inner[0])):
        first = rest.end()
    if after and (rest := _BEGINNING_OF_WORD.search(text, inner[1], last + 1)):
        last = rest.start()
    return (first, last), "… " if before else "", " …" if after else ""


def worth_a_look(answer: Answer) -> list[tuple[int, Alternative]]:
    """Return the other words found that are likely enough, each with its index.

    So are those that contradict, however little a sure answer leaves them.
    """
    return [
        (index, other)
        for index, other in enumerate(answer.alternatives)
        if is_worth_a_look(other) or contradicts(answer, other)
    ]


def contradicts(answer: Answer, other: Alternative) -> bool:
    """Tell whether another article by itself is at least half as sure of other words.

    Their confidence is that of their own times what the answer leaves. Words that only
    say more or less of the same, as "President" of "the Russian president", are none.
    """
    # here, not at the top: commands that show no answer do without it
    from qa.reading.answer import is_alike

    cited = {citation.article for citation in answer.citations}
    least = answer.confidence * (1.0 - answer.confidence) / 2
    return (
        answer.is_found
        and other.confidence >= least
        and not cited & {citation.article for citation in other.citations}
        and not is_alike(answer.text or "", other.text)
    )


def is_worth_a_look(other: Alternative) -> bool:
    """Tell whether other words are likely enough to be shown as possible answers."""
    return other.confidence >= _LEAST_LIKELY


def near_sentences(answer: Answer) -> list[tuple[int, Alternative]]:
    """Return words found that are no answer, each with its index, one a sentence.

    A sentence is shown once, though it stands in several places.

    Where no answer was given, the sentences that hold them are what comes nearest: by
    hand, of 221 dev questions held back though the articles answer them, what is shown
    holds the expected words of 76 %; the beginnings of the three passages that rank
    first hold those of 28 %.
    """
    shown: dict[str, tuple[int, Alternative]] = {}
    for index, other in enumerate(answer.alternatives):
        shown.setdefault(other.sentence, (index, other))
    return list(shown.values())[:_NEAR]


def near_citation(other: Alternative) -> Citation:
    """Return where words stand that are no answer: their sentence if hardly likely.

    For then the sentence alone is shown, without marks. One of another length than its
    offsets, as may come from outside, cannot be cited; then its words are.
    """
    cited = other.citations[0]
    start, end = cited.sentence_start, cited.sentence_end
    if is_worth_a_look(other) or len(other.sentence) != end - start:
        return cited
    return dataclasses.replace(cited, start=start, end=end, quote=other.sentence)


def near_passages(answer: Answer) -> list[tuple[int, Citation]]:
    """Return the nearest passages that hold none of those sentences, with their index.

    Each text once. Sentences and passages together are as many as are worth a look.
    Beside words that were only held back, none: they were found, not come near.
    """
    if _is_held_back(answer):
        return []
    told = [other for _, other in near_sentences(answer)]
    shown: dict[str, tuple[int, Citation]] = {}
    for index, near in enumerate(answer.nearest):
        if not any(_holds(near, other) for other in told):
            shown.setdefault(near.quote, (index, near))
    return list(shown.values())[: _NEAR - len(told)]


def _holds(passage: Citation, other: Alternative) -> bool:
    """Tell whether a passage holds the sentence, or its beginning."""
    first = other.citations[0]
    is_there = passage.passage_start <= first.sentence_start < passage.passage_end
    is_same_article = passage.article == first.article
    return (is_same_article and is_there) or other.sentence in passage.quote


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


def markdown_line(text: str) -> str:
    r"""Return the text in one line, without what Markdown would read as markup.

    >>> markdown_line("two\n*stars*")
    'two \\*stars\\*'
    """
    special = "\\`*_{}[]<>#|"
    return "".join(f"\\{c}" if c in special else c for c in " ".join(text.split()))

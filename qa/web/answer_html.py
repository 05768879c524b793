"""One turn of the conversation: the question, and the answer or why there is none."""

from collections.abc import Callable

from qa.types import Answer, Article
from qa.web.cited_html import alternatives_html, citations_html, nearest_html
from qa.web.source_html import GONE, is_changed, paragraphs_around
from qa.web.text_html import escape, isolated, marked
from qa.wording import (
    clipped,
    confidence_percent,
    confidence_words,
    part_around,
    plural,
    reason_words,
)

__all__ = ["Lookup", "answer_html", "is_unsure", "said", "stub_html", "turn_html"]

Lookup = Callable[[str], Article | None]
"""Finds an article by its id; None when it has gone from the library."""

_MOST_BESIDE = 700  # characters of the sentence shown on either side of the span
_LONG_SPAN = 160  # characters; a longer one is set smaller
_WHOLE = 0.9  # share of its sentence from which a span counts as all of it
_LENGTHS = {"span": "Words", "sentence": "Sentence", "paragraph": "Paragraph"}
_EXPLAINED = (
    "An estimate of the chance that these words answer the question, fitted on "
    "questions whose answers are known: of answers this sure, about {share} in 100 "
    "should be right. The quote itself is exact in any case."
)


def turn_html(
    answer: Answer, number: int, find: Lookup, chosen: int = 0, unread: int = 0
) -> str:
    """Return one exchange as an `<article>`.

    Args:
        answer: found or not.
        number: of the exchange in its conversation, from 0.
        find: finds the article that is cited.
        chosen: how many articles were asked, where only some were; 0 stands for all.
        unread: how many files were still being read when it was asked.
    """
    body = f"{_understood(answer)}{answer_html(answer, number, find, chosen, unread)}"
    return _turn(answer.question, number, body)


def stub_html(kept: object, number: int) -> str:
    """Return the exchange for a kept answer that cannot be read any more."""
    question = kept.get("question") if isinstance(kept, dict) else None
    return _turn(
        question if isinstance(question, str) else "",
        number,
        '<p class="stub">This answer cannot be shown any more. '
        '<button class="quiet" data-act="ask-anew">Ask again</button></p>',
    )


def _turn(question: str, number: int, body: str) -> str:
    return (
        f'<article class="turn" data-turn="{number}" tabindex="-1" '
        f'aria-labelledby="q{number}">'
        f'<header class="asked"><h2 id="q{number}" dir="auto">'
        f"{escape(clipped(question, 2000))}</h2>"
        '<button class="quiet edit" data-act="edit" aria-label="Edit this question '
        f'and ask again">Edit</button></header>{body}</article>'
    )


def answer_html(
    answer: Answer, number: int, find: Lookup, chosen: int = 0, unread: int = 0
) -> str:
    """Return what stands below the question; arguments as for `turn_html`.

    How sure an answer is stands below its words, and before them where it is a guess.
    """
    if not answer.is_found:
        return _not_found(answer, number, chosen, unread)
    first = answer.citations[0]
    article, notice = find(first.article), ""
    if article is None:
        notice = _notice(GONE)
    elif is_changed(article, first, answer.sentence):
        article = None
        notice = _notice(
            "The article has changed since this was answered; this is what it said "
            "then."
        )
    is_guess = is_unsure(answer)
    words = f"{_words(answer, article)}{notice}"
    facts = f'<div class="facts">{_sureness(answer, number)}{_agreement(answer)}</div>'
    return (
        f'<div class="found{" is-unsure" if is_guess else ""}">'
        f"{facts + words if is_guess else words + facts}"
        f"{citations_html(answer.citations)}"
        f"{alternatives_html(answer, is_open=is_guess)}"
        f"{_footer(answer, is_found=True)}{_unread(unread)}</div>"
    )


def is_unsure(answer: Answer) -> bool:
    """Tell whether the words given are more likely wrong than right."""
    return answer.is_found and confidence_words(answer.confidence) == "unsure"


def said(answer: Answer, chosen: int = 0) -> str:
    """Return what is read out when the answer comes; `chosen` as for `turn_html`."""
    if answer.text is None:
        return reason_words(answer, chosen)
    if is_unsure(answer):
        return f"Unsure ({confidence_percent(answer.confidence)} %): {answer.text}"
    return answer.text


def _notice(told: str) -> str:
    return f'<p class="notice">{told}</p>'


def _unread(files: int) -> str:
    """Return that not all had been read yet when it was asked, if so."""
    if not files:
        return ""
    were = "was" if files == 1 else "were"
    return (
        f'<p class="indexing">Asked while {plural(files, "file")} {were} still being '
        "read, whose words may not be in this answer. "
        '<button class="quiet" data-act="ask-anew">Ask again</button></p>'
    )


def _understood(answer: Answer) -> str:
    if answer.standalone.strip() == answer.question.strip():
        return ""
    return (
        '<p class="understood"><span class="label">Understood as</span> '
        f'<span dir="auto">{escape(clipped(answer.standalone, 2000))}</span> '
        '<button class="quiet" data-act="edit-understood" aria-label="Edit what was '
        'understood and ask again">Edit</button></p>'
    )


def _words(answer: Answer, article: Article | None) -> str:
    """Return the paragraph with its sentence and its span, to be shown in part.

    Without the article as it was, the sentence that was kept is all there is.
    """
    cited = answer.citations[0]
    span, sentence = (
        (cited.start, cited.end),
        (cited.sentence_start, cited.sentence_end),
    )
    if article is None:
        text, shift = answer.sentence or cited.quote, cited.sentence_start
        span = (cited.start - shift, cited.end - shift)
        sentence = (0, len(text))
        (begin, stop), lead, tail = sentence, "", ""
    else:
        text = article.text
        (begin, stop), lead, tail = paragraphs_around(text, sentence)
    # a "sentence" may be a list without an end: the span must not drown in it
    (first, last), cut, cut_off = part_around(text, sentence, span, _MOST_BESIDE)
    inner = marked(text, first, last, span=span, sentence=sentence)
    before = _aside("gap", cut) or _aside("around", lead + marked(text, begin, first))
    after = _aside("gap", cut_off) or _aside("around", marked(text, last, stop) + tail)
    length = cited.end - cited.start
    size = " is-long" if length > _LONG_SPAN else ""
    if length > _WHOLE * (cited.sentence_end - cited.sentence_start):
        size += " is-whole"  # nothing around it to be told from
    return (
        f'<blockquote class="words{size}" dir="auto" cite="#">'
        f"{before}{inner}{after}</blockquote>"
    )


def _aside(kind: str, html: str) -> str:
    return f'<span class="{kind}">{html}</span>' if html else ""


def _sureness(answer: Answer, number: int) -> str:
    share = confidence_percent(answer.confidence)
    words = confidence_words(answer.confidence).capitalize()
    return (
        '<span class="sure"><button class="sure-words" '
        f'aria-describedby="tip{number}"><span class="meter" aria-hidden="true">'
        f'<span style="width:{share}%"></span></span>{words} '
        f'<span class="number">{share} %</span></button>'
        f'<span role="tooltip" id="tip{number}">{_EXPLAINED.format(share=share)}</span>'
        "</span>"
    )


def _agreement(answer: Answer) -> str:
    articles = len({citation.article for citation in answer.citations})
    if articles < 2:
        return ""
    return f'<span class="agree">Same words in {plural(articles, "article")}</span>'


def _not_found(answer: Answer, number: int, chosen: int, unread: int) -> str:
    missing = ""
    if answer.unknown_words and answer.reason != "no_articles":
        words = ", ".join(
            f"<em>{isolated(word, 80)}</em>" for word in answer.unknown_words[:12]
        )
        missing = f'<p class="missing">No article contains: {words}</p>'
    all_ = ""
    if chosen:
        all_ = '<p><button class="widen" data-act="widen">Ask all articles</button></p>'
    return (
        f'<div class="unfound"><p class="reason">'
        f"{escape(reason_words(answer, chosen))}</p>"
        f"{_unread(unread)}{all_}{missing}{nearest_html(answer)}"
        f'<div class="instead" data-instead="{number}" hidden></div>'
        f"{_footer(answer, is_found=False)}</div>"
    )


def _footer(answer: Answer, *, is_found: bool) -> str:
    total = answer.timings.get("total", 0.0)
    spent = f"{total:,.0f} ms" if total >= 1 else "under 1 ms"
    over = plural(answer.passages, "passage")
    actions = ""
    if is_found:
        radios = "".join(
            f'<button role="radio" aria-checked="false" data-length="{length}">'
            f"{label}</button>"
            for length, label in _LENGTHS.items()
        )
        actions = (
            f'<span class="lengths" role="radiogroup" aria-label="Length of the '
            f'answer">{radios}</span>'
            '<button class="quiet copy" data-act="copy">Copy quote</button>'
        )
    return (
        f'<footer class="below">{actions}<span class="spent">{spent} over {over}</span>'
        "</footer>"
    )

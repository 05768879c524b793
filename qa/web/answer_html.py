"""One turn of the conversation: the question, and the answer or why there is none."""

from collections.abc import Callable

from qa.types import Alternative, Answer, Article, Citation
from qa.web.source_html import is_changed, paragraphs_around
from qa.web.text_html import escape, isolated, marked
from qa.wording import (
    clipped,
    confidence_percent,
    confidence_words,
    contradicts,
    is_worth_a_look,
    near_passages,
    near_sentences,
    one_line,
    part_around,
    plural,
    reason_words,
    worth_a_look,
)

__all__ = ["Lookup", "answer_html", "stub_html", "turn_html"]

Lookup = Callable[[str], Article | None]
"""Finds an article by its id; None when it has gone from the library."""

_MOST_BESIDE = 700  # characters of the sentence shown on either side of the span
_MOST_NEAR = 150  # the same, where it is one of several that come near
_LONG_SPAN = 160  # characters; a longer one is set smaller
_WHOLE = 0.9  # share of its sentence from which a span counts as all of it
_LENGTHS = {"span": "Words", "sentence": "Sentence", "paragraph": "Paragraph"}
_EXPLAINED = (
    "An estimate of the chance that these words answer the question, fitted on "
    "questions whose answers are known: of answers this sure, about {share} in 100 "
    "should be right. The quote itself is exact in any case."
)


def turn_html(answer: Answer, number: int, find: Lookup, chosen: int = 0) -> str:
    """Return one exchange as an `<article>`; `number` counts from 0.

    `chosen` is how many articles were asked, where only some were; 0 stands for all.
    """
    body = f"{_understood(answer)}{answer_html(answer, number, find, chosen)}"
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


def answer_html(answer: Answer, number: int, find: Lookup, chosen: int = 0) -> str:
    """Return what stands below the question."""
    if not answer.is_found:
        return _not_found(answer, number, chosen)
    first = answer.citations[0]
    article, notice = find(first.article), ""
    if article is not None and is_changed(article, first, answer.sentence):
        article = None
        notice = (
            '<p class="notice">The article has changed since this was answered; this '
            "is what it said then.</p>"
        )
    return (
        '<div class="found">'
        f"{_words(answer, article)}{notice}"
        f'<div class="facts">{_sureness(answer, number)}{_agreement(answer)}</div>'
        f"{_citations(answer.citations)}"
        f"{_alternatives(answer)}"
        f"{_footer(answer, is_found=True)}</div>"
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
    return f'<span class="agree">{plural(articles, "article")} agree</span>'


def _place(citation: Citation, *more: str) -> str:
    parts = [f'<span class="title">{isolated(citation.title)}</span>']
    if citation.published:
        day = citation.published
        parts.append(f'<time datetime="{day}">{day.day} {day:%B %Y}</time>')
    page, paragraph = f"page {citation.page}", f"paragraph {citation.paragraph}"
    parts.append(escape(page if citation.page else paragraph))
    facts = " · ".join([*parts[1:], *more])
    return f'{parts[0]} <span class="where">{facts}</span>'


def _citations(citations: tuple[Citation, ...]) -> str:
    items = "".join(
        f'<li><button class="cite" data-cite="{index}" data-group="citations">'
        f'<span class="mark" aria-hidden="true">{index + 1}</span>'
        f'<span class="vh">Citation {index + 1}: </span>{_place(citation)}'
        "</button></li>"
        for index, citation in enumerate(citations)
    )
    return f'<ol class="citations" aria-label="Citations">{items}</ol>'


def _alternatives(answer: Answer) -> str:
    shown = worth_a_look(answer)
    if not shown:
        return ""
    items = "".join(_alternative(index, a) for index, a in shown)
    return (
        f'<details class="others"><summary>{escape(_others(answer, shown))} '
        f'<span class="count">({len(shown)})</span></summary>'
        f"<ol>{items}</ol></details>"
    )


def _others(answer: Answer, shown: list[tuple[int, Alternative]]) -> str:
    """Return what stands above the alternatives: who says otherwise, if one does."""
    others = [other for _, other in shown if contradicts(answer, other)]
    if not others:
        return "Other possible answers"
    saying = {citation.article for citation in others[0].citations}
    who = "Another article says" if len(saying) == 1 else "Other articles say"
    return f"{who}: {clipped(others[0].text, 60)}"


def _alternative(index: int, alternative: Alternative) -> str:
    sure = f"{confidence_percent(alternative.confidence)} %"
    return (
        f'<li><button class="cite" data-cite="{index}" data-group="alternatives">'
        f'<span class="other-words" dir="auto">{escape(clipped(alternative.text, 320))}'
        f"</span> {_place(alternative.citations[0], sure)}</button></li>"
    )


def _not_found(answer: Answer, number: int, chosen: int) -> str:
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
        f"{all_}{missing}{_near(answer)}"
        f'<div class="instead" data-instead="{number}" hidden></div>'
        f"{_footer(answer, is_found=False)}</div>"
    )


def _near(answer: Answer) -> str:
    """Return the sentences and passages that come nearest, as a list."""
    items = [_near_sentence(index, a) for index, a in near_sentences(answer)]
    for index, citation in near_passages(answer):
        words = escape(clipped(one_line(citation.quote), 220))
        items.append(_near_item("nearest", index, words, _place(citation)))
    if not items:
        return ""
    return f'<h3>What comes nearest</h3><ol class="nearest">{"".join(items)}</ol>'


def _near_sentence(index: int, other: Alternative) -> str:
    """Return an item whose words are marked where they may be an answer after all."""
    first, text = other.citations[0], other.sentence
    span = (first.start - first.sentence_start, first.end - first.sentence_start)
    (start, end), cut, cut_off = part_around(text, (0, len(text)), span, _MOST_NEAR)
    if is_worth_a_look(other):
        words = marked(text, start, end, span=span)
        place = _place(first, f"{confidence_percent(other.confidence)} %")
    else:
        words, place = marked(text, start, end), _place(first)
    return _near_item("alternatives", index, f"{cut}{words}{cut_off}", place)


def _near_item(group: str, index: int, words: str, place: str) -> str:
    return (
        f'<li><button class="cite" data-cite="{index}" data-group="{group}">'
        f'<span class="near-words" dir="auto">{words}</span> {place}</button></li>'
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

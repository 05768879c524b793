"""Lists of what is cited: for an answer, beside it, or nearest where there is none."""

from qa.types import Alternative, Answer, Citation
from qa.web.text_html import escape, isolated, marked
from qa.wording import (
    clipped,
    confidence_percent,
    contradicts,
    is_worth_a_look,
    near_passages,
    near_sentences,
    one_line,
    part_around,
    worth_a_look,
)

__all__ = ["alternatives_html", "citations_html", "nearest_html"]

_MOST_NEAR = 150  # characters of a sentence shown on either side of words in it


def _place(citation: Citation, *more: str) -> str:
    parts = [f'<span class="title">{isolated(citation.title)}</span>']
    if citation.published:
        day = citation.published
        parts.append(f'<time datetime="{day}">{day.day} {day:%B %Y}</time>')
    page, paragraph = f"page {citation.page}", f"paragraph {citation.paragraph}"
    parts.append(escape(page if citation.page else paragraph))
    facts = " · ".join([*parts[1:], *more])
    return f'{parts[0]} <span class="where">{facts}</span>'


def citations_html(citations: tuple[Citation, ...]) -> str:
    """Return what an answer cites: its place, then where else the same words stand.

    A sentence that holds them twice is listed once.
    """
    places: dict[tuple[str, int], int] = {}
    for index, cited in enumerate(citations):
        places.setdefault((cited.article, cited.sentence_start), index)
    first, *others = (
        f'<li><button class="cite" data-cite="{index}" data-group="citations">'
        f'<span class="mark" aria-hidden="true">{number}</span>'
        f'<span class="vh">Citation {number}: </span>{_place(citations[index])}'
        "</button></li>"
        for number, index in enumerate(places.values(), start=1)
    )
    listed = f'<ol class="citations" aria-label="Citations">{first}</ol>'
    if others:
        listed += (
            '<p class="also">Same words also in</p>'
            f'<ol class="citations" start="2">{"".join(others)}</ol>'
        )
    return listed


def alternatives_html(answer: Answer, *, is_open: bool = False) -> str:
    """Return the other possible answers, unfolded or to be."""
    shown = worth_a_look(answer)
    if not shown:
        return ""
    items = "".join(_alternative(index, a) for index, a in shown)
    state = " open" if is_open else ""
    return (
        f'<details class="others"{state}><summary>{escape(_others(answer, shown))} '
        f'<span class="count">({len(shown)})</span></summary>'
        f"<ol>{items}</ol></details>"
    )


def _others(answer: Answer, shown: list[tuple[int, Alternative]]) -> str:
    """Return what stands above the alternatives: other words of an article apart."""
    others = [other for _, other in shown if contradicts(answer, other)]
    if not others:
        return "Other possible answers"
    saying = {citation.article for citation in others[0].citations}
    where = "In another article" if len(saying) == 1 else "In other articles"
    return f"{where}: {clipped(others[0].text, 60)}"


def _alternative(index: int, alternative: Alternative) -> str:
    sure = f"{confidence_percent(alternative.confidence)} %"
    return (
        f'<li><button class="cite" data-cite="{index}" data-group="alternatives">'
        f'<span class="other-words" dir="auto">{escape(clipped(alternative.text, 320))}'
        f"</span> {_place(alternative.citations[0], sure)}</button></li>"
    )


def nearest_html(answer: Answer) -> str:
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

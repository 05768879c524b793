"""Candidates become one answer with citations, or none, and why.

The decision is made for the question, not for each passage: spans of equal words are
one answer where the reader finds an answer in each, every answer gets one confidence,
and the best is compared with what was asked for. A passage without an answer has no
vote, so many of them cannot outvote the one that answers (Clark & Gardner 2018 compare
raw logits across passages likewise).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.reading.cite import cite, cite_passage
from qa.reading.confidence import Calibration, Evidence
from qa.reading.kinds import asks_several, asks_statement, fits, is_beside, statement
from qa.reading.spans import level_marks
from qa.search.terms import content_words, coverage, fold, is_bare
from qa.types import Alternative, Answer, Candidate, Citation, Hit, Passage, Reason

__all__ = ["Proposal", "choose", "is_alike", "propose", "says"]

_CONSIDERED = 24  # best candidates of all passages; more never won on the dev sets
_FREE = 3  # words of an answer that cost nothing
# confidence below which the articles do not say, rather than may not: by hand, of the
# dev questions held back below it they answer 9 %, of the others 34 %
_HARDLY = 0.1
# cosine below which no passage seems to be about a question of whose content words
# none holds half: by hand with `training.looks` and the default embedder, 140 of 200
# questions asked of articles about other things are so, and one of 2,352 of their own
_FOREIGN = 0.25
_HALF = 0.5
_NEAREST = 3  # passages shown when the articles do not say
_WORD = re.compile(
    # a number with its sign, currency and per cent sign: -$1,200.50, 9:30, 5 %
    r"(?:(?<![^\s([{“„«])[-±<>])?(?:[$£€¥] ?)?(?:(?<![\w.])\.)?\d+(?:[.,:/]\d+)*"
    r"(?: ?[%‰]|[$£€¥](?!\d))?[\w\u0300]*(?:[+#]+(?!\w))?"
    r"|[\w\u0300]+(?:[+#]+(?!\w))?"  # a word: also C++, C#
)
_ARTICLE = re.compile(r"\s*(?:an?|the)\s+(?=\S)")
_DENIALS = frozenset(
    """
    cannot hardly neither never no nobody non none nor not nothing nowhere without
    """.split()
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that could be given: spans of equal words, and what speaks for it."""

    spans: tuple[Candidate, ...]  # best first, one for each place
    evidence: Evidence
    confidence: float

    @property
    def best(self) -> Candidate:
        """The span that the answer is shown with."""
        return self.spans[0]


def propose(
    question: str,
    hits: Sequence[Hit],
    candidates: Sequence[Candidate],
    calibration: Calibration,
    *,
    unknown: float = 0.0,
) -> list[Proposal]:
    """Return the answers that the candidates allow, most confident first.

    `unknown` is the share of the question's words that no article holds.
    Ties keep the order of the candidates, which is that of their scores.
    """
    possible = [
        c for c in candidates if not (is_bare(c.text) or is_beside(question, c.text))
    ]
    considered = sorted(possible, key=_by_margin)[:_CONSIDERED]
    if asks_statement(question):
        considered = [replace(c, start=c.start + statement(c.text)) for c in considered]
    groups: dict[str, list[Candidate]] = {}
    for candidate in considered:
        group = groups.setdefault(_words(candidate.text), [])
        if not group or candidate.margin >= 0:  # other places say it, not only hold it
            group.append(candidate)
    ranked = {_place(hit.passage): (n, hit) for n, hit in enumerate(hits, start=1)}
    proposals = []
    for words, group in groups.items():
        # "30 September" speaks for "30 September 2015"
        alike = [
            others
            for said, others in groups.items()
            if _is_alike(words, said) and (others is group or others[0].margin >= 0)
        ]
        evidence = _evidence(question, group, alike, ranked, unknown)
        proposals.append(
            Proposal(tuple(group), evidence, calibration.confidence(evidence))
        )
    return sorted(proposals, key=lambda p: -p.confidence)


def _place(passage: Passage) -> tuple[str, int]:
    return passage.article.id, passage.start


def _by_margin(candidate: Candidate) -> tuple[float, int, int]:
    return (-candidate.margin, candidate.start, candidate.end)


def _evidence(
    question: str,
    group: Sequence[Candidate],
    alike: Sequence[Sequence[Candidate]],
    ranked: dict[tuple[str, int], tuple[int, Hit]],
    unknown: float,
) -> Evidence:
    best = group[0]
    _, hit = ranked[_place(best.passage)]
    context = f"{best.passage.article.title}\n{best.passage.text}"
    n_words = len(_words(best.text).split())
    is_statement = asks_statement(question)
    is_long = is_statement or asks_several(question)  # by its nature
    return Evidence(
        margin=best.margin,
        rank=1.0 / min(ranked[_place(c.passage)][0] for c in group),
        fused=hit.score,
        cosine=hit.dense or 0.0,
        coverage=coverage(question, context),
        unknown=unknown,
        agreement=math.log(len({c.passage.article.id for g in alike for c in g})),
        fit=fits(question, best.text),
        statement=float(is_statement),
        length=0.0 if is_long else math.log(max(1.0, n_words / _FREE)),
        asked=math.log1p(len(content_words(question))),
    )


def _words(text: str) -> str:
    """The words by which two spans count as equal, each between two spaces."""
    low = fold(text).lower().replace("’", "'").replace("n't", " not")
    low = low.replace("\u2212", "-").replace("–", "-")  # minus sign, en dash
    article = _ARTICLE.match(low)
    found = _WORD.finditer(level_marks(low), article.end() if article else 0)
    words = [low[word.start() : word.end()].replace(" ", "") for word in found]
    return f" {' '.join(words) or text} "


def _is_alike(words: str, others: str) -> bool:
    """Tell whether one holds the other in a row, and denies no more than it."""
    is_part = words in others or others in words
    return is_part and _denials(words) == _denials(others)


def _denials(words: str) -> int:
    return sum(word in _DENIALS for word in words.split())


def is_alike(text: str, other: str) -> bool:
    """Tell whether one text holds the other's words, and denies no more than it."""
    return _is_alike(_words(text), _words(other))


def says(text: str, proposal: Proposal) -> bool:
    """Tell whether a text holds the words of an answer, in their order."""
    return _words(proposal.best.text) in _words(text)


def choose(
    question: str,
    hits: Sequence[Hit],
    proposals: Sequence[Proposal],
    *,
    min_confidence: float,
    max_alternatives: int,
    unknown_words: Sequence[str] = (),
) -> Answer:
    """Return the best answer, or an abstention with its reason.

    Args:
        question: the question that was looked for.
        hits: what retrieval found, best first.
        proposals: answers that the spans read in them allow, best first.
        min_confidence: below it we abstain.
        max_alternatives: further answers shown, at most.
        unknown_words: words of the question that no article holds.
    """
    if not proposals or proposals[0].confidence < min_confidence:
        reason = _reason(question, hits, proposals)
        is_near = reason != "no_match"
        return Answer(
            question=question,
            standalone=question,
            text=None,
            sentence=None,
            confidence=proposals[0].confidence if proposals else 0.0,
            reason=reason,
            alternatives=_alternatives(proposals, max_alternatives) if is_near else (),
            unknown_words=tuple(unknown_words),
            nearest=_nearest(hits, proposals) if is_near else (),
        )
    best = proposals[0]
    citations = _citations(best)
    return Answer(
        question=question,
        standalone=question,
        text=best.best.text,
        sentence=_sentence(citations[0], best.best),
        confidence=best.confidence,
        citations=citations,
        unknown_words=tuple(unknown_words),
        alternatives=_alternatives(proposals[1:], max_alternatives, best),
    )


def _nearest(
    hits: Sequence[Hit], proposals: Sequence[Proposal]
) -> tuple[Citation, ...]:
    """Cite the passages with the best words first, then those that rank first."""
    found = (span.passage for proposal in proposals for span in proposal.spans)
    passages = {_place(p): p for p in (*found, *(hit.passage for hit in hits))}
    return tuple(cite_passage(p) for p in list(passages.values())[:_NEAREST])


def _reason(
    question: str, hits: Sequence[Hit], proposals: Sequence[Proposal]
) -> Reason:
    if proposals and proposals[0].confidence >= _HARDLY:
        return "low_confidence"
    was_asked = any(hit.dense is not None for hit in hits)
    is_near = any(not was_asked or _is_near(question, hit) for hit in hits)
    return "no_answer" if is_near else "no_match"


def _is_near(question: str, hit: Hit) -> bool:
    """Tell whether a passage may be about the question, by meaning or by words.

    By words alone a name typed for itself is near, which means little to an embedder.
    """
    if (hit.dense or 0.0) >= _FOREIGN:
        return True
    article = hit.passage.article
    return coverage(question, f"{article.title}\n{hit.passage.text}") >= _HALF


def _citations(proposal: Proposal) -> tuple[Citation, ...]:
    """One citation for each place; overlapping passages give one place once."""
    kept: list[Candidate] = []
    for span in proposal.spans:
        if not any(_overlap(span, other) for other in kept):
            kept.append(span)
    return tuple(cite(span) for span in kept)


def _sentence(citation: Citation, span: Candidate) -> str:
    text = span.passage.article.text
    return text[citation.sentence_start : citation.sentence_end]


def _alternatives(
    proposals: Sequence[Proposal], at_most: int, answer: Proposal | None = None
) -> tuple[Alternative, ...]:
    """The next answers, without those that only widen or narrow one shown before.

    What is not the best is right only where the best is wrong. By hand, of 7,000 that
    dev answers left beside them those with 5 to 10 % by this product were right in
    7 %, those with 10 to 20 in 15 %; without it 40 % stood where 10 % were right.
    """
    seen = [answer] if answer else []
    shown: list[Proposal] = []
    for proposal in proposals:
        if len(shown) == at_most:
            break
        if not any(_overlap(proposal.best, other.best) for other in [*seen, *shown]):
            shown.append(proposal)
    alternatives = []
    best = [*seen, *shown][:1]
    for proposal in shown:
        left = 1.0 if proposal in best else 1.0 - best[0].confidence
        citations = _citations(proposal)
        alternatives.append(
            Alternative(
                text=proposal.best.text,
                sentence=_sentence(citations[0], proposal.best),
                confidence=left * proposal.confidence,
                citations=citations,
            )
        )
    return tuple(alternatives)


def _overlap(one: Candidate, other: Candidate) -> bool:
    return (
        one.passage.article.id == other.passage.article.id
        and one.start < other.end
        and other.start < one.end
    )

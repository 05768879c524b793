"""Statements put into the mouths of made-up speakers, in the manner of newswire.

The training passages hold few attributions, and newswire is full of them. So sentences
of a passage get a speaker, in the forms of newswire ("..., the minister said."), and
the question names speaker and topic. Asked for somebody who is silent, the passage does
not answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from training.data import Row
from training.statements import FIRST, LAST, STOP, ask, silent_on, topic

_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s+[A-Z\"“])[^.!?\n]*)*[.!?]?")
_ROLES = (
    "Finance Minister|Foreign Minister|chairman|spokesman|analyst|Senator|"
    "Professor|President|mayor|director|economist|lawyer|biologist|Judge|"
    "chief executive|Prime Minister|historian|engineer|union leader"
).split("|")
_BODIES = (
    "the ministry|the company|a company spokesman|the agency|officials|analysts|"
    "a government spokesman|traders|the central bank|a senior official|Iran|"
    "the court|the union|investigators|the White House|Japan|France|the report|"
    "the committee|residents|the airline|doctors|the survey|Brazil"
).split("|")


_SAID = ["said"] * 6 + (
    "added argued warned insisted claimed stressed noted announced explained predicted"
    " denied"
).split()
_TOLD = [
    "told reporters",
    "told a news conference",
    "told Reuters",
    "said in a statement",
    "said on Monday",
] * 2


_WH = (
    r"(?P<wh>(?:Who|What|When|Where|Why|Which|How)\b"
    r"(?: (?!did|is|was|are|were)[\w-]+){0,3}?)"
)
_DID = re.compile(rf"{_WH} did (?P<rest>.+)")
_IS = re.compile(rf"{_WH} (?P<be>is|was|are|were) (?P<rest>(?:the|a|an|[A-Z]).*)")
_SUBJECT = re.compile(
    r"(?P<wh>Who|What|Which [\w-]+) (?P<rest>(?:\w+ed|won|wrote|led|made|became|began"
    r"|held|had|has|built|took|gave|caused|will|would|can|could|may|said) .+)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A staged statement: how a question names the speaker, the verb, and the span."""

    asked: str
    verb: str
    start: int
    end: int


def _speaker(random: Random) -> tuple[str, str]:
    """Return how a passage names a speaker, and how a question does."""
    if random.random() < 0.4:
        body = random.choice(_BODIES)
        return body, body
    role = random.choice(_ROLES)
    name, last = random.choice(FIRST), random.choice(LAST)
    full = random.choice([f"{role} {name} {last}", f"{name} {last}", f"{name} {last}"])
    asked = random.choice([full, f"{name} {last}", last, f"{role} {last}"])
    return full, asked


def _told(what: str, who: str, random: Random) -> tuple[str, str, int]:
    """Return a sentence in which `who` says `what`, the verb, and where `what` starts.

    `what` is a sentence without its full stop.
    """
    name = what.split(maxsplit=1)[0].lower() not in STOP  # maybe: keep its capital
    clause = what if name else what[0].lower() + what[1:]
    cap = who[0].upper() + who[1:]
    said = random.choice(_SAID + _TOLD)
    form = random.choice(["that", "bare", "according", "after", "quoted", "quote"])
    if form == "after":
        return f"{what}, {who} {said}.", said, 0
    if form == "quoted":
        verb = said.split(maxsplit=1)[0]
        told = random.choice([f"{verb} {who}", f"{who} {said}"])
        return f'"{what}," {told}.', said, 1
    if form == "quote":
        return f'{cap} {said}, "{what}."', said, len(f'{cap} {said}, "')
    opening = {
        "that": f"{cap} {said} that ",
        "bare": f"{cap} {said} ",
        "according": f"According to {who}, ",
    }[form]
    return f"{opening}{clause}.", said, len(opening)


def _fit(sentence: str) -> bool:
    """Tell whether somebody could have said the sentence, all of it."""
    return (
        8 <= len(sentence.split()) <= 40
        and re.match(r"[A-Z].*[.]$", sentence, re.DOTALL) is not None
        and '"' not in sentence
        and not re.match(r"(?:And|But|However|This|I)\b", sentence)
    )


def stage(text: str, random: Random) -> tuple[str, list[Said]]:
    """Return the passage with one to three sentences said by somebody, and which."""
    sentences = [s.strip() for s in _SENTENCE.findall(text) if s.strip()]
    fit = [n for n, sentence in enumerate(sentences) if _fit(sentence)]
    chosen = random.sample(fit, min(len(fit), random.choice([1, 2, 2, 3])))
    staged, said = "", []
    for n, sentence in enumerate(sentences):
        staged += " " if staged else ""
        if n not in chosen:
            staged += sentence
            continue
        who, asked = _speaker(random)
        told, verb, at = _told(sentence[:-1], who, random)
        start = len(staged) + at
        said.append(Said(asked, verb, start, start + len(sentence) - 1))
        staged += told
    return staged, said


def attributed(row: Row, random: Random) -> Row | None:
    """Return the question with the sentence of its answer put into a mouth, or None.

    The answer stays what it was, a part of the statement: not every question that
    names a speaker wants all of what was said.
    """
    start, end = row.answers[0]
    for match in _SENTENCE.finditer(row.context):
        sentence = match.group().strip()
        left = match.start() + match.group().find(sentence)
        if not left <= start < end < left + len(sentence):
            continue
        if not _fit(sentence):
            return None
        who, asked = _speaker(random)
        told, _, at = _told(sentence[:-1], who, random)
        tail = row.context[left + len(sentence) :]
        spans: tuple[tuple[int, int], ...] = ((start + at, end + at),)
        if random.random() < 0.1:
            stranger = _speaker(random)[1]
            if stranger.split()[-1] not in row.context + who:
                asked, spans = stranger, ()
        question = attribute(row.question, asked, random)
        text = row.context[:left] + told + tail
        return Row(f"{row.id}-attributed", row.title, text, question, spans, "staged")
    return None


def attribute(question: str, who: str, random: Random) -> str:
    """Return the question, asked for what `who` said about it.

    >>> attribute("What did Tesla build?", "Ann Lee", Random(0))
    'What did Ann Lee say Tesla build?'
    >>> attribute("Where is the capital?", "Ann Lee", Random(0))
    'Where did Ann Lee say the capital is?'
    """
    bare = question.strip().rstrip("?").rstrip()
    if random.random() < 0.9:
        if match := _DID.match(bare):
            return f"{match['wh']} did {who} say {match['rest']}?"
        if (match := _IS.match(bare)) and len(match["rest"].split()) < 8:
            return f"{match['wh']} did {who} say {match['rest']} {match['be']}?"
        if match := _SUBJECT.match(bare):
            return f"{match['wh']} did {who} say {match['rest']}?"
    return random.choice(
        [
            f"According to {who}, {bare}?",
            f"{bare}, according to {who}?",
            f"{bare}, in the opinion of {who}?",
            f"{bare}, in {who}'s words?",
        ]
    )


def staged_rows(row: Row, random: Random, topics: Sequence[str]) -> Iterator[Row]:
    """Yield a question for each staged statement, and some that have no answer.

    Those ask for a stranger's words, or for what the speaker said of something else,
    which may be one of `topics`.
    """
    text, staged = stage(row.context, random)
    for n, said in enumerate(staged):
        about = topic(text[said.start : said.end], random)
        if len(staged) == 1 and random.random() < 0.3:
            about = None
        question = ask(said.asked, said.verb, about, random)
        span = ((said.start, said.end),)
        yield Row(f"{row.id}-staged{n}", row.title, text, question, span, "staged")
        elsewhere = silent_on(text, *span[0], random.choice(topics), random)
        if random.random() < 0.3 and elsewhere:
            question = ask(said.asked, said.verb, elsewhere, random)
            key = f"{row.id}-staged{n}-elsewhere"
            yield Row(key, row.title, text, question, (), "staged")
        stranger = _speaker(random)[1]
        if random.random() < 0.18 and stranger.split()[-1] not in text:
            question = ask(stranger, said.verb, about, random)
            yield Row(f"{row.id}-staged{n}-no", row.title, text, question, (), "staged")

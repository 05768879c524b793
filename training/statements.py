"""Questions about what somebody said, from attributions that stand in a passage.

"X said that ...", "..., X said", "According to X, ..." become questions whose answer
is the whole statement, never the reporting verb. Pronouns are no speakers, since nobody
can ask for "he"; that loses many statements and is why `staged.py` makes more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from training.data import Row

_WHO = (
    r"(?:[A-Z][\w'’-]+(?:\.? (?:of|de|van|von|the|and|al|bin|[A-Z][\w'’-]*))*"
    r"(?: [A-Z][\w'’-]+)*|[Tt]he [a-z]+(?: [a-z]+)?|[Oo]fficials|[Cc]ritics"
    r"|[Rr]esearchers|[Ss]cientists|[Hh]istorians|[Ss]cholars)"
)
_VERB = (
    r"(?:said|says|stated|told [\w ]{2,20}?|added|argued|argues|claimed|claims|believed"
    r"|believes|suggested|suggests|announced|declared|noted|wrote|writes|explained"
    r"|warned|insisted|concluded|reported|observed|remarked|commented|denied|promised"
    r"|maintained|predicted|acknowledged|admitted|stressed|confirmed)"
)
_FOUND = [
    re.compile(
        rf"(?P<who>{_WHO}) (?P<verb>{_VERB})(?: that|,? in \d{{4}} that|[:,])? "
        r"[\"“](?P<what>[^\"“”]{15,300}?)[.,]?[\"”]"
    ),
    re.compile(
        r"[\"“](?P<what>[^\"“”]{15,300}?)[.,!?]?[\"”],? "
        rf"(?P<verb>{_VERB}) (?P<who>{_WHO})(?=[ .,])"
    ),
    re.compile(
        r"[\"“](?P<what>[^\"“”]{15,300}?)[.,!?]?[\"”],? "
        rf"(?P<who>{_WHO}) (?P<verb>{_VERB})(?=[ .,])"
    ),
    re.compile(
        rf"(?P<who>{_WHO}) (?P<verb>{_VERB}) that (?P<what>[^.;\"“”]{{15,260}})"
        r"(?=[.;])"
    ),
    re.compile(rf"According to (?P<who>{_WHO}), (?P<what>[^.;\"“”]{{15,260}})(?=[.;])"),
    re.compile(
        rf"(?<=[.!?] )(?P<what>[A-Z][^.;\"“”]{{15,260}}), "
        rf"(?P<who>{_WHO}) (?P<verb>said|says|added)(?=[.])"
    ),
]
_NOT_WHO = frozenset(
    "the he she it they we i you who this that there what which as but and when in some"
    " many others his her one also".split()
)
STOP = frozenset(
    "a an the of to in on at by for from with as and or but nor so yet if than then"
    " that this these those it its he him his she her they them their we us our i me"
    " my you your who whom whose which what when where why how is are was were be been"
    " being am do does did have has had having will would can could may might must"
    " shall should not no only also very more most some any all each both few many"
    " much other such into over under about between through during before after above"
    " below up down out off again there here just even still because while until"
    " against among across although however too one two said says told".split()
)
FIRST = (
    "James Maria Ali Helen Robert Chen Fatima Peter Ingrid Carlos Yuri Kenji Anna"
    " David Grace Omar Louise Hans Tomas Nadia Paul Susan Victor Mark"
).split()
LAST = (
    "Baker Hassan Lindgren Ortiz Tanaka Volkov Muller Rossi Okafor Dubois Kim Novak"
    " Silva Jensen Clarke Mehta Rahman Keller Moreau Johnson Pereira Doyle"
).split()
_PLAIN = ["say"] * 5 + ["state", "claim", "announce", "argue", "tell reporters"]
_ASKED = {
    "added": "add",
    "admitted": "admit",
    "announced": "announce",
    "argued": "argue",
    "believed": "believe",
    "claimed": "claim",
    "denied": "deny",
    "explained": "explain",
    "insisted": "insist",
    "noted": "note",
    "predicted": "predict",
    "promised": "promise",
    "stressed": "stress",
    "suggested": "suggest",
    "warned": "warn",
}
_OPEN = [
    "What did {who} {do}?",
    "What does {who} say?",
    "What was {who}'s statement?",
    "What has {who} said?",
]
_ABOUT = [
    "What does {who} say about {about}?",
    "What does {who} think of {about}?",
    "What was {who}'s view of {about}?",
    "What has {who} said on {about}?",
    "According to {who}, what about {about}?",
    "What is {who}'s position on {about}?",
    "How did {who} comment on {about}?",
]


@dataclass(frozen=True, slots=True)
class Statement:
    """Who said what: the speaker, a verb, and the span `[start, end)` of the words."""

    who: str
    verb: str
    start: int
    end: int


def find_statements(text: str) -> list[Statement]:
    """Return the attributions of a passage, in order, none overlapping another.

    Pronouns are no speakers: nobody can ask for "he".

    >>> text = 'Ann Lee said that prices would rise soon. It rained.'
    >>> found = find_statements(text)
    >>> [(s.who, text[s.start : s.end]) for s in found]
    [('Ann Lee', 'prices would rise soon')]
    """
    found: list[Statement] = []
    taken: list[tuple[int, int]] = []
    for pattern in _FOUND:
        for match in pattern.finditer(text):
            who, (start, end) = match["who"], match.span("what")
            if who.split()[0].lower() in _NOT_WHO and len(who.split()) == 1:
                continue
            if any(start < right and end > left for left, right in taken):
                continue
            verb = match["verb"] if "verb" in pattern.groupindex else "said"
            found.append(Statement(who, verb, start, end))
            taken.append((start, end))
    return sorted(found, key=lambda statement: statement.start)


def topic(statement: str, random: Random) -> str | None:
    """Return two or three neighbouring content words of a statement, or None.

    >>> topic("the price of crude oil", Random(0))
    'crude oil'
    """
    words = re.findall(r"[\w'’-]+(?:\.\d+)?|[^\w\s]", statement)
    runs: list[list[str]] = [[]]
    for word in words:
        if word.lower() in STOP or not re.match(r"\w", word):
            runs.append([])
        else:
            runs[-1].append(word)
    usable = [run[:3] for run in runs if len(run) >= 2]
    if not usable:
        usable = [run for run in runs if run and len(run[0]) > 4]
    return " ".join(random.choice(usable)) if usable else None


def silent_on(
    text: str, start: int, end: int, about: str, random: Random
) -> str | None:
    """Return a topic that the statement `text[start:end]` does not touch, or None.

    Half of the time it is one of another sentence of the passage, so that a reader
    that only looks for the words of the question is fooled; else it is `about`.
    """
    rest = text[:start] + ". " + text[end:]
    near = topic(rest, random) if random.random() < 0.5 else about
    said = {word[:5] for word in re.findall(r"\w+", text[start:end].lower())}
    words = {word[:5] for word in re.findall(r"\w+", (near or "").lower())}
    return near if words and not words & said else None


def ask(who: str, verb: str, about: str | None, random: Random) -> str:
    """Return a question for what `who` said, with the topic when there is one."""
    do = (
        _ASKED.get(verb.split(maxsplit=1)[0], "say") if random.random() < 0.6 else "say"
    )
    do = random.choice(_PLAIN) if do == "say" else do
    if about is None:
        return random.choice(_OPEN).format(who=who, do=do)
    link = random.choice(["about", "about", "about", "on", "regarding", "of"])
    link = "about" if do == "say" and link == "of" else link
    form = random.choice([f"What did {{who}} {{do}} {link} {{about}}?"] * 6 + _ABOUT)
    return form.format(who=who, do=do, about=about)


def found_rows(row: Row, random: Random, topics: Sequence[str]) -> Iterator[Row]:
    """Yield questions for each statement of a passage, and some that it leaves open.

    A lone statement is also asked for without its topic. A stranger is somebody the
    passage does not name; a lone speaker is also asked about what he did not speak of,
    which may be one of `topics`.
    """
    found = find_statements(row.context)
    for n, said in enumerate(found):
        span = ((said.start, said.end),)
        what = row.context[said.start : said.end]
        subjects = [topic(what, random), topic(what, random)]
        if len(found) == 1:
            subjects[0] = None
        for k, about in enumerate(dict.fromkeys(subjects)):
            question = ask(said.who, said.verb, about, random)
            key = f"{row.id}-said{n}-{k}"
            yield Row(key, row.title, row.context, question, span, "found")
        elsewhere = silent_on(row.context, *span[0], random.choice(topics), random)
        if len(found) == 1 and elsewhere:
            question = ask(said.who, said.verb, elsewhere, random)
            key = f"{row.id}-said{n}-elsewhere"
            yield Row(key, row.title, row.context, question, (), "found")
        if random.random() < 0.25:
            stranger = f"{random.choice(FIRST)} {random.choice(LAST)}"
            question = ask(stranger, said.verb, topic(what, random), random)
            key = f"{row.id}-said{n}-no"
            yield Row(key, row.title, row.context, question, (), "found")

"""Questions whose answer is a whole list: "Which countries signed it?".

Labelled sets hold few of them, and a reader that met few answers with one item of the
list. So the name that answers a question becomes a list in its passage, with others
that answer questions of the same kind; the question is put into the plural where rules
can tell how.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

from training.data import Row

__all__ = ["listed_rows"]

_NAME = re.compile(
    r"(?:the |The )?[A-Z][\w'’-]+"
    r"(?: (?:of the |of |the |de |von |van )?[A-Z][\w'’.-]*)*"
)
_ASKED = re.compile(
    r"\b(?P<word>who|which|what|when|where|why|how|whose|whom)\b(?: (?P<kind>[a-z]+))?"
    r"(?: (?P<verb>[\w'’]+))?",
    re.IGNORECASE,
)
_AUXILIARY = frozenset(
    "did do does was were is are has have had will would can could should may might"
    " must".split()
)
_PAST = frozenset(
    "won led wrote made took gave became held built sang found went came began ran lost"
    " left met sent sold bought brought beat fought got grew kept knew paid said saw"
    " spoke stood taught told threw drew drove fell".split()
)
_NO_KIND = frozenset("kind type sort percentage year date day else all".split())
_PLURAL = {"was": "were", "is": "are", "has": "have"}
_SUBJECT = frozenset(
    "the a an his her its their he she it they this that these those there".split()
)
_IRREGULAR = {"person": "people", "man": "men", "woman": "women"}
_COUNT = ("", "", "two", "three", "four", "five")
_FEWEST = 4  # names known of a kind


def plural(noun: str) -> str:
    """Return the plural of a noun in the singular.

    >>> [plural(noun) for noun in ("country", "day", "church", "person", "team")]
    ['countries', 'days', 'churches', 'people', 'teams']
    """
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(?:s|x|z|ch|sh)$", noun) else "s")


def asked_kind(question: str) -> str | None:
    """Return what a question asks for, "who" or a noun, or None if it is not told.

    A noun stands right before a verb or the end, else it may be an adjective.

    >>> asked = "Who won?", "In what city?", "What was it?", "Which old city fell?"
    >>> [asked_kind(question) for question in asked]
    ['who', 'city', None, None]
    """
    found = _ASKED.search(question)
    if not found:
        return None
    word, kind, verb = found["word"].lower(), found["kind"], found["verb"]
    if word == "who":
        return "who"
    if word not in ("which", "what") or not kind or kind in _AUXILIARY | _NO_KIND:
        return None
    is_verb = not verb or verb in _AUXILIARY | _PAST or verb.endswith("ed")
    return kind if is_verb and not kind.endswith("s") else None


def _many(question: str, kind: str, count: int, random: Random) -> str:
    """Return the question in the plural, now and then with the number of names."""
    number = f"{_COUNT[count]} " if random.random() < 0.25 else ""
    noun = "" if kind == "who" else f" {kind}"
    found = re.search(rf"\b(?:who|which|what){noun}\b", question, re.IGNORECASE)
    if not found:
        return question
    asked = found.group() if kind == "who" else found.group().split()[0]
    things = "" if kind == "who" else f" {number}{plural(kind)}"
    rest = question[found.end() :]
    verb, _, after = rest.lstrip().partition(" ")
    subject = after.split(" ", 1)[0]
    if verb in _PLURAL and subject.islower() and subject not in _SUBJECT:
        rest = f" {_PLURAL[verb]} {after}"
    return question[: found.start()] + asked + things + rest


def listed_rows(rows: Sequence[Row], random: Random) -> Iterator[Row]:
    """Yield each question whose answer is a name, asked of a list of such names.

    >>> rows = [Row(n, "", f"{n} won it.", "Which team won it?", ((0, len(n)),), "")
    ...         for n in ("Ajax", "Porto", "Celtic", "Benfica")]
    >>> made = next(listed_rows(rows, Random(3)))
    >>> made.question, made.context
    ('Which teams won it?', 'Benfica, Ajax, Celtic and Porto won it.')
    >>> made.texts
    ['Benfica, Ajax, Celtic and Porto']
    """
    found = [(row, kind) for row in rows if (kind := _kind_of(row))]
    names: dict[str, set[str]] = defaultdict(set)
    for row, kind in found:
        names[kind].add(row.texts[0])
    pools = {kind: sorted(known) for kind, known in names.items()}
    for row, kind in found:
        if len(pools[kind]) < _FEWEST:
            continue
        drawn = random.sample(pools[kind], min(len(pools[kind]), 8))
        others = _apart([n for n in drawn if n not in row.context], row.texts[0])
        number = random.choice((1, 2, 2, 3, 3, 4))
        if not others:
            continue
        all_names = [row.texts[0], *others[:number]]
        random.shuffle(all_names)
        comma = random.choice(("", ","))
        *most, last = all_names
        joined = f"{', '.join(most)}{comma if len(most) > 1 else ''} and {last}"
        start, end = row.answers[0]
        context = row.context[:start] + joined + row.context[end:]
        question = _many(row.question, kind, len(all_names), random)
        span = (start, start + len(joined))
        key = f"{row.id}-listed"
        yield Row(key, row.title, context, question, (span,), "listed", row.lead)


def _apart(names: Sequence[str], first: str) -> list[str]:
    """Return those names of which none is a part of another, nor of the first."""
    kept = [first]
    for name in names:
        if not any(name in other or other in name for other in kept):
            kept.append(name)
    return kept[1:]


def _kind_of(row: Row) -> str | None:
    """Return the kind of name that a row asks for; None where it is no bare name."""
    kind = asked_kind(row.question)
    is_name = row.answers and _NAME.fullmatch(row.texts[0])
    return kind if kind and is_name and len(row.texts[0].split()) <= 5 else None

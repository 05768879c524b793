"""Questions whose answer is a whole list: "Which countries signed it?".

Labelled sets hold few of them, and a reader that met few answers with one item of the
list. So the name that answers a question becomes a list in its passage, with others
that answer questions of the same kind, and the question its plural.
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
_ASKED = re.compile(r"\b(?P<word>[Ww]ho|[Ww]hich|[Ww]hat)(?: (?P<kind>[a-z]+))?")
_NO_KIND = frozenset(
    "was is were are did does do had has have will would can could should may might"
    " must of in on at the a an to if about kind kinds type types sort percentage"
    " happened made caused".split()
)
_PLURAL = {"was": "were", "is": "are", "has": "have", "does": "do"}
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

    >>> [asked_kind(q) for q in ("Who won?", "In what city?", "What was it?")]
    ['who', 'city', None]
    """
    found = _ASKED.search(question)
    if not found:
        return None
    if found["word"].lower() == "who":
        return "who"
    kind = found["kind"]
    return None if kind is None or kind in _NO_KIND or kind.endswith("s") else kind


def _many(question: str, kind: str, count: int, random: Random) -> str:
    """Return the question in the plural, now and then with the number of names."""
    number = f"{_COUNT[count]} " if random.random() < 0.25 else ""

    def changed(found: re.Match[str]) -> str:
        verb = found["verb"] and f" {_PLURAL.get(found['verb'], found['verb'])}"
        things = "" if kind == "who" else f" {number}{plural(kind)}"
        return f"{found['word']}{things}{verb or ''}"

    noun = "" if kind == "who" else f" {kind}"
    asked = rf"\b(?P<word>[Ww]ho|[Ww]hich|[Ww]hat){noun}\b(?: (?P<verb>\w+))?"
    return re.sub(asked, changed, question, count=1)


def listed_rows(rows: Sequence[Row], random: Random) -> Iterator[Row]:
    """Yield each question whose answer is a name, asked of a list of such names.

    >>> rows = [Row(n, "", f"{n} won it.", "Which team won it?", ((0, len(n)),), "")
    ...         for n in ("Ajax", "Porto", "Celtic", "Benfica")]
    >>> made = next(listed_rows(rows, Random(3)))
    >>> made.question, made.texts, made.context
    ('Which teams won it?', ['Ajax and Benfica'], 'Ajax and Benfica won it.')
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
        others = [name for name in drawn if name not in row.context]
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


def _kind_of(row: Row) -> str | None:
    """Return the kind of name that a row asks for; None where it is no bare name."""
    kind = asked_kind(row.question)
    is_name = row.answers and _NAME.fullmatch(row.texts[0])
    return kind if kind and is_name and len(row.texts[0].split()) <= 5 else None

"""Whether a span has the look of what is asked for: a time, number, name, statement.

The first words of a question tell the kind (Li & Roth 2002, "Learning question
classifiers"); marks of the kind in the span are looked for. It is evidence among
others, and the calibration gives it its weight; only a time of day where an amount is
asked is dropped outright (`is_beside`).
"""

import re
from functools import lru_cache

__all__ = [
    "asks_amount",
    "asks_several",
    "asks_statement",
    "fits",
    "is_beside",
    "statement",
]

_ASKS = re.compile(
    r"\b(?:(?P<time>what (?:year|date|day|month|time)|which (?:year|date|day|month)"
    r"|how long ago|when)"
    r"|(?P<amount>how (?:many|much|old|long|far|high|large|big|tall|deep|heavy|fast"
    r"|often|wide)|what (?:number|share|percentage|percent|proportion|amount|price"
    r"|rate))"
    r"|(?P<statement>what (?:else |exactly )?"
    # not "what was the book that he said", nor a name: Said
    r"(?:(?:did|does|do|has|have|had)|(?:was|were)(?!.*\b(?:who|that|which|by)\b)) .*?"
    r"\b(?:say|(?-i:said|SAID)|tell|told|ask|asked|claim|argue|warn|announce|promise"
    r"|declare|suggest|predict|explain|reply|replied|insist|deny|denied|admit))"
    r"|(?P<person>who|whom|whose)"
    r"|(?P<other>what|which|where|why|how))\b",
    re.I,
)
_BEFORE = frozenset(  # a word that asks, where the clause does not start with it
    """
    and but or so then exactly tell me us know wonder out
    about after against at before between by during for from in near of on over since
    than through till to toward towards under until with without
    """.split()
)
_LOOKED_AT = 40  # characters before such a word
_PLURAL = (  # by its last letter, which "status", "basis" and "press" have too
    r"(?!(?:news|series|species|means|politics|physics|economics|mathematics|athletics"
    r"|does|goes|says)\b)(?-i:[a-z])\w+[^\W_](?<![su])(?<!i)s\b"
)
_SEVERAL = re.compile(
    # "which costs more" is one, and so is what has a name in -s
    rf"\bwhich\s+{_PLURAL}(?!\s+(?:more|most|less|least|first|last|the|an?|in|of)\b)"
    # behind another word it may be a verb: "which bank leads the talks"
    rf"|\b(?:which|what)\s+(?:(?!(?:do|did|does|is|are|was|were|has|have|had|will)\b)"
    rf"\w+\s+)?{_PLURAL}\s+"
    r"(?:are|were|have|had|do|did|does|has|is|was|will|would|can|could|should|must|may"
    r"|might|\w{3,}ed)\b"
    r"|\b(?:which|what)\s+(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\s"
    r"|\b(?:who|what|which)\s+(?:are|were|all|else)\b"
    r"|\b(?:which|what)\s+(?:people|men|women|children)\b",
    re.I,
)
_ASIDE = re.compile(  # "when the dam broke, how many", not "when did it, in all, break"
    r"when (?!(?:did|do|does|is|are|was|were|will|would|has|had|have|can|could|should"
    r"|may|might|must)\b)\w[^,]*,",
    re.I,
)

_TIME = re.compile(
    r"\d|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|\b(?:last|next|this|early|late|mid|the)[ -]?(?:week|month|year|fall|day|decade"
    r"|weekend)s?\b"
    r"|\b(?:ago|after|before|during|since|until|today|yesterday|tomorrow|midnight|noon"
    r"|spring|summer|autumn|winter|christmas|easter|century|centuries|world war"
    r"|dawn|dusk|morning|afternoon|evening|night|(?:twen|thir|for|fif|six|seven|eigh"
    r"|nine)ties)\b",
    re.I,
)
_NUMBER = re.compile(
    r"\d|\b(?:an? (?:few|dozen|quarter|third|hundred|thousand|million|billion|couple)"
    r"|no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion"
    r"|dozens?|half|twice|once|none|several|many|most|all|both|double|quarter|third)\b",
    re.I,
)
_CLOCK = re.compile(  # says when, never how many
    r"\b\d{1,2}(?::\d\d)?\s?(?:[ap]\.?m\b\.?|o['’]clock)|\b\d{1,2}:\d\d\b(?!:)"
    r"|\b\d{3,4}\s?(?:GMT|UTC)\b",
    re.I,
)
_LASTS = re.compile(  # "3:59" and "a week" may be the answer
    r"\bhow (?:fast|long|often|much (?:more )?time|many (?:hours|minutes|seconds))\b",
    re.I,
)
_PERIOD = re.compile(
    r"\b(?:(?:second|minute|hour|day|night|week|month|year|decade)s?|century|centuries"
    r"|(?:hour|dai|night|week|month|year)ly|annually|always|rarely|seldom|often)\b",
    re.I,
)
_CLAUSE = re.compile(r"\w+(?:\W+\w+){3}")  # four words: less is no statement
_REPORT = re.compile(  # verbs that say the same as "said"; "denied that" must stay
    r"(?:\w+ly\s+)?(?:added|affirmed|announced|argued|asserted|claimed|confirmed|declared"
    r"|emphasi[sz]ed|explained|insisted|maintained|noted|observed|reiterated|remarked"
    r"|repeated|replied|said|says|stated|stressed|underlined|warned|wrote)"
    r"(?:\s+\w+ly)?\s+that\s+(?=\w)",
    re.I,
)
_PERSONS = re.compile(
    r"\b(?:he|she|they|president|minister|officials?|leaders?|people|members|group"
    r"|chairman|director|\w+ers?|\w+ors?|\w+ists?|\w+men|\w+ians?)\b",
    re.I,
)


@lru_cache(16)  # every span that is proposed looks at it
def _asked(question: str) -> re.Match[str] | None:
    """Return the words that ask: the first, if they do not open a mere aside.

    Several, such as "what year", ask wherever they stand; "who" and its like at the
    start, behind a mark, a number or a word of `_BEFORE`, and at the end.
    """
    for found in _ASKS.finditer(question):
        if " " in found[0] or _may_ask(question, *found.span()):
            return found
    return None


def _may_ask(question: str, start: int, end: int) -> bool:
    if _ASIDE.match(question, start):
        return False
    before = question[max(0, start - _LOOKED_AT) : start].split()
    if not before or not before[-1][-1].isalpha() or before[-1].lower() in _BEFORE:
        return True
    return not any(map(str.isalnum, question[end:]))


def _kind(question: str) -> str:
    asked = _asked(question)
    return (asked and asked.lastgroup) or "other"


def asks_statement(question: str) -> bool:
    """Tell whether it is asked what somebody said.

    >>> asks_statement("What did Iran say about it?"), asks_statement("Who said so?")
    (True, False)
    """
    return _kind(question) == "statement"


def asks_several(question: str) -> bool:
    """Tell whether it is asked for more than one, so that the answer is a list.

    >>> asks_several("Which countries signed it?"), asks_several("Which bank leads it?")
    (True, False)
    >>> asks_several("What two things did he want?"), asks_several("What did he want?")
    (True, False)
    """
    return _SEVERAL.search(question) is not None


def statement(text: str) -> int:
    """Return where what was said begins, behind a verb that only reports it.

    >>> text = "stressed firmly that prices would fall soon"
    >>> text[statement(text) :], statement("denied that prices would fall soon")
    ('prices would fall soon', 0)
    """
    report = _REPORT.match(text)
    return report.end() if report and _CLAUSE.search(text, report.end()) else 0


def asks_amount(question: str) -> bool:
    """Tell whether it is asked how many or how much.

    >>> asks_amount("How many came?"), asks_amount("How did they come?")
    (True, False)
    """
    return _kind(question) == "amount"


def is_beside(question: str, span: str) -> bool:
    """Tell whether the span cannot be what was asked: a time of day for an amount.

    >>> is_beside("How far was it?", "7:49"), is_beside("How far was it?", "a barge")
    (True, False)
    """
    is_amount = asks_amount(question) and fits(question, span) < 0
    return is_amount and _CLOCK.search(span) is not None


def fits(question: str, span: str) -> float:
    """Return 1.0 if the span looks as asked, -1.0 if not, 0.0 if nothing is known.

    >>> fits("When did it land?", "8 April 2016"), fits("When?", "a barge")
    (1.0, -1.0)
    >>> fits("When?", "Chicago"), fits("When?", "the market"), fits("When?", "last May")
    (-1.0, -1.0, 1.0)
    >>> fits("How many came?", "nine"), fits("Who said so?", "Ken Ito")
    (1.0, 1.0)
    >>> fits("How far was it?", "7:49 a.m."), fits("How far was it?", "10 km at 7:49")
    (-1.0, 1.0)
    >>> fits("What did she say about it?", "that it was far too late"), fits(
    ...     "What did she say about it?", "tomorrow")
    (1.0, -1.0)
    >>> fits("Why did they leave?", "the storm")
    0.0
    """
    kind = _kind(question)
    if kind == "time":
        is_fit = _TIME.search(span) is not None
    elif kind == "amount" and _LASTS.search(question):
        is_fit = bool(_NUMBER.search(span) or _PERIOD.search(span))
    elif kind == "amount":
        is_fit = _NUMBER.search(_CLOCK.sub(" ", span)) is not None
    elif kind == "person":
        is_fit = _PERSONS.search(span) is not None or any(map(_may_begin_name, span))
    elif kind == "statement":
        is_fit = _CLAUSE.search(span) is not None
    else:
        return 0.0
    return 1.0 if is_fit else -1.0


def _may_begin_name(char: str) -> bool:
    """Tell whether it is a capital, or a letter of a script that has none."""
    return char.isalpha() and not char.islower()

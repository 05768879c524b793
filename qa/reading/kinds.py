"""Whether a span has the look of what is asked for: a time, number, name, statement.

The first words of a question tell the kind (Li & Roth 2002, "Learning question
classifiers"); marks of the kind in the span are looked for. It is evidence among
others, no rule: the calibration gives it its weight.
"""

import re

__all__ = ["asks_amount", "asks_statement", "fits", "speaker"]

_WHEN = re.compile(
    r"\b(?:when|what (?:year|date|day|month|time)|which (?:year|date|day|month)"
    r"|since when|until when|by when|in what year|how long ago)\b",
    re.I,
)
_AMOUNT = re.compile(
    r"\bhow (?:many|much|old|long|far|high|large|big|tall|deep|heavy|fast|often|wide)\b"
    r"|\bwhat (?:number|share|percentage|percent|proportion|amount|price|rate)\b"
    r"|\b(?:by|at) (?:how much|what (?:price|rate))\b",
    re.I,
)
_WHO = re.compile(r"\b(?:who|whom|whose)\b", re.I)

_SAID = re.compile(
    r"\bwhat (?:did|does|do|has|have|had|was|were) (?P<who>.*?)"
    r"\b(?:say|said|tell|told|ask|asked|claim|argue|warn|announce|promise|declare"
    r"|suggest|predict|explain|reply|replied|insist|deny|denied|admit|add|write"
    r"|written)\b",
    re.I,
)

_TIME = re.compile(
    r"\d|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|\b(?:last|next|this|early|late|mid|the)[ -]?(?:week|month|year|spring|summer"
    r"|autumn|fall|winter|day|century|decade|night|morning|weekend)s?\b"
    r"|\b(?:ago|after|before|during|since|until|today|yesterday|tomorrow|midnight|noon"
    r"|spring|summer|autumn|winter|christmas|easter)\b",
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
_DURATION = re.compile(r"\bhow (?:fast|long)\b", re.I)  # "3:59" may be one
_NAME = re.compile(r"[A-Z][\w'’.-]*|[^\x00-\x7f]")
_CLAUSE = re.compile(r"\w+(?:\W+\w+){3}")  # four words: less is no statement
_PERSONS = re.compile(
    r"\b(?:he|she|they|president|minister|officials?|leaders?|people|members|group"
    r"|chairman|director|\w+ers?|\w+ors?|\w+ists?|\w+men|\w+ians?)\b",
    re.I,
)


def asks_statement(question: str) -> bool:
    """Tell whether it is asked what somebody said.

    >>> asks_statement("What did Iran say about it?"), asks_statement("Who said so?")
    (True, False)
    """
    return bool(_SAID.search(question))


def speaker(question: str) -> str:
    """Return who is asked about, where it is asked what somebody said.

    >>> speaker("What did the mayor of Ulm say about it?"), speaker("Who said so?")
    ('the mayor of Ulm', '')
    """
    said = _SAID.search(question)
    return said["who"].strip() if said else ""


def asks_amount(question: str) -> bool:
    """Tell whether it is asked how many or how much.

    >>> asks_amount("How many came?"), asks_amount("How did they come?")
    (True, False)
    """
    return bool(_AMOUNT.search(question))


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
    for asks, shows in (
        (_WHEN, (_TIME,)),
        (_AMOUNT, (_NUMBER,)),
        (_WHO, (_NAME, _PERSONS)),
        (_SAID, (_CLAUSE,)),
    ):
        if asks.search(question):
            if asks is _AMOUNT and not _DURATION.search(question):
                span = _CLOCK.sub(" ", span)
            return 1.0 if any(mark.search(span) for mark in shows) else -1.0
    return 0.0

"""Questions that sentences of an article may answer, made by templates.

A template turns a statement around without a parser: a date becomes "When did …", a
number that opens a sentence "How many …", a person "Who …" or "What did … say about".
What comes out is only proposed: it is offered after it has been asked and answered by
the very sentence (`examples.py`), so a clumsy proposal costs a question, not trust.
"""

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest

from qa.library.paragraphs import Span
from qa.library.sentences import sentence_spans
from qa.types import Article

__all__ = ["Proposal", "is_vague", "proposals"]

Proposal = tuple[str, Span]
"""A question, and the sentence that should answer it."""

_PASTS = """
    met meet/held hold/signed sign/began begin/took take/launched launch/adopted adopt/
    approved approve/agreed agree/voted vote/resigned resign/visited visit/landed land/
    left leave/arrived arrive/announced announce/crashed crash/opened open/closed close/
    started start/won win/beat beat/flew fly/became become/joined join/died die/
    killed kill/struck strike/entered enter/passed pass/reached reach/imposed impose/
    extended extend/annexed annex/invaded invade/published publish/released release/
    founded found/lost lose/sent send/shot shoot/fell fall/broke break/built build/
    elected elect/appointed appoint/admitted admit/declared declare/ended end/
    returned return/travelled travel/carried carry/called call/set set/ran run/
    halted halt/shut shut/hardened harden/drove drive/paid pay/raided raid/blew blow/
    followed follow/tightened tighten/chaired chair/led lead/gave give/made make
"""
_BASE = dict(re.findall(r"(\w+) (\w+)", _PASTS))
_PAST = "|".join(_BASE)
_NAME = (
    r"(?:(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Gov)\.\s)?"
    r"[A-Z][\w’'-]+(?:\s(?:al-|de\s|von\s|bin\s)?[A-Z][\w’'-]+){0,3}"
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)"
)
_DATE = (
    rf"(?:\w+day,?\s)?(?:\d{{1,2}}\s{_MONTH}(?:\s\d{{4}})?"
    rf"|{_MONTH}\s\d{{1,2}}(?:,\s\d{{4}})?|{_MONTH}\s\d{{4}})"
)
_CLAUSE = r"[^,;:.()“”\"—–\n]"  # what a clause is made of
_SUBJECT = rf"(?P<subject>(?:The|An?)\s(?:[\w’'-]+\s){{0,4}}?[\w’'-]+|{_NAME})"
_DID = re.compile(
    rf"\A{_SUBJECT}\s(?P<verb>{_PAST})\b(?P<rest>{_CLAUSE}{{0,90}}?)"
    rf"\s(?:on|in)\s{_DATE}(?:[,.;]|\s(?:and|at|by|in|to|when|with)\b)"
)
_ON_THAT_DAY = re.compile(
    rf"\A(?:On|In)\s{_DATE},?\s(?P<subject>(?:the|an?)\s(?:[\w’'-]+\s){{0,4}}?[\w’'-]+"
    rf"|{_NAME})\s(?P<verb>{_PAST})\b(?P<rest>{_CLAUSE}{{0,70}}?)(?=[,.;])"
)
_WAS = re.compile(
    rf"\A{_SUBJECT}\s(?P<verb>was|were)\s(?P<rest>(?:\w+ed|held|shot|built|sent|born)\b"
    rf"{_CLAUSE}{{0,60}}?)(?:,[^,;.]{{1,30}},)?\s(?:on|in)\s{_DATE}"
)
_COUNTED = re.compile(
    r"\A(?:(?:About|Some|Nearly|Almost|Around|Over|More than|At least)\s)?"
    r"(?:\d[\d,.]*(?:\s(?:million|billion|thousand))?|(?:Two|Three|Four|Five|Six|Seven"
    r"|Eight|Nine|Ten|Eleven|Twelve|\w+teen|Twenty|Thirty|Forty|Fifty|Hundreds of)"
    r"(?:-\w+)?)\s(?!(?:[a-z]+\s)?(?:day|week|month|year|hour|minute|time)s)"
    rf"(?P<rest>(?:[a-z-]+\s)?(?:[a-z-]+s|people)\s{_CLAUSE}{{12,80}}?)"
    r"(?=[,.;])"
)
_DOING = re.compile(
    rf"\A(?P<name>{_NAME})(?P<aside>,[^,;.]{{3,60}},)?\s"
    rf"(?P<rest>(?:{_PAST})\b{_CLAUSE}{{12,90}}?)(?=[,.;])"
)
_SAYING = r"(?:said|told|warned|announced|argued|insisted|claimed|promised|declared)"
_SAID = re.compile(rf"(?:\A|[,;”\"]\s)(?P<name>{_NAME})\s{_SAYING}\b(?!\sto\b)")
# what a statement is about: the subject of its clause, where that is short
_ABOUT = re.compile(
    rf"\b{_SAYING}(?:\s[\w,’.]+){{0,8}}?\sthat\s(?P<subject>(?:the|its|their|an?)?\s?"
    r"[A-Z\w][\w’'-]*(?:\s[\w’'-]+){0,3}?)\s"
    r"(?:was|were|is|are|had|has|have|could|can|should|would|will|must|might|may|did)\b"
)
_WHO = re.compile(
    rf"(?P<name>{_NAME}),\s(?:who\s|(?:an?|the)\s(?:[\w’.-]+\s){{0,3}}(?:minister|"
    r"president|chancellor|secretary|ambassador|spokesman|spokeswoman|spokesperson|"
    r"director|chief|head|leader|founder|adviser|diplomat|analyst|scientist|historian|"
    r"writer|commander|general|pilot|judge|lawyer|mayor|envoy|engineer|professor|"
    r"herder|archaeologist|investigator|officer)\b)"
)
_TOPIC = re.compile(
    r"(?<!\bin )(?<!\bat )(?<!\bin the )\b[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*"
)
_NO_NAMES = frozenset(
    """
    He She It They We I You The A An But And In On At As For That This There These Those
    One Two Three Some Many Most Others Both Officials Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday January February March April May June July August September
    October November December Jan Feb Mar Apr Jun Jul Aug Sept Oct Nov Dec When While
    After Before If What Who Why How Mr Mrs Ms Dr His Her Its Their Such Not No Nobody
    My Our Your
    """.split()
)
# words that mean something only beside the sentences before
_LEANING = frozenset(
    """
    he she it they we i you there this that these those his her him them who what which
    one all some most many both nobody nothing everybody its their only neither either
    such same other others another then also himself herself itself themselves so not
    """.split()
)
_TITLES = ("Mr", "Mrs", "Ms", "Dr", "Gen", "Lt", "Col", "Sen", "Gov")
_RANKS = frozenset(
    "President Prime Foreign Defense Secretary Chancellor King Captain Minister".split()
)
_ADJECTIVE = re.compile(r"(?:ian|can|ean|man|ish|ese|nch|tch|i|[’']\w+)\Z")
_MOST_WORDS = 16  # of a question; a longer one is a sentence turned around


def proposals(article: Article) -> Iterator[Proposal]:
    """Yield questions that sentences of the article may answer, each kind in turn.

    >>> text = "Ada Park warned that the dam could break. Bo Ito, a pilot, flew on."
    >>> [question for question, _ in proposals(Article("a", "a", "Rain", text))]
    ['Who is Bo Ito?', 'What did Ada Park say about the dam?']
    """
    kinds: list[list[Proposal]] = [[] for _ in _TEMPLATES]
    for start, end in sentence_spans(article.text):
        sentence = article.text[start:end]
        for found, template in zip(kinds, _TEMPLATES, strict=True):
            question = template(sentence, article.text)
            if question and len(question.split()) <= _MOST_WORDS:
                found.append((question, (start, end)))
                break
    seen: set[str] = set()
    for row in zip_longest(*kinds):
        for proposal in row:
            if proposal and proposal[0] not in seen:
                seen.add(proposal[0])
                yield proposal


def is_vague(question: str) -> bool:
    """Whether a question about a statement does not name what the statement is about.

    >>> is_vague("What did Ada say about the dam?"), is_vague("Who is Ada?")
    (True, False)
    """
    return re.search(r" say about [^A-Z]*\Z", question) is not None


def _when(sentence: str, _: str) -> str:
    was = _WAS.match(sentence)
    if was and _stands_alone(f"{was['subject']} {was['rest']}"):
        return f"When {was['verb']} {_inner(was['subject'])} {was['rest']}?"
    did = _DID.match(sentence) or _ON_THAT_DAY.match(sentence)
    if did is None or not _stands_alone(did["subject"] + did["rest"]):
        return ""
    if " by " in f"{did['rest']} ":  # "the plane shot down by …" is no statement
        return ""
    return f"When did {_inner(did['subject'])} {_BASE[did['verb']]}{did['rest']}?"


def _how_many(sentence: str, _: str) -> str:
    found = _COUNTED.match(sentence)
    is_told = found and re.search(rf"\b(?:were|had|{_PAST}|\w+ed)\b", found["rest"])
    if found is None or not is_told or not _stands_alone(found["rest"]):
        return ""
    return f"How many {found['rest']}?"


def _who_did(sentence: str, text: str) -> str:
    found = _DOING.match(sentence)
    if found is None or not _stands_alone(found["rest"]):
        return ""
    first, _, last = found["name"].rpartition(" ")
    is_titled = first.split(" ")[0].rstrip(".") in (*_TITLES, *_RANKS)
    is_met_again = f"Mr. {last}" in text or f"Ms. {last}" in text
    is_person = is_titled or (first and (found["aside"] or is_met_again))
    return f"Who {found['rest']}?" if is_person else ""


def _said(sentence: str, _: str) -> str:
    said = _SAID.search(sentence)
    if said is None or not _is_name(said["name"]):
        return ""
    about = _subject(sentence) or _topic(sentence, said["name"])
    return f"What did {said['name']} say about {about}?" if about else ""


def _said_of_a_name(sentence: str, text: str) -> str:
    question = _said(sentence, text)
    return "" if is_vague(question) else question


def _who_is(sentence: str, _: str) -> str:
    who = _WHO.search(sentence)
    return f"Who is {who['name']}?" if who and _is_person(who["name"]) else ""


_TEMPLATES: tuple[Callable[[str, str], str], ...] = (
    _when,
    _how_many,
    _who_did,
    _said_of_a_name,
    _who_is,
    _said,
)


def _inner(subject: str) -> str:
    """Return the subject as it stands inside a sentence."""
    first = subject.split(maxsplit=1)[0]
    return subject[0].lower() + subject[1:] if first in ("The", "A", "An") else subject


def _stands_alone(words: str) -> bool:
    """Whether the words name something, and lean on nothing said before."""
    each = re.findall(r"[\w’'-]+", words)
    is_named = any(w[0].isupper() and not w.endswith("day") for w in each[1:])
    return is_named and not _LEANING & {word.lower() for word in each}


def _is_name(name: str) -> bool:
    words = name.replace(".", "").split()
    return words[0] not in _NO_NAMES or words[0] in _TITLES


def _is_person(name: str) -> bool:
    return (
        " " in name
        and "." not in name
        and name.split(maxsplit=1)[0] not in _RANKS | _NO_NAMES
    )


def _subject(sentence: str) -> str:
    """Return what a reported statement is about, or nothing."""
    found = _ABOUT.search(sentence)
    if found is None:
        return ""
    words = found["subject"].split()
    if _LEANING & {word.lower() for word in words} or words[-1].lower() == "people":
        return ""
    kept = " ".join(words)
    return "" if kept.lower() in ("the", "a", "an") else kept


def _topic(sentence: str, name: str) -> str:
    """Return the first other name of the sentence, or nothing."""
    known = set(name.replace(".", "").split())
    for found in _TOPIC.finditer(sentence):
        words = found[0].split()
        if not found.start() or known & set(words) or words[0] in _NO_NAMES:
            continue
        if len(words) > 1 or not _ADJECTIVE.search(words[0]):
            the = "the " if sentence[: found.start()].endswith(" the ") else ""
            return the + found[0].removesuffix("’s").removesuffix("'s")
    return ""

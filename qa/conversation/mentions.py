"""Names in a text, and what they name: person, place, time or something else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qa.conversation.phrases import noun_end
from qa.conversation.words import (
    AUXILIARIES,
    COMMON_VERBS,
    FUNCTION_WORDS,
    NATIONALITY,
    NO_NAMES,
    OPENERS,
    ORGANISATION_WORDS,
    PERSON_NOUNS,
    PLACES,
    TIME_NAMES,
    TITLES,
    WH_WORDS,
    YEAR,
    Token,
    tokens,
)

__all__ = ["Mention", "mentions"]

_ARTICLED = re.compile(r"(?:a[dlnrs]|el|ul)-[A-Z]")  # al-Assad
_PARTICLES = frozenset("de du da la del van von bin al".split())  # of persons' names
_CONNECTORS = _PARTICLES | {"of", "&"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text; `kind` is "name" where nothing tells what it names."""

    text: str
    kind: Literal["person", "place", "time", "name"]
    start: int
    end: int
    is_subject: bool = False
    has_article: bool = False
    noun: str = ""  # as written behind it, where the name only modifies: " talks"

    @property
    def spoken(self) -> str:
        """The name as a sentence needs it: the United States."""
        return f"the {self.text}" if self.has_article else self.text

    @property
    def whole(self) -> str:
        """The name with the noun that it modifies: the Syria talks."""
        return f"{self.spoken}{self.noun}"

    @property
    def may_be_person(self) -> bool:
        """Whether it has the look of a person's name: Samuel Heyman, J. Smith."""
        words = self.text.split()
        return self.kind == "person" or (
            self.kind == "name"
            and not self.has_article
            and all(
                word in _PARTICLES
                or _ARTICLED.match(word)
                or re.fullmatch(r"[A-Z][\w'’.-]*[a-z.]|[IVX]+", word)
                for word in words
            )
            and not ORGANISATION_WORDS & set(self.text.lower().split())
        )


@lru_cache(maxsize=1024)  # answers stay the same while the talk goes on
def mentions(text: str) -> tuple[Mention, ...]:
    """Return names and years, in order; a nationality alone is none.

    >>> [(m.text, m.kind) for m in mentions("Did GAF chairman Ray Hill go to Iran?")]
    [('GAF', 'name'), ('Ray Hill', 'person'), ('Iran', 'place')]
    >>> [(m.text, m.kind) for m in mentions("Why did Inco's president quit in 1987?")]
    [("Inco's president", 'person'), ('Inco', 'name'), ('1987', 'time')]
    """
    words, at = tokens(text), 0
    found: list[Mention] = []
    while at < len(words):
        after = _run_end(words, at)
        if after == at:
            at += 1
            continue
        found += _mentions_of_run(text, words, at, after)
        at = after
    return tuple(found)


def _run_end(words: Sequence[Token], first: int) -> int:
    """Return the index after the name that begins at `first`; `first` if none does."""
    if YEAR.fullmatch(words[first].text):
        return first + 1
    if not _opens_name(words, first):
        return first
    after = first + 1
    while after < len(words):
        word = words[after]
        is_number = word.text.isdigit() and not YEAR.fullmatch(word.text)
        if is_number or _ARTICLED.match(word.text) or _opens_name(words, after):
            after += 1
        elif word.low in _CONNECTORS and after + 1 < len(words):
            if not _opens_name(words, after + 1) or not _takes_of(words[first:after]):
                break
            after += 2
        else:
            break
    return after


def _takes_of(name: Sequence[Token]) -> bool:
    """Whether "of" may go on a name: Bank of Montreal, not Michael Lewis of Hutton.

    Nor does it go on an abbreviation: GDP of France.
    """
    is_word = len(name) == 1 and not name[0].text.isupper()
    return is_word or any(word.low in ORGANISATION_WORDS for word in name)


def _opens_name(words: Sequence[Token], at: int) -> bool:
    word = words[at]
    if not word.is_capital:
        return False
    if len(word.text) > 1 and word.text.isupper():
        return word.low not in WH_WORDS | NO_NAMES
    if word.text == "May" and at > 0:
        return True
    if word.low in FUNCTION_WORDS or word.low in COMMON_VERBS:
        return False
    return not (_opens_sentence(words, at) and _is_alone(words, at))


def _opens_sentence(words: Sequence[Token], at: int) -> bool:
    return at == 0 or words[at - 1].text in ".?!"


def _is_alone(words: Sequence[Token], at: int) -> bool:
    """Whether a word that opens a sentence is capitalised for no other reason."""
    if words[at].low in OPENERS:
        return True
    follows = words[at + 1] if at + 1 < len(words) else None
    is_linked = follows is not None and (follows.is_capital or follows.text[0] in "'’")
    return words[-1].text == "?" and not is_linked


def _mentions_of_run(
    text: str, words: Sequence[Token], first: int, after: int
) -> Iterator[Mention]:
    before = words[first - 1].low if first else ""
    start, end = words[first].start, words[after - 1].end
    kind = _kind([word.low for word in words[first:after]], before)
    if kind is None:
        return
    is_subject = before in AUXILIARIES or (
        before == "the" and first > 1 and words[first - 2].low in AUXILIARIES
    )
    person = _owned_person(words, after)
    if person is not None:
        owned = text[start : person.end]
        yield Mention(owned, "person", start, person.end, is_subject, before == "the")
        is_subject = False
    is_article = before == "the" and kind in ("name", "place")
    noun = ""
    if is_article:
        is_bare = kind == "place" and _is_bare_place(text[start:end])
        until = noun_end(words, first, after, has_noun=is_bare)
        noun = text[end : words[until - 1].end]
        kind = "name" if noun else kind
    yield Mention(text[start:end], kind, start, end, is_subject, is_article, noun)


def _is_bare_place(name: str) -> bool:
    """Whether a place has no "the" of its own: Iran, not the US, the Netherlands."""
    return not (name.isupper() or " " in name or name.endswith("s"))


def _owned_person(words: Sequence[Token], after: int) -> Token | None:
    """Return the noun of "Inco's president", "Inco's former chief executive"."""
    if after >= len(words) or words[after].low not in ("'s", "’s", "'", "’"):
        return None
    for at in range(after + 1, min(after + 4, len(words))):
        follows = words[at + 1] if at + 1 < len(words) else None
        if words[at].low in PERSON_NOUNS:
            is_title = follows is not None and follows.is_capital
            is_compound = follows is not None and follows.low in PERSON_NOUNS
            if not is_title and not is_compound:
                return words[at]
        elif words[at].low in FUNCTION_WORDS or not words[at].is_word:
            return None
    return None


def _kind(
    lows: Sequence[str], before: str
) -> Literal["person", "place", "time", "name"] | None:
    """Tell what a run of capitalised words names; None for a nationality alone."""
    if all(low in TIME_NAMES or YEAR.fullmatch(low) or low.isdigit() for low in lows):
        return "time"
    if " ".join(lows) in PLACES:
        return "place"
    if any(low.rstrip(".") in TITLES for low in (before, *lows[:-1])):
        return "person"
    if ORGANISATION_WORDS & set(lows):
        return "name"
    if len(lows) == 1 and NATIONALITY.fullmatch(lows[0]):
        return None
    return "name"

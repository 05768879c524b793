"""Questions that a passage does not answer.

Four kinds beside the labelled ones: the question meets another passage that shares
its words (what retrieval returns), a word of it is turned round ("largest" becomes
"smallest"), a name or number of it is exchanged for another of the same passage
(Rajpurkar et al. 2018, table 1, list these as what people do), or a name of it for one
that the passage does not know: who asks for a thing that the articles do not tell asks
about somebody they know, or somebody they do not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import (  # type: ignore[import-untyped]
    TfidfVectorizer,  # published without types
)

from training.data import Row

_PAIRS = (
    "first last|largest smallest|biggest smallest|highest lowest|most least|more fewer|"
    "before after|north south|east west|northern southern|eastern western|"
    "oldest newest|oldest youngest|earliest latest|increase decrease|"
    "increased decreased|won lost|win lose|began ended|begin end|start stop|"
    "started stopped|major minor|longest shortest|male female|men women|"
    "allowed forbidden|support oppose|supported opposed|added removed|built destroyed|"
    "accepted rejected|best worst|positive negative|early late|upper lower|"
    "birth death|born killed|winter summer|increasing decreasing|rise fall|"
    "public private|old new|second third|can cannot|four seven|two nine|three eight|"
    "strong weak|inside outside|join leave|buy sell|larger smaller|higher lower|"
    "greater lesser|older younger|longer shorter|faster slower|better worse|"
    "stronger weaker|richer poorer|cheaper dearer|later earlier|former latter|"
    "maximum minimum|majority minority|common rare|usually rarely|often seldom|"
    "always never|easy difficult|simple complex|large small|long short|high low|"
    "heavy light|hot cold|wet dry|rich poor|rural urban|modern ancient|"
    "internal external|"
    "import export|imported exported|imports exports|open close|opened closed|"
    "arrive depart|arrived departed|created abolished|founded dissolved|"
    "gained forfeited|married divorced|invaded defended|attacked protected|"
    "appointed dismissed|elected ousted|hired fired|success failure|succeeded failed|"
    "victory defeat|victories defeats|friend enemy|allies enemies|teacher student|"
    "mother father|brother sister|son daughter|wife husband|king queen|"
    "domestic foreign|military civilian|primary secondary|legal illegal|true false|"
    "present absent|same different|similar dissimilar|widely barely|"
    "increases decreases|raise lower|raised lowered|expanded shrank|expand shrink|"
    "help hinder|helped hindered|encouraged discouraged|caused prevented|cause prevent|"
    "causes prevents|required banned|agreed refused|agree refuse|like dislike|"
    "advantage disadvantage|advantages disadvantages|benefit drawback|"
    "lose gain|lost gained|top bottom|left right|front back|day night|spring autumn|"
    "monday friday|january august|march october|june december|five eleven|six twelve"
)
_OPPOSITE = {
    left: right
    for pair in _PAIRS.split("|")
    for left, right in (pair.split(), pair.split()[::-1])
}
_LEADING = frozenset("the in it he she this that these those on at by".split())
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: (?:of |the |de )?[A-Z][\w'’-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


def turned(row: Row, random: Random) -> Row | None:
    """Return the question with one word turned round, unanswerable, or None.

    >>> row = Row("1", "", "Lima is the largest city.", "What is the largest city?",
    ...           ((0, 4),), "x")
    >>> turned(row, Random(0)).question
    'What is the smallest city?'
    """
    words = re.findall(r"\w+|\W+", row.question)
    context = set(re.findall(r"\w+", row.context.lower()))
    places = [
        n
        for n, word in enumerate(words)
        if word.lower() in _OPPOSITE and _OPPOSITE[word.lower()] not in context
    ]
    if not places:
        return None
    place = random.choice(places)
    words[place] = _OPPOSITE[words[place].lower()]
    return Row(row.id + "-turned", row.title, row.context, "".join(words), (), "turned")


def exchanged(row: Row, random: Random) -> Row | None:
    """Return the question with a name or number exchanged, unanswerable, or None.

    The new one stands in the same passage but in no answer; the old one too, so that
    a reader that only matches words is fooled.
    """
    for pattern in random.sample([_NAME, _NUMBER], 2):
        asked = [
            m
            for m in pattern.finditer(row.question)
            if m.start() > 0 and m.group() in row.context
        ]
        if not asked:
            continue
        old = random.choice(asked)
        spare = {
            name
            for name in pattern.findall(row.context)
            if name not in row.question
            and not any(name in t for t in row.texts)
            and not any(t in name for t in row.texts)
            and len(name) > 1
            and name.lower().split()[0] not in _LEADING
            and (" " in name or pattern is _NUMBER or f". {name}" not in row.context)
        }
        if not spare:
            continue
        new = random.choice(sorted(spare))
        question = row.question[: old.start()] + new + row.question[old.end() :]
        return Row(
            row.id + "-exchanged", row.title, row.context, question, (), "exchanged"
        )
    return None


def _plain(name: str) -> str:
    return re.sub("['’]s?$", "", name)


def renamed(row: Row, other: Row, random: Random) -> Row | None:
    """Return the question about somebody of whom `other` tells, and `row` does not.

    >>> row = Row("1", "", "Lima lies on the Rimac.", "Where does Lima lie?",
    ...           ((8, 22),), "x")
    >>> other = Row("2", "", "The bay of Trujillo lies to the north.", "", (), "x")
    >>> renamed(row, other, Random(0)).question
    'Where does Trujillo lie?'
    """
    known = row.context + row.question
    asked = [m for m in _NAME.finditer(row.question) if m.start() > 0]
    names = {
        _plain(m.group())
        for m in _NAME.finditer(other.context)
        if other.context[max(0, m.start() - 2) : m.start()] not in ("", ". ")
    }
    spare = [n for n in sorted(names) if not any(w in known for w in n.split())]
    if not asked or not spare:
        return None
    old, new = random.choice(asked), random.choice(spare)
    end = old.start() + len(_plain(old.group()))
    question = row.question[: old.start()] + new + row.question[end:]
    return Row(row.id + "-renamed", row.title, row.context, question, (), "renamed")


def paired(
    rows: Sequence[Row],
    contexts: Sequence[str],
    random: Random,
    per_row: int = 2,
    *,
    depth: int = 12,
    titles: Mapping[str, str] | None = None,
) -> Iterator[list[Row]]:
    """Yield each question with passages that share its words but hold no answer.

    TF-IDF over all passages, ranks 1 to `depth` without the question's own; those that
    hold an answer's text are left out, and for a question that its passage does not
    answer those of the same title in `titles` (by passage), which may answer it after
    all. Of them `per_row` are drawn: one list for each row.
    """
    titles = titles or {}
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    table = vectorizer.fit_transform(contexts).T.tocsc()
    lowered = [context.lower() for context in contexts]
    for at in range(0, len(rows), 1024):
        batch = rows[at : at + 1024]
        queries = vectorizer.transform([f"{r.question} {r.title}" for r in batch])
        scores: npt.NDArray[np.float64] = (queries @ table).toarray()
        best = np.argpartition(-scores, depth, axis=1)[:, :depth]
        for row, candidates in zip(batch, best, strict=True):
            texts = [text.lower() for text in row.texts]
            good = [
                int(c)
                for c in candidates
                if contexts[c] != row.context
                and not any(text in lowered[c] for text in texts)
                and (texts or titles.get(contexts[c], "") != (row.title or None))
            ]
            yield [
                Row(
                    f"{row.id}-paired{c}",
                    "",  # the passage's, which the question's title is not
                    contexts[c],
                    row.question,
                    (),
                    "paired",
                )
                for c in random.sample(good, min(per_row, len(good)))
            ]

"""Questions from plain text: which of these is the name that was taken out?

Of a name, number or phrase that a passage has twice or more, one mention is taken out
of its sentence; what is left of the sentence is the question, and the other mentions
are the answers (Ram et al. 2021, "Few-shot question answering by pretraining span
selection"; the question by a question word, as in the clozes of Lewis et al. 2019).
The sentence itself is not in the passage then, or it would answer word for word.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from random import Random

from training.data import Row
from training.statements import STOP

__all__ = ["recurring_rows"]

_WORD = re.compile(r"[\w'’-]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“])")
_LONGEST = 5  # words of a span
_FEWEST, _MOST = 5, 30  # words of a question
_PER_PASSAGE = 2


def recurring_rows(row: Row, random: Random) -> Iterator[Row]:
    """Yield a few questions of a passage; none where nothing comes twice.

    >>> text = "Ada Byron was born in London. Later on it was Ada Byron who wrote it."
    >>> row = Row("a", "", text, "", (), "")
    >>> for made in recurring_rows(row, Random(1)):
    ...     print(made.question, made.texts, made.context)
    what was born in London. ['Ada Byron'] Later on it was Ada Byron who wrote it.
    """
    text = row.context
    sentences = _sentences(text)
    found = _recurring(text)
    random.shuffle(found)
    made = 0
    for spans in found:
        start, end = random.choice(spans)
        left, right = next(s for s in sentences if s[0] <= start < s[1])
        others = [s for s in spans if s[1] <= left or s[0] >= right]
        asked = f"{text[left:start]}what{text[end:right]}".strip()
        is_alone = end <= right and len(others) == len(spans) - 1  # in its sentence
        if not is_alone or not _FEWEST <= len(asked.split()) <= _MOST:
            continue
        before, after = text[:left], text[right:].lstrip()
        moved = len(text) - len(before) - len(after)
        kept = ((s, e) if e <= left else (s - moved, e - moved) for s, e in others)
        yield Row(
            f"{row.id}-r{made}", row.title, before + after, asked, tuple(kept), "r"
        )
        made += 1
        if made == _PER_PASSAGE:
            return


def _sentences(text: str) -> list[tuple[int, int]]:
    edges = [0, *(m.end() for m in _SENTENCE.finditer(text)), len(text)]
    return list(itertools.pairwise(edges))


def _recurring(text: str) -> list[list[tuple[int, int]]]:
    """Return where each phrase stands that comes twice and is no part of a longer."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    taken: set[int] = set()
    found = []
    for length in range(_LONGEST, 0, -1):
        places = defaultdict(list)
        for n in range(len(words) - length + 1):
            start, end = words[n][0], words[n + length - 1][1]
            ends = text[start : words[n][1]], text[words[n + length - 1][0] : end]
            is_bare = all(c.lower() not in STOP and len(c) > 2 for c in ends)
            if is_bare and not taken & set(range(n, n + length)):
                places[text[start:end]].append((n, (start, end)))
        for mentions in places.values():
            if len(mentions) > 1:
                found.append([span for _, span in mentions])
                taken.update(n + k for n, _ in mentions for k in range(length))
    return found

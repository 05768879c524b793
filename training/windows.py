"""Examples become batches of fixed shapes: windows round the answer, or whole passages.

Input: `[CLS] question [SEP] lead passage [SEP]`, token types 0 and 1; no answer is in
the lead, which three windows of four have. Token 0, [CLS], stands for "no answer".
Every shape holds about 2,048 tokens, so that the compiler sees six shapes only and a
step costs the same whatever the length.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from training.data import Example, Ids, nothing
from training.encoder import CLS, MASK, SEP
from training.reworded import Rewording

LED = 0.75  # share of the windows with a lead: some passages have no title
TOGETHER = 3  # passages of a question that compete with each other
GATHERED = 0.4  # share of the questions with rivals that meet them in one window
_PIECE = (24, 64)  # tokens of such a piece: least, and one more than most
SHAPES = {64: 32, 96: 21, 128: 16, 192: 11, 256: 8, 352: 6}  # tokens: rows of a batch


@dataclass(frozen=True, slots=True)
class Window:
    """One input: a question, a lead, tokens `[start, end)` of a passage, the target.

    `first` and `last` count tokens of the whole input; both are 0 for no answer.
    `taught` is the share of the loss that teachers have, where there are any.
    """

    example: Example
    start: int
    end: int
    first: int
    last: int
    length: int
    lead: Ids = field(default_factory=nothing)
    taught: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrays of one step; `n` inputs of `length` tokens.

    Attributes:
        ids, types: shape `(n, length)`.
        mask: True for real tokens, shape `(n, length)`.
        allowed: True for [CLS] and the tokens of the passage, shape `(n, length)`.
        target: first and last token of the answer, shape `(n, 2)`.
        taught: share of the loss that teachers have, shape `(n,)`.
        together: so many inputs on end are passages of one question.
    """

    ids: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]
    mask: npt.NDArray[np.bool_]
    allowed: npt.NDArray[np.bool_]
    target: npt.NDArray[np.int64]
    taught: npt.NDArray[np.float32]
    together: int = 1


def _overlap(example: Example, start: int, end: int) -> int:
    return int(np.isin(example.question, example.passage[start:end]).sum())


def _place(example: Example, room: int, hide: bool, random: np.random.Generator) -> int:
    """Return the first token of a window of `room` tokens, or -1 when none is fit.

    With an answer: anywhere round it. Without, or when it is to be hidden: of four
    random places the one that shares most words with the question.
    """
    slack = len(example.passage) - room
    if slack <= 0:
        return -1 if hide else 0
    if example.first >= 0 and not hide:
        low = max(0, example.last + 1 - room)
        return int(random.integers(low, min(example.first, slack) + 1))
    places = [int(place) for place in random.integers(0, slack + 1, 4)]
    if hide:
        places = [
            place
            for place in places
            if all(b < place or a >= place + room for a, b in example.forbidden)
        ]
    return max(places, key=lambda p: _overlap(example, p, p + room), default=-1)


def cut(
    example: Example,
    random: np.random.Generator,
    *,
    whole: float,
    hidden: float,
    most: int | None = None,
) -> Window:
    """Return a random window of the example.

    With probability `whole` it is the whole passage (at most the longest shape). With
    probability `hidden` the window of an answerable example avoids the answer, where
    the passage is long enough: a negative as reading long passages meets them. With
    `most` it fills that many tokens in all, if the lead leaves room for it.
    """
    extra = len(example.question) + 3
    answer = example.last - example.first + 1
    lead = len(example.title) + max(len(example.opening), example.own)
    longest = max(SHAPES) - lead
    target = int(random.choice([64, 96, 96, 128]))
    if random.random() < whole:
        target = longest
    if most is not None:
        target = max(most - lead, min(SHAPES))
    while answer > target - extra - 8 and target < longest:
        target = min(*(s for s in SHAPES if s > target), longest)
    room = min(target, longest) - extra
    is_led = random.random() < LED

    def window(start: int, room: int, *, has_answer: bool) -> Window:
        end = min(start + room, len(example.passage))
        led = example.lead(start) if is_led else nothing()
        shift = len(example.question) + 2 + len(led) - start
        place = (example.first + shift, example.last + shift) if has_answer else (0, 0)
        length = end - start + extra + len(led)
        return Window(example, start, end, *place, length, led)

    if example.first >= 0 and random.random() < hidden:
        room_without = min(room, 93 - extra)
        start = _place(example, room_without, True, random)
        if start >= 0:
            return window(start, room_without, has_answer=False)
    start = _place(example, room, False, random)
    found = start <= example.first and example.last < start + room
    return window(start, room, has_answer=found)


def gather(example: Example, random: np.random.Generator) -> Window:
    """Return a window of pieces of a question's passages, its own among them.

    They stand in random order, without leads, as the sentences round the best answers
    do when they are read together.
    """
    drawn = random.permutation(len(example.rivals))[: random.integers(1, 5)]
    left = max(SHAPES) - len(example.question) - 3
    pieces: list[Ids] = []
    own = 0  # the token of its passage with which its own piece begins
    for source in (example, *(example.rivals[n] for n in drawn)):
        answer = source.last - source.first + 1  # 1 where there is none
        room = min(left, max(int(random.integers(*_PIECE)), answer + 8))
        start = _place(source, room, False, random)
        own = own if pieces else start
        pieces.append(source.passage[start : start + room])
        left -= len(pieces[-1])
    order = random.permutation(len(pieces)).tolist()
    passage = np.concatenate([pieces[n] for n in order])
    shift = len(example.question) + 2
    before = shift + sum(len(pieces[n]) for n in order[: order.index(0)]) - own
    place = (0, 0)
    if example.first >= 0:
        place = (example.first + before, example.last + before)
    joined = Example(example.question, passage, -1, -1, (), example.source)
    return Window(joined, 0, len(passage), *place, shift + len(passage) + 1)


def stack(
    windows: Sequence[Window], rows: int, length: int, together: int = 1
) -> Batch:
    """Return the batch of the windows, padded to shape `(rows, length)`.

    Rows beyond the windows keep a lone [CLS] with target 0.
    """
    ids = np.zeros((rows, length), dtype=np.int64)
    types, target = np.zeros_like(ids), np.zeros((rows, 2), dtype=np.int64)
    mask = np.zeros((rows, length), dtype=np.bool_)
    allowed = np.zeros_like(mask)
    taught = np.zeros(rows, dtype=np.float32)
    ids[:, 0], mask[:, 0], allowed[:, 0] = CLS, True, True
    for n, window in enumerate(windows):
        question, lead = window.example.question, window.lead
        opens = len(question) + 2
        at = opens + len(lead)
        stop = at + window.end - window.start
        ids[n, 1 : opens - 1], ids[n, opens - 1], ids[n, opens:at] = question, SEP, lead
        ids[n, at:stop] = window.example.passage[window.start : window.end]
        ids[n, stop] = SEP
        types[n, opens : stop + 1] = 1
        mask[n, : stop + 1] = True
        allowed[n, at:stop] = True
        target[n] = window.first, window.last
        taught[n] = window.taught
    return Batch(ids, types, mask, allowed, target, taught, together)


def shape_of(length: int) -> int:
    """Return the smallest shape that holds `length` tokens.

    >>> shape_of(97)
    128
    """
    return min(shape for shape in SHAPES if shape >= length)


def hide(batch: Batch, share: float, random: np.random.Generator) -> None:
    """Put [MASK] over a share of the tokens, in place, never over the answer's.

    A question that never reads the same twice cannot be learnt by heart.
    """
    places = np.arange(batch.ids.shape[1])
    answer = (batch.target[:, :1] <= places) & (places <= batch.target[:, 1:])
    real = batch.mask & (batch.ids != CLS) & (batch.ids != SEP) & ~answer
    batch.ids[real & (random.random(batch.ids.shape) < share)] = MASK


class Mixture:
    """An endless, seeded stream of batches from several sets.

    Each set is a shuffled ring; the next example comes from set `s` with probability
    proportional to `quota[s] * tilt`, where the tilt moves from web chatter to
    encyclopedias and statements as the run goes on.

    Args:
        sets: examples by the name of their set.
        quota: how much of each set.
        early: the sets that are web chatter.
        seed: the same one gives the same batches.
        whole: share of whole passages at the end; it rises from 0.05.
        masked: share of tokens hidden behind [MASK], those of the answer excepted.
        taught: share of the loss that teachers have, by set; the rest under "".
        reworded: share of the questions put into other words, which teachers alone
            judge; not of the sets named in `taught`.
        rewording: the words to take for that, if they are at hand.
        rows: batches have so many times the rows of `SHAPES`.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[Example]],
        quota: Mapping[str, int],
        early: frozenset[str],
        seed: int,
        *,
        whole: float = 0.5,
        masked: float = 0.0,
        taught: Mapping[str, float] | None = None,
        reworded: float = 0.0,
        rewording: Rewording | None = None,
        rows: int = 1,
    ) -> None:
        self.whole, self.masked, self.rows = whole, masked, rows
        self.taught = taught or {"": 0.0}
        self.reworded = reworded
        self.rewording = (rewording or Rewording()) if reworded else None
        self.random = np.random.default_rng(seed)
        self.names = sorted(name for name in sets if sets[name] and quota.get(name))
        self.sets, self.early = sets, early
        self.quota = np.array([min(quota[n], 10**6) for n in self.names], dtype=float)
        self.rings: dict[str, list[int]] = {name: [] for name in self.names}
        self.waiting: dict[tuple[int, int], list[Window]] = defaultdict(list)

    def _next(self, name: str) -> Example:
        if not self.rings[name]:
            self.rings[name] = self.random.permutation(len(self.sets[name])).tolist()
        return self.sets[name][self.rings[name].pop()]

    def _windows(self, example: Example, whole: float) -> list[Window]:
        taught = self.taught.get(example.source, self.taught[""])
        is_judged = example.source not in self.taught  # by teachers, who know better
        if self.rewording and is_judged and self.random.random() < self.reworded:
            question = self.rewording.reword(example.question, self.random)
            if not np.array_equal(question, example.question):
                rivals = tuple(replace(r, question=question) for r in example.rivals)
                example = replace(example, question=question, rivals=rivals)
                taught = 1.0
        cuts = self._cuts(example, whole)
        return [replace(window, taught=taught) for window in cuts]

    def _cuts(self, example: Example, whole: float) -> list[Window]:
        if not example.rivals:
            return [cut(example, self.random, whole=whole, hidden=0.06)]
        if self.random.random() < GATHERED:
            return [gather(example, self.random)]
        drawn = self.random.permutation(len(example.rivals))[: TOGETHER - 1]
        own = cut(example, self.random, whole=whole, hidden=0.0)
        most = shape_of(own.length)
        others = (example.rivals[n] for n in drawn)
        rivals = (cut(r, self.random, whole=0, hidden=0, most=most) for r in others)
        return [own, *rivals]

    def batches(self, progress: float, draws: int = 2048) -> Iterator[Batch]:
        """Yield the batches filled by the next `draws` examples, in random order.

        `progress` is the share of the run that is over, in [0, 1].
        """
        tilt = [
            1.6 - 1.2 * progress if n in self.early else 0.7 + 0.6 * progress
            for n in self.names
        ]
        share = self.quota * np.array(tilt)
        picks = self.random.choice(len(self.names), size=draws, p=share / share.sum())
        ready: list[Batch] = []
        for pick in picks:
            whole = 0.05 + (self.whole - 0.05) * progress
            found = self._windows(self._next(self.names[int(pick)]), whole)
            together = len(found)
            shape = max(shape_of(window.length) for window in found)
            waiting = self.waiting[shape, together]
            waiting += found
            rows = SHAPES[shape] * self.rows
            if len(waiting) + together > rows:
                ready.append(stack(waiting, rows, shape, together))
                waiting.clear()
        for n in self.random.permutation(len(ready)):
            batch = ready[int(n)]
            if self.masked:
                hide(batch, self.masked, self.random)
            yield batch


def ids_of(values: Sequence[int]) -> Ids:
    """Return token ids as the array that examples hold."""
    return np.asarray(values, dtype=np.int32)

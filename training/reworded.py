"""Questions in other words, so that they cannot be learnt by heart.

Words of a question give way to neighbours in the encoder's own word table: "won" to
"victory", "country" to "nation" (Jiao et al. 2020, "TinyBERT", section 3, does so with
GloVe). Now and then that changes what is asked, so only teachers can say what the
answer is: the label does not count there. Passages of other questions are still taken
not to answer (`shared.py`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from training.data import Ids, nothing, open_tokenizer
from training.encoder import base_weights
from training.statements import STOP

__all__ = ["Rewording"]

_NEIGHBOURS = 8  # words that one may give way to
_NEAR = 0.38  # least cosine of a neighbour; "country" and "republic" have 0.34
_SHARE = 0.35  # of the words that could be exchanged


def _is_usable(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) > 2 and word not in STOP


class Rewording:
    """The neighbours of every whole word of three letters or more, stop words aside.

    Args:
        words: the word pieces in the order of their ids; default the encoder's.
        table: their vectors, shape `(n_words, width)`; default the encoder's.
    """

    def __init__(
        self, words: Sequence[str] | None = None, table: Tensor | None = None
    ) -> None:
        if words is None:
            vocabulary = open_tokenizer().get_vocab()
            words = sorted(vocabulary, key=vocabulary.__getitem__)
        if table is None:
            table = base_weights()["embeddings.word_embeddings.weight"].float()
        self._goes_on = np.array([word.startswith("##") for word in words])
        usable = np.array([_is_usable(word) for word in words])
        table = table[torch.from_numpy(usable)]
        table = torch.nn.functional.normalize(table - table.mean(0))
        self._row = np.full(len(words), -1)
        self._row[usable] = np.arange(usable.sum())
        self._id = np.flatnonzero(usable).astype(np.int32)
        near, which = [], []
        for at in range(0, len(table), 2048):
            part = table[at : at + 2048]
            found = (part @ table.T).topk(_NEIGHBOURS + 1)  # the nearest is itself
            near.append(found.values[:, 1:])
            which.append(found.indices[:, 1:])
        self._near = torch.cat(near).numpy() >= _NEAR
        self._which = torch.cat(which).numpy()

    def neighbours(self, word: int) -> Ids:
        """Return the ids of the words that may stand for one; nearest first."""
        row = self._row[word]
        if row < 0:
            return nothing()
        found: Ids = self._id[self._which[row][self._near[row]]]
        return found

    def reword(self, question: Ids, random: np.random.Generator) -> Ids:
        """Return the question with some words exchanged; pieces of words stay."""
        changed: Ids = question.copy()
        piece = self._goes_on[question]
        opens = np.append(piece[1:], False)
        for place in np.flatnonzero(~piece & ~opens):
            near = self.neighbours(int(question[place]))
            if near.size and random.random() < _SHARE:
                changed[place] = random.choice(near)
        return changed

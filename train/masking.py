"""Whole-word masking: what a masked language model is asked, and what it is shown instead.

A word is masked with all its pieces or not at all: a piece whose word-mates stand beside it is
guessed from them, not from the text (Cui et al. 2021, "Pre-Training with Whole Word Masking for
Chinese BERT"). Of the words chosen, 80 % are shown as masks, 10 % as random pieces, 10 % as they
are (Devlin et al. 2019).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

_SHOWN_AS_MASK, _SHOWN_AS_RANDOM = 0.8, 0.1


class Masked(NamedTuple):
    """Rows of pieces with words masked.

    Attributes:
        ids: (rows, width) what the model is shown.
        positions: (targets,) where in the flattened rows the chosen pieces stand.
        targets: (targets,) the pieces that stood there.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    targets: NDArray[np.int64]


class WordMasker:
    """Masks words of one tokenizer's pieces.

    Args:
        tokenizer: tells which pieces are special; words that hold one are never chosen.
        share: of the words that is chosen.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, share: float) -> None:
        self.share = share
        self.mask = tokenizer.mask_token_id
        self._special = np.zeros(len(tokenizer), bool)
        self._special[tokenizer.all_special_ids] = True
        self._ordinary = np.flatnonzero(~self._special)

    def __call__(
        self, ids: NDArray[np.int64], first: NDArray[np.bool_], chance: np.random.Generator
    ) -> Masked:
        """Choose words anew and hide them.

        Args:
            ids: (rows, width) piece ids; the first column is special.
            first: (rows, width) which pieces begin a word.
            chance: decides everything; the same state gives the same masks.
        """
        flat = ids.ravel()
        word = np.cumsum(first.ravel())  # a number for the word each piece belongs to
        words = int(word[-1]) + 1
        chosen = chance.random(words) < self.share
        chosen[word[self._special[flat]]] = False
        fate = chance.random(words)[word]
        targets = chosen[word]
        shown = flat.copy()
        shown[targets & (fate < _SHOWN_AS_MASK)] = self.mask
        random = targets & (fate >= 1 - _SHOWN_AS_RANDOM)
        shown[random] = chance.choice(self._ordinary, int(random.sum()))
        positions = np.flatnonzero(targets)
        return Masked(shown.reshape(ids.shape), positions, flat[positions])

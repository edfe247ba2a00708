"""Blocks: the rows of pieces that a masked language model reads, cut from a packed corpus.

A block begins and ends with the tokenizer's special pieces and holds whole words, of one document
or of several in a row with separators between them, so that hardly any of it is padding.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..data.errors import HasilaError, counted
from ..data.pieces import Encoder
from .packing import PackedCorpus


class Blocks:
    """Stretches of a packed corpus, one a block.

    Args:
        corpus: where the pieces are.
        runs: pairs of documents, the first and the one behind the last, laid in one go.
        encoder: the tokenizer, for its special pieces.
        width: pieces of a block, special ones included.

    Attributes:
        spans: (blocks, 2) where in the row of pieces each block begins and ends.
    """

    def __init__(
        self,
        corpus: PackedCorpus,
        runs: Iterable[tuple[int, int]],
        encoder: Encoder,
        width: int,
    ) -> None:
        self.corpus = corpus
        self.width = width
        self.prefix, self.suffix = encoder.prefix, encoder.suffix
        self.pad = encoder.tokenizer.pad_token_id
        limit = width - len(self.prefix) - len(self.suffix)
        cuts = [span for run in runs for span in self._lay(run, limit)]
        self.spans = np.array(cuts, np.int64).reshape(-1, 2)

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def pieces(self) -> int:
        """Pieces in all blocks, special ones included, padding not."""
        around = len(self.prefix) + len(self.suffix)
        return int(np.diff(self.spans).sum()) + around * len(self)

    def rows(self, indices: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The blocks of some indices: ids and word beginnings, both (rows, width), padded."""
        ids = np.full((len(indices), self.width), self.pad, np.int64)
        first = np.ones(ids.shape, bool)  # special pieces are words of their own
        ids[:, : len(self.prefix)] = self.prefix
        for row, index in enumerate(indices):
            inside, begins = self.corpus.read(*self.spans[index])
            start, end = len(self.prefix), len(self.prefix) + len(inside)
            ids[row, start:end], first[row, start:end] = inside, begins
            ids[row, end : end + len(self.suffix)] = self.suffix
        return ids, first

    def _lay(self, run: tuple[int, int], limit: int) -> Iterator[tuple[int, int]]:
        # Block ends bring their own separator: that of the run's last document is not needed.
        at, end = self.corpus.bounds[run[0]], self.corpus.bounds[run[1]] - len(self.suffix)
        begins = np.flatnonzero(self.corpus.read(at, end)[1]) + at
        while at < end:
            cut = end
            if at + limit < end:
                cut = begins[np.searchsorted(begins, at + limit, side="right") - 1]
                if cut <= at:  # a word longer than a block
                    cut = at + limit
            yield int(at), int(cut)
            at = cut


def split(corpus: PackedCorpus, every: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The runs of documents to train on, and every ``every``-th document, held out.

    A block never crosses into a held-out document, and each of those is laid by itself.

    >>> from types import SimpleNamespace
    >>> split([None] * 7, every=3)
    ([(0, 2), (3, 5), (6, 7)], [(2, 3), (5, 6)])

    Raises:
        HasilaError: the corpus has fewer documents than that.
    """
    held = list(range(every - 1, len(corpus), every))
    if not held:
        raise HasilaError(
            f"the corpus has {counted(len(corpus), 'document')}: too few to hold out one in "
            f"{every:,}; set data.heldout_every lower and go on with --resume"
        )
    bounds = [-1, *held, len(corpus)]
    train = [(left + 1, right) for left, right in pairwise(bounds) if left + 1 < right]
    return train, [(index, index + 1) for index in held]

"""Learning from reports that say less than ours: words whose tag is unknown, or one of several.

Other corpora leave out what we label (`hasila.data.relabel`): a word outside their spans may still
be of a label they never annotated, and what a masked stretch holds is anyone's guess. Neither may
teach the tagger that there is nothing.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import log_softmax
from transformers.modeling_outputs import TokenClassifierOutput

from ..data.types import Offsets, Report
from ..model.labels import IGNORED, OUTSIDE, LabelSet


class PartialTags:
    """Codes for what a report says of its words.

    A code below the number of tags is that tag. Each one above stands for a set of tags: ``O``,
    or any tag of the labels that some report names as unannotated.
    """

    def __init__(self, labels: LabelSet) -> None:
        self.labels = labels
        self._sets: list[frozenset[str]] = []

    def code(
        self, report: Report, words: Sequence[Offsets], tags: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """The code of every word, or `IGNORED` for one that a masked stretch touches."""
        codes = tags.copy()
        unannotated = frozenset(report.meta.get("unannotated", ())) & {*self.labels.labels}
        if unannotated:
            if unannotated not in self._sets:
                self._sets.append(unannotated)
            codes[tags == OUTSIDE] = len(self.labels.tags) + self._sets.index(unannotated)
        for start, end in report.meta.get("masked", ()):
            for index, word in enumerate(words):
                if word[0] < end and word[1] > start and tags[index] == OUTSIDE:
                    codes[index] = IGNORED
        return codes

    def permitted(self) -> Tensor:
        """Which tags each code leaves possible: booleans of shape (codes, tags)."""
        tags = len(self.labels.tags)
        table = torch.zeros(tags + len(self._sets), tags, dtype=torch.bool)
        table[:tags] = torch.eye(tags, dtype=torch.bool)
        for row, unannotated in zip(table[tags:], self._sets, strict=True):
            row[OUTSIDE] = True
            for label in unannotated:
                begin = 1 + 2 * self.labels.labels.index(label)
                row[begin : begin + 2] = True
        return table


class PartialLoss:
    """Cross-entropy of what is known: minus the log of the probability of all permitted tags.

    Where one tag is permitted, this is the usual cross-entropy. (Marginal likelihood, as Tsuboi et
    al. 2008, "Training Conditional Random Fields Using Incomplete Annotations", for one word.)
    """

    def __init__(self, permitted: Tensor) -> None:
        self.permitted = permitted

    def __call__(
        self,
        outputs: TokenClassifierOutput,
        codes: Tensor,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The mean over the words that have a code.

        Args:
            outputs: with logits of shape (windows, pieces, tags).
            codes: of shape (windows, pieces), `IGNORED` where there is nothing to learn.
            num_items_in_batch: words to divide by, where a step is made of several batches.
        """
        known = codes != IGNORED
        logits = cast("Tensor", outputs.logits)
        likely = log_softmax(logits[known].float(), dim=-1)
        permitted = self.permitted.to(likely.device)[codes[known]]
        losses = -likely.masked_fill(~permitted, -torch.inf).logsumexp(dim=-1)
        words = known.sum() if num_items_in_batch is None else num_items_in_batch
        return losses.sum() / torch.as_tensor(words, device=losses.device).clamp(min=1)

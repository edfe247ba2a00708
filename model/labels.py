"""The tags of a token classifier: flat IOB2 over a label set, and spans from and to them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transformers import PretrainedConfig

from ..data.errors import HasilaError
from ..data.types import LABELS, Offsets, Span

OUTSIDE = 0
IGNORED = -100
"""The label of pieces that are not the first of a word: no loss is taken on them."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a checkpoint, in the order of its head.

    Tag 0 is ``O``; label ``k`` has ``B-`` at ``1 + 2k`` and ``I-`` at ``2 + 2k``, so that what a
    tag means is arithmetic, in arrays as well as for one.
    """

    labels: tuple[str, ...] = LABELS

    @property
    def tags(self) -> tuple[str, ...]:
        """The IOB2 tags, by tag id.

        >>> LabelSet(("ACTOR",)).tags
        ('O', 'B-ACTOR', 'I-ACTOR')
        """
        return ("O", *(f"{mark}-{label}" for label in self.labels for mark in "BI"))

    @classmethod
    def of(cls, config: PretrainedConfig) -> "LabelSet":
        """The label set a checkpoint's config is bound to.

        Raises:
            HasilaError: its ``id2label`` is not a flat IOB2 set in our order.
        """
        by_id = {int(index): name for index, name in (config.id2label or {}).items()}
        names = [by_id[index] for index in sorted(by_id)]
        found = cls(tuple(name[2:] for name in names[1::2]))
        if list(found.tags) != names:
            raise HasilaError(
                f"{config.name_or_path}: its labels {names} are not O, B-x, I-x, B-y, I-y, …; "
                "use a checkpoint that `hasila train` wrote"
            )
        return found

    def tag(
        self, words: Sequence[Offsets], spans: Sequence[Span]
    ) -> tuple[npt.NDArray[np.int64], list[Span]]:
        """The tag id of every word, shape (words,), and the spans that no tags can express.

        A span is lost where it is off word edges, overlaps one before it, or has another label.
        """
        starts = {start: index for index, (start, _) in enumerate(words)}
        ends = {end: index for index, (_, end) in enumerate(words)}
        tags = np.full(len(words), OUTSIDE, dtype=np.int64)
        lost = []
        for span in sorted(spans):
            first, last = starts.get(span.start), ends.get(span.end)
            if (
                first is None
                or last is None
                or first > last
                or span.label not in self.labels
                or tags[first : last + 1].any()
            ):
                lost.append(span)
                continue
            begin = 1 + 2 * self.labels.index(span.label)
            tags[first] = begin
            tags[first + 1 : last + 1] = begin + 1
        return tags, lost


def runs(tags: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last word (inclusive) of every span in valid IOB2 tags, each of shape (spans,).

    Every ``B-`` begins one; it goes on over the ``I-`` tags right after it.
    """
    begins = np.flatnonzero(tags % 2 == 1)
    # A span ends before the next word that is not I-: an even tag above 0 is I-.
    stops = np.flatnonzero(np.append((tags == OUTSIDE) | (tags % 2 == 1), True))
    return begins, stops[np.searchsorted(stops, begins, side="right")] - 1

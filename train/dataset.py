"""From annotated reports to the windows a trainer batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from datasets import Dataset

from ..data.batches import padded
from ..data.errors import counted
from ..data.pieces import Encoder
from ..data.types import Report, Span
from ..model.labels import IGNORED, LabelSet
from .partial import PartialTags


@dataclass(frozen=True, slots=True)
class TrainingWindows:
    """Windows ready for training, and what the limits cost.

    Attributes:
        windows: columns ``input_ids`` and ``labels`` (codes of `PartialTags`), lists of one length
            in each row.
        permitted: which tags each code leaves possible, shape (codes, tags).
        words: words in all windows, those in overlaps once.
        pieces: pieces in all windows, special pieces not counted.
        cut_words: words longer than a window, of which only the head is read.
        lost: spans that no tags can express, with the id of their report.
    """

    windows: Dataset
    permitted: torch.Tensor
    words: int
    pieces: int
    cut_words: int
    lost: list[tuple[str, Span]] = field(default_factory=list)

    def describe(self) -> str:
        """One line for a person."""
        sizes = (len(self.windows), "window"), (self.words, "word"), (self.pieces, "piece")
        line = ", ".join(counted(*size) for size in sizes)
        if self.cut_words:
            line += f"; {counted(self.cut_words, 'word')} longer than a window, cut to the head"
        if self.lost:
            lost = counted(len(self.lost), "span")
            line += f"; {lost} lost (off word edges, overlapping, other labels)"
        return line


def training_windows(
    reports: Sequence[Report], encoder: Encoder, labels: LabelSet
) -> TrainingWindows:
    """Lay windows over reports; the first piece of a word carries its code, the others `IGNORED`.

    A word that two windows share carries its code in the one that decides it, so that no word
    counts twice in the loss.
    """
    rows: list[dict[str, list[int]]] = []
    lost: list[tuple[str, Span]] = []
    partial = PartialTags(labels)
    words = pieces = cut = 0
    for report, text in zip(reports, encoder.encode([r.text for r in reports]), strict=True):
        tags, missing = labels.tag(text.offsets, report.spans)
        codes = partial.code(report, text.offsets, tags)
        lost += [(report.id, span) for span in missing]
        words += len(text.offsets)
        cut += text.cut_words
        for window, owned in zip(text.windows, text.owned, strict=True):
            row = [IGNORED] * len(encoder.prefix)
            for index in range(*window):
                code = int(codes[index]) if owned.start <= index < owned.end else IGNORED
                row += [code] + [IGNORED] * (len(text.pieces[index]) - 1)
            row += [IGNORED] * len(encoder.suffix)
            ids = encoder.with_specials(text, window)
            pieces += len(ids) - len(encoder.prefix) - len(encoder.suffix)
            rows.append({"input_ids": ids, "labels": row})
    return TrainingWindows(Dataset.from_list(rows), partial.permitted(), words, pieces, cut, lost)


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads windows of a batch to one of a few widths (see `hasila.data.batches`).

    Attributes:
        pad: the padding piece's id.
        limit: the widest a batch may be.
    """

    pad: int
    limit: int

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        """A batch of ``input_ids``, ``attention_mask`` and ``labels``, each (windows, width)."""
        width = padded(max(len(row["input_ids"]) for row in rows), self.limit)
        ids = torch.full((len(rows), width), self.pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        labels = torch.full_like(ids, IGNORED)
        for index, row in enumerate(rows):
            length = len(row["input_ids"])
            ids[index, :length] = torch.tensor(row["input_ids"])
            mask[index, :length] = 1
            labels[index, :length] = torch.tensor(row["labels"])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

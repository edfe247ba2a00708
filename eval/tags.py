"""The word-level view: spans as IOB2 tags over our words, and what seqeval says of them.

seqeval's strict IOB2 figures stand beside ours and must agree wherever tags can say what the spans
say. Spans that tags cannot say (off word edges, overlapping) are counted: seqeval never sees them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from ..data.formats.common import Losses
from ..data.formats.tags import word_tags
from ..data.types import Offsets, Span
from ..data.words import words
from .cases import Case


@dataclass(frozen=True, slots=True)
class SeqevalScores:
    """seqeval's strict IOB2 micro figures, and the spans its tags could not express."""

    precision: float
    recall: float
    f1: float
    lost_gold: int = 0
    lost_predicted: int = 0


def iob2(offsets: Sequence[Offsets], spans: Sequence[Span]) -> tuple[list[str], int]:
    """A tag for every word, and how many spans they cannot express.

    >>> iob2([(0, 4), (5, 9), (10, 12)], [Span(0, 9, "ACTOR"), Span(11, 12, "NUMBER")])
    (['B-ACTOR', 'I-ACTOR', 'O'], 1)
    """
    losses = Losses()
    return word_tags(spans, offsets, losses), losses.total()


def seqeval_scores(cases: Sequence[Case]) -> SeqevalScores:
    """What seqeval says of the same reports, ``mode="strict", scheme=IOB2``, micro."""
    offsets = [words(case.report.text) for case in cases]
    gold, lost_gold = _tagged(offsets, [case.report.spans for case in cases])
    predicted, lost_predicted = _tagged(offsets, [case.predicted for case in cases])
    if all(tag == "O" for tags in gold + predicted for tag in tags):  # seqeval raises on that
        return SeqevalScores(0.0, 0.0, 0.0, lost_gold, lost_predicted)
    # What `classification_report(mode="strict", scheme=IOB2)` calls: the v1 metrics are the strict.
    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, predicted, average="micro", scheme=IOB2, zero_division=0
    )
    return SeqevalScores(float(precision), float(recall), float(f1), lost_gold, lost_predicted)


def _tagged(
    offsets: Sequence[Sequence[Offsets]], spans: Sequence[Sequence[Span]]
) -> tuple[list[list[str]], int]:
    """The tags of every report, and how many spans all of them lost."""
    tagged = [iob2(*report) for report in zip(offsets, spans, strict=True)]
    return [tags for tags, _ in tagged], sum(lost for _, lost in tagged)

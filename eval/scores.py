"""Strict span scores: counts first, one division at the end.

A predicted span is a true positive if a gold span of the same report has the same offsets and the
same label; each gold span answers for one predicted span. This is CoNLL's exact match, and equals
seqeval's ``mode="strict", scheme=IOB2`` on spans that stand on word edges.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..data.types import Span
from .cases import Case


@dataclass(frozen=True, slots=True)
class Counts:
    """What was right, what there was to find and what was claimed; add them up, then divide.

    ``true_positives`` is a whole number but where a strategy gives partial credit. A ratio whose
    denominator is 0 is 0, as in seqeval: an empty prediction has a precision of 0, not of 1.
    """

    true_positives: float = 0
    gold: int = 0
    predicted: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positives + other.true_positives,
            self.gold + other.gold,
            self.predicted + other.predicted,
        )

    @property
    def precision(self) -> float:
        """The share of the predicted spans that are right."""
        return self.true_positives / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold spans that were found."""
        return self.true_positives / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in one division of counts."""
        total = self.gold + self.predicted
        return 2 * self.true_positives / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Macro:
    """The unweighted means of the labels' precision, recall and F1."""

    precision: float
    recall: float
    f1: float


class Ratios(Protocol):
    """What has a precision, a recall and an F1, each from 0 to 1."""

    @property
    def precision(self) -> float:
        """From 0 to 1."""

    @property
    def recall(self) -> float:
        """From 0 to 1."""

    @property
    def f1(self) -> float:
        """From 0 to 1."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts per label, and the ratios they make.

    A label is here if the gold or the prediction has it: one that only the prediction has weighs
    down macro with an F1 of 0, as in seqeval. Scores of disjoint sets of reports are added with
    ``+``, and the sum is the score of all of them.
    """

    labels: Mapping[str, Counts]

    def __add__(self, other: "Scores") -> "Scores":
        names = self.labels.keys() | other.labels.keys()
        return Scores(
            {
                name: self.labels.get(name, Counts()) + other.labels.get(name, Counts())
                for name in sorted(names)
            }
        )

    @property
    def micro(self) -> Counts:
        """The labels' counts, added up."""
        return sum(self.labels.values(), Counts())

    @property
    def macro(self) -> Macro:
        """The means over labels (`Macro`); all 0 without any."""
        counts = list(self.labels.values())
        size = len(counts) or 1
        return Macro(
            sum(c.precision for c in counts) / size,
            sum(c.recall for c in counts) / size,
            sum(c.f1 for c in counts) / size,
        )

    def to_dict(self) -> dict[str, object]:
        """Plain numbers for JSON: ``micro``, ``macro`` and ``labels``."""
        return {
            "micro": ratios(self.micro) | _sizes(self.micro),
            "macro": ratios(self.macro),
            "labels": {name: ratios(c) | _sizes(c) for name, c in self.labels.items()},
        }


def score(gold: Iterable[Sequence[Span]], predicted: Iterable[Sequence[Span]]) -> Scores:
    """Strict scores of the predicted spans, report by report, against the gold ones.

    Args:
        gold: the spans of each report, in any order.
        predicted: the spans found in the same reports, in the same order of reports.

    Returns:
        The counts per label, over all reports.

    Raises:
        ValueError: there are not as many predictions as reports; a report in which nothing was
            found has an empty sequence.

    >>> found = score([[Span(0, 4, "ACTOR"), Span(9, 11, "NUMBER")]], [[Span(0, 4, "ACTOR")]])
    >>> found.micro.precision, found.micro.recall
    (1.0, 0.5)
    """
    golds, claims, right = Counter[str](), Counter[str](), Counter[str]()
    for gold_spans, predicted_spans in zip(gold, predicted, strict=True):
        # Multisets: a span predicted twice is right once and spurious once.
        expected = Counter(span.key for span in gold_spans)
        found = Counter(span.key for span in predicted_spans)
        for total, keys in ((golds, expected), (claims, found), (right, expected & found)):
            for (_, _, label), times in keys.items():
                total[label] += times
    names = sorted(golds.keys() | claims.keys())
    return Scores({name: Counts(right[name], golds[name], claims[name]) for name in names})


def score_cases(cases: Collection[Case]) -> Scores:
    """Strict scores of predictions that stand beside their gold reports."""
    return score((case.report.spans for case in cases), (case.predicted for case in cases))


def ratios(of: Ratios) -> dict[str, float]:
    """Precision, recall and F1 under their names."""
    return {"precision": of.precision, "recall": of.recall, "f1": of.f1}


def _sizes(counts: Counts) -> dict[str, float]:
    return {
        "true_positives": counts.true_positives,
        "gold": counts.gold,
        "predicted": counts.predicted,
    }

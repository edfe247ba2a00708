"""Matching: which predicted span answers for which gold span, and with how much credit.

A strategy says what a pair is worth, from 0 (no match) to 1. The pairs are then chosen one to one
so that their credit adds up to the most (the assignment problem, Kuhn 1955), so neither the order
of spans nor a greedy choice can change a score, and no span is counted twice.
"""

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..data.types import Span
from .scores import Counts, Scores

ANY_LABEL = "any label"
"""The one row of a strategy that does not look at labels."""


class Strategy(ABC):
    """A rule for what a gold and a predicted span that overlap are worth to each other."""

    name: ClassVar[str]
    summary: ClassVar[str]
    labelled: ClassVar[bool] = True

    @abstractmethod
    def credit(self, gold: Span, predicted: Span) -> float:
        """From 0, no match, to 1, fully right."""


class Strict(Strategy):
    """Same offsets, same label."""

    name = "strict"
    summary = "same offsets and same label"

    def credit(self, gold: Span, predicted: Span) -> float:
        """1 for equals."""
        return float(gold.key == predicted.key)


class Boundary(Strategy):
    """Same offsets, whatever the label."""

    name = "boundary"
    summary = "same offsets, whatever the label"
    labelled = False

    def credit(self, gold: Span, predicted: Span) -> float:
        """1 for the same offsets."""
        return float(gold.offsets == predicted.offsets)


class Overlap(Strategy):
    """Same label, on any overlap."""

    name = "overlap"
    summary = "same label and any overlap"

    def credit(self, gold: Span, predicted: Span) -> float:
        """1 for the same label and a character in common."""
        return float(gold.label == predicted.label and share(gold, predicted) > 0)


class Partial(Strategy):
    """Same label, worth the share of characters in common."""

    name = "partial"
    summary = "same label, worth the characters in common over the characters of either (Jaccard)"

    def credit(self, gold: Span, predicted: Span) -> float:
        """The overlap's share of the union, for the same label."""
        return share(gold, predicted) if gold.label == predicted.label else 0.0


STRATEGIES: tuple[Strategy, ...] = (Strict(), Boundary(), Overlap(), Partial())


class Match(NamedTuple):
    """A gold and a predicted span that answer for each other, and what that is worth."""

    gold: Span
    predicted: Span
    credit: float


def share(a: Span, b: Span) -> float:
    """The characters two spans have in common over those that either has (Jaccard), 0 to 1.

    >>> share(Span(0, 10, "ACTOR"), Span(5, 10, "ACTOR"))
    0.5
    """
    if a.offsets == b.offsets:
        return 1.0
    common = min(a.end, b.end) - max(a.start, b.start)
    return common / (max(a.end, b.end) - min(a.start, b.start)) if common > 0 else 0.0


def assign(gold: Sequence[Span], predicted: Sequence[Span], strategy: Strategy) -> list[Match]:
    """The one-to-one pairs of a report's spans with the greatest total credit, in text order."""
    matches: list[Match] = []
    for golds, claims in clusters(gold, predicted):
        if len(golds) == len(claims) == 1:  # most clusters, and no choice
            if worth := strategy.credit(golds[0], claims[0]):
                matches.append(Match(golds[0], claims[0], worth))
            continue
        if not golds or not claims:
            continue
        credit = np.array([[strategy.credit(g, p) for p in claims] for g in golds])
        if not credit.any():
            continue
        rows, columns = linear_sum_assignment(credit, maximize=True)
        matches += [
            Match(golds[row], claims[column], float(credit[row, column]))
            for row, column in zip(rows, columns, strict=True)
            if credit[row, column] > 0
        ]
    return matches


def clusters(
    gold: Sequence[Span], predicted: Sequence[Span]
) -> Iterator[tuple[list[Span], list[Span]]]:
    """Spans chained by overlap, gold and predicted; nothing matches across clusters.

    Each cluster is sorted, so that what is made of it cannot depend on the order of the input.
    """
    sides = chain(((s, 0) for s in gold), ((s, 1) for s in predicted))
    ordered = sorted(sides, key=lambda item: (item[0].key, item[1]))
    cluster: tuple[list[Span], list[Span]] = ([], [])
    first = end = -1
    for span, side in ordered:
        # An empty span overlaps nothing, but equals its like.
        if span.start >= end and span.start != first:
            if end >= 0:
                yield cluster
            cluster, first, end = ([], []), span.start, span.end
        cluster[side].append(span)
        end = max(end, span.end)
    if end >= 0:
        yield cluster


def tally(
    gold: Iterable[Sequence[Span]], predicted: Iterable[Sequence[Span]], strategy: Strategy
) -> Scores:
    """Scores under a strategy, report by report; equal to `score` for `Strict`.

    Raises:
        ValueError: there are not as many predictions as reports.
    """
    golds, claims, right = Counter[str](), Counter[str](), defaultdict[str, float](float)

    def row(span: Span) -> str:
        return span.label if strategy.labelled else ANY_LABEL

    for expected, found in zip(gold, predicted, strict=True):
        golds.update(map(row, expected))
        claims.update(map(row, found))
        for match in assign(expected, found, strategy):
            right[row(match.gold)] += match.credit
    names = sorted(golds.keys() | claims.keys())
    return Scores({name: Counts(right[name], golds[name], claims[name]) for name in names})

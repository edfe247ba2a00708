"""What went wrong, by kind: every span that is not right is in exactly one error.

Exactly right pairs are set aside first. Then come the spans whose offsets are right and whose label
is not. What is left is chained by overlap: a gold span met by several predicted ones was split,
several met by one were merged, one met by one has a wrong boundary. Chains of several on both sides
are taken apart by the best assignment. Spans that meet nothing are missed or spurious.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..data.types import Span
from .matching import Boundary, Strategy, Strict, assign, clusters, share

Kind = Literal[
    "missed",
    "spurious",
    "wrong label",
    "too short",
    "too long",
    "shifted",
    "label and boundary",
    "split",
    "merged",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

NONE = "none"
"""The row and column of the confusion matrix for spans that met nothing."""


@dataclass(frozen=True, slots=True)
class SpanError:
    """Gold and predicted spans of one report that should be the same and are not.

    Both have one span but for ``missed`` and ``split`` (one gold span, and no or several predicted
    ones) and ``spurious`` and ``merged`` (the other way round).
    """

    kind: Kind
    gold: tuple[Span, ...]
    predicted: tuple[Span, ...]

    @property
    def start(self) -> int:
        """The offset of its first character."""
        return min(span.start for span in self.gold + self.predicted)

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return max(span.end for span in self.gold + self.predicted)


class _OverlapOfAnyLabel(Strategy):
    """Who meets whom: the overlap's share, a little more for the same label to settle ties."""

    name = "meeting"
    summary = "overlap of any label"
    labelled = False

    def credit(self, gold: Span, predicted: Span) -> float:
        """From 0 to 1."""
        met = share(gold, predicted)
        return met * (1.0 if gold.label == predicted.label else 0.999)


def find_errors(gold: Sequence[Span], predicted: Sequence[Span]) -> list[SpanError]:
    """The errors of one report, in text order."""
    found: list[SpanError] = []
    golds, claims = list(gold), list(predicted)
    for right in assign(golds, claims, Strict()):
        golds.remove(right.gold)
        claims.remove(right.predicted)
    for match in assign(golds, claims, Boundary()):
        golds.remove(match.gold)
        claims.remove(match.predicted)
        found.append(SpanError("wrong label", (match.gold,), (match.predicted,)))
    for cluster in clusters(golds, claims):
        found += _classify(*cluster)
    return sorted(found, key=lambda error: (error.start, error.end))


def _classify(golds: list[Span], claims: list[Span]) -> Iterator[SpanError]:
    """The errors of spans chained by overlap, none of which has the offsets of another's."""
    if len(golds) == 1 and len(claims) > 1:
        yield SpanError("split", tuple(golds), tuple(claims))
    elif len(claims) == 1 and len(golds) > 1:
        yield SpanError("merged", tuple(golds), tuple(claims))
    else:
        for match in assign(golds, claims, _OverlapOfAnyLabel()):
            golds.remove(match.gold)
            claims.remove(match.predicted)
            kind = _boundary(match.gold, match.predicted)
            yield SpanError(kind, (match.gold,), (match.predicted,))
        yield from (SpanError("missed", (span,), ()) for span in golds)
        yield from (SpanError("spurious", (), (span,)) for span in claims)


def _boundary(gold: Span, predicted: Span) -> Kind:
    if gold.label != predicted.label:
        return "label and boundary"
    if gold.start <= predicted.start and predicted.end <= gold.end:
        return "too short"
    if predicted.start <= gold.start and gold.end <= predicted.end:
        return "too long"
    return "shifted"


def confusion(gold: Sequence[Span], predicted: Sequence[Span]) -> Counter[tuple[str, str]]:
    """How often a gold label met a predicted one in a report, spans paired by their best overlap.

    Returns:
        Counts of ``(gold label, predicted label)``; `NONE` stands for the missing side. A row adds
        up to the label's gold spans, a column to its predicted ones.
    """
    met = assign(gold, predicted, _OverlapOfAnyLabel())
    pairs = Counter((match.gold.label, match.predicted.label) for match in met)
    left = Counter(span.label for span in gold)
    left.subtract(match.gold.label for match in met)
    extra = Counter(span.label for span in predicted)
    extra.subtract(match.predicted.label for match in met)
    pairs += Counter({(label, NONE): times for label, times in left.items()})
    return pairs + Counter({(NONE, label): times for label, times in extra.items()})

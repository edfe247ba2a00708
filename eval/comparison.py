"""Two systems on the same gold: whether one is better, and where they differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np

from ..data.errors import HasilaError
from ..data.types import Report, Span
from .breakdown import BY_LABEL, CountArray, Table, tabulate
from .cases import Pairing
from .certainty import ROUNDS, Difference, difference

Side = Literal["only A right", "only B right", "only A wrong", "only B wrong"]
"""A gold span that one system found, or a spurious span that one system predicted."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A span on which the systems differ."""

    report: Report
    span: Span
    side: Side


@dataclass(frozen=True, slots=True)
class Comparison:
    """Strict F1 of systems A and B, overall and per label, and the spans on which they differ."""

    micro: Difference
    labels: Mapping[str, Difference]
    spans: tuple[Differing, ...]
    reports: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "micro": asdict(self.micro) | {"delta": self.micro.delta},
            "labels": {n: asdict(d) | {"delta": d.delta} for n, d in self.labels.items()},
            "reports": self.reports,
            "spans": [
                {
                    "report": d.report.id,
                    "start": d.span.start,
                    "end": d.span.end,
                    "label": d.span.label,
                    "surface": d.report.surface(d.span),
                    "side": d.side,
                }
                for d in self.spans
            ],
        }


def compare(a: Pairing, b: Pairing, *, rounds: int = ROUNDS, seed: int = 0) -> Comparison:
    """Compare two systems paired with the same gold reports.

    Raises:
        HasilaError: the gold reports are not the same, or there are none.
    """
    reports = [case.report for case in a.cases]
    if reports != [case.report for case in b.cases]:
        raise HasilaError("the systems are scored on different gold reports; give the same file")
    if not reports:
        raise HasilaError("there are no gold reports to compare the systems on")
    tables = tabulate(a.cases, BY_LABEL), tabulate(b.cases, BY_LABEL)
    labels = sorted({*tables[0].groups, *tables[1].groups})
    return Comparison(
        micro=difference(tables[0].counts, tables[1].counts, rounds, seed),
        labels={
            label: difference(_only(tables[0], label), _only(tables[1], label), rounds, seed)
            for label in labels
        },
        spans=tuple(
            Differing(report, span, side)
            for report, one, other in zip(reports, a.cases, b.cases, strict=True)
            for span, side in _differing(report.spans, one.predicted, other.predicted)
        ),
        reports=len(reports),
    )


def _only(table: Table, label: str) -> CountArray:
    """The counts of one label, shape (reports, 1, 3); none at all if the table lacks it."""
    if label not in table.groups:
        return np.zeros((len(table.counts), 1, 3))
    index = table.groups.index(label)
    return table.counts[:, index : index + 1]


def _differing(
    gold: Sequence[Span], a: Sequence[Span], b: Sequence[Span]
) -> Iterator[tuple[Span, Side]]:
    """In text order."""
    expected = {span.key for span in gold}
    in_a, in_b = Counter(span.key for span in a), Counter(span.key for span in b)
    for key in sorted((in_a - in_b) + (in_b - in_a)):
        owner = "A" if in_a[key] > in_b[key] else "B"
        verdict = "right" if key in expected else "wrong"
        yield Span(*key), cast("Side", f"only {owner} {verdict}")

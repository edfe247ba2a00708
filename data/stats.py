"""What a set of reports holds: how much, of which labels, from where, how long, which names."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .normalise import surface_key
from .types import Report
from .words import words

_PERCENTILES = (0, 10, 25, 50, 75, 90, 100)


@dataclass
class Stats:
    """Counts over reports; nothing grows with them but the lengths and the different surfaces."""

    words: int = 0
    lengths: list[int] = field(default_factory=list)
    """Words of each report, punctuation marks among them."""
    labels: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    surfaces: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a surface, its words normalised, has a label."""

    def add(self, report: Report) -> None:
        """Count a report in."""
        length = len(words(report.text))
        self.words += length
        self.lengths.append(length)
        self.sources[report.source or "(none)"] += 1
        self.countries[report.country or "(none)"] += 1
        for span in report.spans:
            self.labels[span.label] += 1
            self.surfaces[span.label, surface_key(report.surface(span))] += 1

    @property
    def percentiles(self) -> dict[int, int]:
        """Words of the report at each percentile, by nearest rank; empty without reports."""
        ordered = sorted(self.lengths)
        last = len(ordered) - 1
        return {p: ordered[round(p / 100 * last)] for p in _PERCENTILES} if ordered else {}


def stats(reports: Iterable[Report]) -> Stats:
    """Count reports, as a stream."""
    counted = Stats()
    for report in reports:
        counted.add(report)
    return counted

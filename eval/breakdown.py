"""Breakdowns: strict counts of groups of spans, by anything a report or a span tells.

A group's recall is over its gold spans, its precision over its predicted spans. Both sides agree
on the group of a right span, for it has the same offsets and label on both.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..data.errors import HasilaError
from ..data.normalise import surface_key
from ..data.types import Report, Span
from ..data.words import words
from .cases import Case
from .scores import Counts, Scores

CountArray = npt.NDArray[np.float64]
"""Counts of shape (reports, groups, 3): true positives, gold, predicted."""

UNKNOWN = "(unknown)"
_FIELDS = ("id", "source", "date", "country")
_YEAR = re.compile(r"(?<!\d)(1[89]|20)\d\d(?!\d)")  # dates come in any order


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to group spans. ``order`` lists the groups of a scale; others go by size or name."""

    name: str
    title: str
    key: Callable[[Report, Span], str]
    order: tuple[str, ...] = ()
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The counts of a facet's groups, report by report."""

    facet: Facet
    groups: tuple[str, ...]
    counts: CountArray

    @property
    def scores(self) -> Scores:
        """The groups' counts over all reports, in the order of `groups`."""
        sums = self.counts.sum(axis=0).astype(int).tolist()
        return Scores({name: Counts(*row) for name, row in zip(self.groups, sums, strict=True)})

    @property
    def reports(self) -> dict[str, int]:
        """In how many reports each group has a span, gold or predicted."""
        present = (self.counts.sum(axis=2) > 0).sum(axis=0).tolist()
        return dict(zip(self.groups, present, strict=True))


BY_LABEL = Facet("label", "Label", lambda _, span: span.label, by_name=True)


_RIGHT, _GOLD, _PREDICTED = range(3)


def contributions(gold: Sequence[Span], predicted: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """The strict counts of a report, one by one: a span, and which of the three it adds 1 to."""
    # By key: a predicted span is of another class, and so never equal to a gold one.
    expected, found = (Counter(Span(*s.key) for s in spans) for spans in (gold, predicted))
    for spans, count in ((expected, _GOLD), (found, _PREDICTED), (expected & found, _RIGHT)):
        for span in spans.elements():
            yield span, count


def tabulate(cases: Sequence[Case], facet: Facet) -> Table:
    """Count a facet's groups in every report."""
    rows = [
        Counter(
            (facet.key(case.report, span), count)
            for span, count in contributions(case.report.spans, case.predicted)
        )
        for case in cases
    ]
    sizes: Counter[str] = Counter()
    for row in rows:
        for (group, count), times in row.items():
            sizes[group] += times if count == _GOLD else 0
    groups = _ordered(sizes, facet)
    column = {group: index for index, group in enumerate(groups)}
    counts = np.zeros((len(cases), len(groups), 3))
    for index, row in enumerate(rows):
        for (group, count), times in row.items():
            counts[index, column[group], count] = times
    return Table(facet, groups, counts)


def _ordered(sizes: Mapping[str, int], facet: Facet) -> tuple[str, ...]:
    if facet.order:
        return tuple(group for group in facet.order if group in sizes)

    def place(group: str) -> tuple[bool, int, str]:
        return group == UNKNOWN, 0 if facet.by_name else -sizes[group], group

    return tuple(sorted(sizes, key=place))


def field_facet(name: str) -> Facet:
    """Group by a field of the reports: their own, ``year`` (of the date), or any of ``meta``."""
    title = name.replace("_", " ").capitalize()
    by_name = name in ("year", "date")
    return Facet(name, title, lambda report, _: _field(report, name), by_name=by_name)


def require_fields(reports: Sequence[Report], names: Iterable[str]) -> None:
    """Refuse a field that is empty in all reports: there would be one group, the unknown.

    Raises:
        HasilaError: it is; the message names the fields there are.
    """
    for name in names:
        if all(_field(report, name) == UNKNOWN for report in reports):
            known = {*_FIELDS, "year"} | {key for report in reports for key in report.meta}
            there = (n for n in sorted(known) if any(_field(r, n) != UNKNOWN for r in reports))
            raise HasilaError(
                f"no report has a field {name!r} to break the scores down by; there are "
                f"{', '.join(there)}"
            )


def _field(report: Report, name: str) -> str:
    if name == "year":
        found = _YEAR.search(report.date or "")
        return found[0] if found else UNKNOWN
    known = getattr(report, name) if name in _FIELDS else report.meta.get(name)
    return UNKNOWN if known in (None, "") else str(known)


def report_length(reports: Iterable[Report]) -> Facet:
    """Group by the words of the report."""
    scale = _Scale((100, 200, 400, 800), "words")
    group = {report.id: scale(len(words(report.text))) for report in reports}
    return Facet("report_length", "Length of the report", lambda r, _: group[r.id], scale.names)


def span_length() -> Facet:
    """Group by the words of the span."""
    scale = _Scale((1, 2, 3, 5), "words")
    return Facet(
        "span_length",
        "Length of the span",
        lambda r, s: scale(len(words(r.surface(s)))),
        scale.names,
    )


def seen_in_training(training: Iterable[Report]) -> Facet:
    """Group by whether training reports have the surface as a span, with this label or another."""
    seen: dict[str, set[str]] = {}
    for report in training:
        for span in report.spans:
            seen.setdefault(surface_key(report.surface(span)), set()).add(span.label)

    def value(report: Report, span: Span) -> str:
        labels = seen.get(surface_key(report.surface(span)), set())
        return "seen" if span.label in labels else "seen as another label" if labels else "unseen"

    order = ("seen", "seen as another label", "unseen")
    return Facet("seen", "Surface in training", value, order)


def label_frequency(reports: Iterable[Report]) -> Facet:
    """Group by how many spans of the label these reports (training, if there is any) have."""
    frequency = Counter(span.label for report in reports for span in report.spans)
    scale = _Scale((0, 99, 999, 9999), "spans")
    return Facet(
        "label_frequency",
        "Frequency of the label",
        lambda _, s: scale(frequency[s.label]),
        scale.names,
    )


class _Scale:
    """Bins of whole numbers by their inclusive upper limits, and one above them."""

    def __init__(self, limits: Sequence[int], unit: str) -> None:
        self.limits = limits
        lows = [0, *(limit + 1 for limit in limits)]
        bins = zip(lows, limits, strict=False)
        texts = [str(high) if low == high else f"{low}–{high}" for low, high in bins]
        texts[0] = f"{limits[0]}" if limits[0] <= 1 else f"up to {limits[0]}"
        names = (f"{text} {unit}" for text in [*texts, f"{lows[-1]} or more"])
        self.names = tuple(name.removesuffix("s") if name[:2] == "1 " else name for name in names)

    def __call__(self, number: int) -> str:
        return self.names[sum(number > limit for limit in self.limits)]

"""A gold report and what a system found in it, paired by id; spans moved where only spaces differ.

Any system's file can be scored: the readers of `hasila.data` turn it into reports, and a word
format that lost the raw spacing is laid back over the gold text.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ..data.errors import HasilaError
from ..data.types import Report, Span


@dataclass(frozen=True, slots=True)
class Case:
    """A gold report and the spans a system found in its text."""

    report: Report
    predicted: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Cases in the order of the gold reports, and what had no counterpart.

    ``unpredicted`` are the ids of reports without a prediction: their gold spans count as missed.
    ``unknown`` are the ids of predictions without a report: they are not scored.
    """

    cases: tuple[Case, ...]
    unpredicted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def pair(gold: Iterable[Report], predicted: Iterable[Report]) -> Pairing:
    """Pair predictions with the gold reports of the same id; if none is shared, of the same text.

    A prediction without an own text is taken at its offsets. One whose text differs from the gold
    text in white space alone is laid over it.

    Raises:
        HasilaError: an id comes twice, no report is in both files, a prediction's text is another
            one, or an offset lies outside the text.
    """
    reports, found = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    for report in reports.values():
        _require_inside(report, report.text, "gold")
    if reports and found and not reports.keys() & found.keys():
        found = _named_by_text(found, reports)
    return Pairing(
        tuple(
            Case(report, _spans_over(report, found[name]) if name in found else ())
            for name, report in reports.items()
        ),
        tuple(name for name in reports if name not in found),
        tuple(name for name in found if name not in reports),
    )


def _named_by_text(found: dict[str, Report], reports: dict[str, Report]) -> dict[str, Report]:
    """Predictions of a format without ids under the ids of the reports that have their text."""
    names: dict[str, str] = {}
    for name, report in reports.items():
        names.setdefault(_visible(report.text), name)
    known = {names.get(_visible(report.text), name): report for name, report in found.items()}
    if not reports.keys() & known.keys():
        raise HasilaError(
            "no prediction has the id or the text of a gold report "
            f"({next(iter(found))!r} has not, for one): predict the same reports and keep their ids"
        )
    return known


def _visible(text: str) -> str:
    return "".join(text.split())


def _by_id(reports: Iterable[Report], side: str) -> dict[str, Report]:
    known: dict[str, Report] = {}
    for report in reports:
        if report.id in known:
            raise HasilaError(
                f"report {report.id} is twice among the {side} reports: it would count double "
                "(as a distributed evaluation's padded tail does); keep one of them"
            )
        known[report.id] = report
    return known


def _spans_over(gold: Report, predicted: Report) -> tuple[Span, ...]:
    _require_inside(predicted, predicted.text or gold.text, "predicted")
    if predicted.text in ("", gold.text):
        return predicted.spans
    if _visible(predicted.text) != _visible(gold.text):
        raise HasilaError(
            f"report {gold.id}: the prediction is of another text than the gold report's; "
            "its offsets mean nothing there. Predict on the gold texts as they are"
        )
    return realign(predicted.spans, predicted.text, gold.text)


def _require_inside(report: Report, text: str, side: str) -> None:
    for span in report.spans:
        if not 0 <= span.start <= span.end <= len(text):
            raise HasilaError(
                f"report {report.id}: the {side} span {span.key} lies outside its text; "
                "offsets are half-open code points of the raw text"
            )


def realign(spans: Sequence[Span], source: str, target: str) -> tuple[Span, ...]:
    """Spans of one text as spans of another that differs in white space alone.

    >>> realign([Span(3, 6, "NUMBER")], "في 100 .", "في  100.")
    (Span(start=4, end=7, label='NUMBER', quantity=None),)
    """
    # Visible characters before each offset of the source, and where the target has each of them.
    seen = [0, *accumulate(not char.isspace() for char in source)]
    places = [index for index, char in enumerate(target) if not char.isspace()]
    moved = []
    for span in spans:
        first, last = seen[span.start], seen[span.end]
        if first == last:  # an empty span, or one of spaces: no visible character places it
            at = bisect_right(places, span.start)
            start = end = places[min(at, len(places) - 1)] if places else 0
        else:
            start, end = places[first], places[last - 1] + 1
        moved.append(replace(span, start=start, end=end))
    return tuple(moved)

"""A gold report and what a system found in it, paired by id; spans moved where only spaces differ.

Any system's file can be scored: the readers of `hasila.data` turn it into reports, and a word
format that lost the raw spacing is laid back over the gold text.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ..data.errors import HasilaError
from ..data.gate import wrong_masks
from ..data.types import Offsets, Report, Span
from ..data.words import words


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
    ``unjudged`` is how many predicted spans were left out because gold says nothing of them.
    """

    cases: tuple[Case, ...]
    unpredicted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unjudged: int = 0

    @property
    def lost(self) -> dict[str, tuple[str, ...]]:
        """The ids of reports without a counterpart, by what becomes of them."""
        return {
            "reports without a prediction (their spans count as missed)": self.unpredicted,
            "predictions for other reports (not scored)": self.unknown,
        }

    @property
    def losses(self) -> dict[str, int]:
        """What is not as given: in words, with how often."""
        return {
            **{what: len(ids) for what, ids in self.lost.items()},
            "predicted spans of which gold says nothing (not scored)": self.unjudged,
        }


def named(ids: Sequence[str], most: int = 10) -> str:
    """The first of some ids, in a line.

    >>> named(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    rest = len(ids) - most
    return ", ".join(ids[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def pair(
    gold: Iterable[Report], predicted: Iterable[Report], *, all_spans: bool = False
) -> Pairing:
    """Pair predictions with the gold reports of the same id; if none is shared, of the same text.

    A prediction without an own text is taken at its offsets. One whose text differs from the gold
    text in white space alone is laid over it.

    Args:
        gold: the annotated reports.
        predicted: what a system found in them, or another annotator.
        all_spans: keep the predicted spans of which gold says nothing, which `judged` leaves out.

    Raises:
        HasilaError: a report comes twice, none is in both files, a prediction's text is another
            one, an offset lies outside the text, or what gold masks is not to be read.
    """
    reports, found = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    for report in reports.values():
        _require_inside(report, report.text, "gold")
    if reports and found and not reports.keys() & found.keys():
        found = _named_by_text(found, reports)
    cases, unjudged = [], 0
    for name, report in reports.items():
        spans = _spans_over(report, found[name]) if name in found else ()
        kept = spans if all_spans else judged(report, spans)
        unjudged += len(spans) - len(kept)
        cases.append(Case(report, kept))
    return Pairing(
        tuple(cases),
        tuple(name for name in reports if name not in found),
        tuple(name for name in found if name not in reports),
        unjudged,
    )


def judged(gold: Report, predicted: Sequence[Span]) -> tuple[Span, ...]:
    """Predicted spans without those of which gold says nothing, as training learns nothing there.

    A span that meets no gold span is left out if its label is one that the report does not
    annotate, or if each of its words touches a masked stretch (`hasila.data.relabel`).

    Raises:
        HasilaError: the report's ``masked`` or ``unannotated`` are not what they should be.
    """
    masked, unannotated = (gold.meta.get(name) for name in ("masked", "unannotated"))
    if not masked and not unannotated:
        return tuple(predicted)
    for _, problem in wrong_masks(gold):
        raise HasilaError(f"report {gold.id}: {problem}")

    def is_judged(span: Span) -> bool:
        if any(_meet(span.offsets, other.offsets) for other in gold.spans):
            return True
        inside = [(span.start + a, span.start + b) for a, b in words(gold.surface(span))]
        return span.label not in (unannotated or ()) and not (
            inside and all(any(_meet(word, stretch) for stretch in masked or ()) for word in inside)
        )

    return tuple(filter(is_judged, predicted))


def _meet(a: Offsets, b: Offsets) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _named_by_text(found: dict[str, Report], reports: dict[str, Report]) -> dict[str, Report]:
    """Predictions of a format without ids under the ids of the reports that have their text.

    Equal texts are paired in the order of the files.
    """
    names: defaultdict[str, deque[str]] = defaultdict(deque)
    for name, report in reports.items():
        names[_visible(report.text)].append(name)
    known: dict[str, Report] = {}
    for name, report in found.items():
        text = _visible(report.text)
        if text in names and not names[text]:
            raise HasilaError(
                f"report {name}: its text is more often among the predicted reports than among "
                "the gold ones: it would count double (as a distributed evaluation's padded tail "
                "does); keep one of them"
            )
        known[names[text].popleft() if text in names else name] = report
    if not reports.keys() & known.keys():
        raise HasilaError(
            "no report is on both sides, by its id or its text "
            f"({next(iter(found))!r} is on one alone): take the same reports and keep their ids"
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

"""One evaluation, all of it: scores, certainty, errors, breakdowns, calibration, the ceiling."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..data.errors import counted
from ..data.types import Report
from .breakdown import (
    BY_LABEL,
    CountArray,
    Table,
    field_facet,
    label_frequency,
    report_length,
    seen_in_training,
    span_length,
    tabulate,
)
from .calibration import Calibration, calibrate
from .cases import Case, Pairing, pair
from .certainty import ROUNDS, Intervals, Spread, intervals, macro_intervals, spread
from .errors import KINDS, Kind, SpanError, confusion, find_errors
from .matching import STRATEGIES, tally
from .scores import Scores, score_cases
from .stamp import Stamp
from .tags import SeqevalScores, seqeval_scores

FIELDS = ("source", "country", "year")
FEWEST_REPORTS = 5
"""A group of fewer reports gets no interval: resampling two reports shows two reports."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A facet's groups with their scores, and the intervals of those with `FEWEST_REPORTS`."""

    table: Table
    intervals: dict[str, Intervals]

    @classmethod
    def of(cls, table: Table, rounds: int, seed: int) -> "Breakdown":
        """Add the intervals to a table."""
        found = intervals(table.counts, rounds, seed)
        known = zip(table.groups, found, strict=True)
        return cls(table, {n: i for n, i in known if table.reports[n] >= FEWEST_REPORTS})


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How well a second annotator does against the first: as far as a score can mean anything.

    ``scored`` is how many of its reports are among those that the system is scored on, by text.
    """

    scores: Scores
    interval: Intervals
    reports: int
    scored: int

    @property
    def on(self) -> str:
        """The reports it is taken on, in words: whether they are those that are scored."""
        if not self.scored:
            return f"{counted(self.reports, 'other report')} than those scored"
        some = "all" if self.scored == self.reports else f"{self.scored:,}"
        return f"{counted(self.reports, 'report')}, {some} of them among those scored"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured of one system on one set of reports; `evaluate` makes it."""

    stamp: Stamp
    cases: tuple[Case, ...]
    scores: Scores
    micro: Intervals
    macro: Intervals
    labels: Breakdown
    strategies: dict[str, Scores]
    seqeval: SeqevalScores
    errors: tuple[tuple[Case, SpanError], ...]
    confusion: Counter[tuple[str, str]]
    breakdowns: tuple[Breakdown, ...]
    calibration: Calibration | None
    min_precision: float
    ceiling: Ceiling | None
    runs: Spread | None

    @property
    def error_counts(self) -> dict[Kind, int]:
        """How many errors there are of each kind, in the order of `KINDS`."""
        counts = Counter(error.kind for _, error in self.errors)
        return {kind: counts[kind] for kind in KINDS}


def evaluate(
    pairing: Pairing,
    stamp: Stamp,
    *,
    training: Sequence[Report] | None = None,
    annotators: tuple[Sequence[Report], Sequence[Report]] | None = None,
    others: Sequence[Pairing] = (),
    fields: Sequence[str] = FIELDS,
    min_precision: float = 0.95,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Evaluation:
    """Measure a system.

    Args:
        pairing: the gold reports with what the system found in them.
        stamp: the protocol; seed, rounds and what the pairing lost are filled in here.
        training: the reports the system was trained on, to tell seen surfaces from unseen.
        annotators: the same reports as two people annotated them, for the human ceiling.
        others: further runs of the system on the same reports, for the spread of micro F1 alone.
        fields: the fields of the reports to break the scores down by.
        min_precision: the precision that the review threshold is to reach.
        rounds: bootstrap resamples.
        seed: of the bootstrap.
    """
    cases = pairing.cases
    gold = [case.report.spans for case in cases]
    predicted = [case.predicted for case in cases]
    sides = list(zip(gold, predicted, strict=True))
    labels = tabulate(cases, BY_LABEL)
    reports = [case.report for case in cases]
    facets = [*map(field_facet, fields), report_length(reports), span_length()]
    if training is not None:
        facets.append(seen_in_training(training))
    facets.append(label_frequency(reports if training is None else training))
    words_view = seqeval_scores(cases)
    runs = (pairing, *others)
    return Evaluation(
        stamp=_completed(stamp, runs, words_view, rounds, seed),
        cases=cases,
        scores=labels.scores,
        micro=_micro(labels.counts, rounds, seed),
        macro=macro_intervals(labels.counts, rounds, seed),
        labels=Breakdown.of(labels, rounds, seed),
        strategies={s.name: tally(gold, predicted, s) for s in STRATEGIES},
        seqeval=words_view,
        errors=tuple(
            (case, error)
            for case, spans in zip(cases, sides, strict=True)
            for error in find_errors(*spans)
        ),
        confusion=sum((confusion(*spans) for spans in sides), Counter()),
        breakdowns=tuple(Breakdown.of(tabulate(cases, f), rounds, seed) for f in facets),
        calibration=calibrate(cases),
        min_precision=min_precision,
        ceiling=None if annotators is None else human_ceiling(*annotators, reports, rounds, seed),
        runs=spread([score_cases(run.cases).micro.f1 for run in runs]) if others else None,
    )


def human_ceiling(
    first: Iterable[Report],
    second: Iterable[Report],
    scored: Iterable[Report] = (),
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Ceiling:
    """The strict scores of a second annotator against the first, on the reports both have.

    F1 does not depend on who is called first. ``scored`` are the reports beside whose score it is
    to stand.

    Raises:
        HasilaError: the files share no report, or one of another text.
    """
    pairing = pair(first, second, all_spans=True)
    missing = set(pairing.unpredicted)
    both = [case for case in pairing.cases if case.report.id not in missing]
    texts = {report.text for report in scored}
    among = sum(case.report.text in texts for case in both)
    table = tabulate(both, BY_LABEL)
    return Ceiling(table.scores, _micro(table.counts, rounds, seed), len(both), among)


def _micro(counts: CountArray, rounds: int, seed: int) -> Intervals:
    return intervals(counts.sum(axis=1, keepdims=True), rounds, seed)[0]


def _completed(
    stamp: Stamp, runs: Sequence[Pairing], words_view: SeqevalScores, rounds: int, seed: int
) -> Stamp:
    inexpressible = {"gold spans that tags over words cannot express": words_view.lost_gold}
    losses = {**stamp.losses, **inexpressible}
    stamp = replace(stamp, losses=losses, rounds=rounds, seed=seed)
    for number, run in enumerate(runs, 1):
        stamp = stamp.with_pairing(run, f"run {number}" if len(runs) > 1 else "")
    return stamp

"""Breakdowns: groups add up to the whole."""

import pytest
from hypothesis import given
from span_strategies import Corpus, corpora

from hasila.data.errors import HasilaError
from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval import Counts, score
from hasila.eval.breakdown import (
    BY_LABEL,
    UNKNOWN,
    field_facet,
    label_frequency,
    report_length,
    require_fields,
    seen_in_training,
    span_length,
    tabulate,
)
from hasila.eval.cases import Case

TEXT = "قصفت قُوّات النظام بلدة إبلين 27 مرة"
FORCES, TOWN, COUNT = Span(5, 18, "ACTOR"), Span(19, 29, "LOCATION"), Span(30, 32, "NUMBER")


def report(name: str, *spans: Span, **fields) -> Report:
    return Report(name, TEXT, spans, **fields)


def groups(cases, facet) -> dict[str, Counts]:
    return dict(tabulate(cases, facet).scores.labels)


@given(corpora())
def test_labels_and_sources_add_up_to_the_score(corpus: Corpus) -> None:
    cases = [
        Case(Report(str(i), "x " * 6, tuple(gold), source="ab"[i % 2]), tuple(found))
        for i, (gold, found) in enumerate(corpus)
    ]
    whole = score((gold for gold, _ in corpus), (found for _, found in corpus))
    assert groups(cases, BY_LABEL) == whole.labels
    for facet in (field_facet("source"), report_length(c.report for c in cases), span_length()):
        assert tabulate(cases, facet).scores.micro == whole.micro


def test_fields_of_reports() -> None:
    cases = [
        Case(
            report("1", COUNT, source="وكالة", date="2024-05-01", meta={"event": "قصف"}), (COUNT,)
        ),
        Case(report("2", COUNT, TOWN), ()),
    ]
    assert groups(cases, field_facet("source")) == {
        "وكالة": Counts(1, 1, 1),
        UNKNOWN: Counts(0, 2, 0),
    }
    assert list(groups(cases, field_facet("year"))) == ["2024", UNKNOWN]
    dated = [Case(report(d, COUNT, date=d), ()) for d in ("Sat, 15 May 2021 10:00", "07/01/2013")]
    assert list(groups(dated, field_facet("year"))) == ["2013", "2021"]
    assert list(groups(cases, field_facet("event"))) == ["قصف", UNKNOWN]
    assert list(groups(cases, field_facet("date"))) == ["2024-05-01", UNKNOWN]
    assert list(groups(cases, field_facet("id"))) == ["2", "1"]
    assert tabulate(cases, field_facet("year")).reports == {"2024": 1, UNKNOWN: 1}


def test_a_field_no_report_has_is_refused() -> None:
    known = [report("1", date="2024-05-01"), report("2", meta={"event": "قصف", "empty": ""})]
    require_fields(known, ["id", "date", "year", "event"])
    for name in ("evnt", "empty", "source", "text"):
        with pytest.raises(HasilaError, match=f"{name}.* there are date, event, id, year"):
            require_fields(known, [name])


def test_a_predicted_span_counts_in_its_own_group() -> None:
    """A wrong prediction of one word weighs on the precision of one-word spans only."""
    found = PredictedSpan(5, 11, "ACTOR", confidence=0.9)
    rows = groups([Case(report("1", FORCES, COUNT), (found, COUNT))], span_length())
    assert rows == {"1 word": Counts(1, 1, 2), "2 words": Counts(0, 1, 0)}


def test_a_predicted_span_equals_the_gold_span_of_its_key() -> None:
    found = PredictedSpan(*FORCES.key, surface="قُوّات النظام", confidence=0.9)
    assert groups([Case(report("1", FORCES), (found,))], BY_LABEL) == {"ACTOR": Counts(1, 1, 1)}


def test_seen_compares_normalised_surfaces_and_labels() -> None:
    training = [Report("t", "قوات النظام في إبلين", (Span(0, 11, "ACTOR"), Span(15, 20, "ACTOR")))]
    town = Span(24, 29, "LOCATION")
    rows = groups([Case(report("1", FORCES, town, COUNT), ())], seen_in_training(training))
    assert list(rows) == ["seen", "seen as another label", "unseen"]


@pytest.mark.parametrize(
    ("spans", "group"), [(0, "0 spans"), (99, "1–99 spans"), (100, "100–999 spans")]
)
def test_label_frequency(spans: int, group: str) -> None:
    training = [report(str(i), COUNT) for i in range(spans)]
    assert list(groups([Case(report("1", COUNT), ())], label_frequency(training))) == [group]

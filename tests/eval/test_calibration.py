"""Calibration, with confidences whose truth is known."""

import numpy as np
import pytest

from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval.calibration import (
    Threshold,
    calibrate,
    expected_error,
    fit_temperature,
    reliability,
    scale,
)
from hasila.eval.cases import Case
from hasila.eval.scores import Counts


def case(name: str, *rows: tuple[float, bool]) -> Case:
    """A report with a prediction a row: its confidence, and whether it is right."""
    gold = tuple(Span(10 * i, 10 * i + 5, "ACTOR") for i in range(len(rows)))
    found = tuple(
        PredictedSpan(s.start, s.end, "ACTOR" if right else "NUMBER", confidence=confidence)
        for s, (confidence, right) in zip(gold, rows, strict=True)
    )
    return Case(Report(name, "x" * 10 * len(rows), gold), found)


def test_expected_error_by_hand() -> None:
    # Two bins: 0.95 claimed and 3 of 4 right, 0.55 claimed and 1 of 1 right.
    found = calibrate(
        [
            case("1", (0.95, True), (0.95, True)),
            case("2", (0.95, True), (0.95, False), (0.55, True)),
        ]
    )
    assert found.ece == pytest.approx((4 * 0.20 + 1 * 0.45) / 5)
    assert [(b.low, b.spans, b.accuracy) for b in found.bins] == [(0.5, 1, 1), (0.9, 4, 0.75)]


def test_edges_of_bins_count_down_and_every_span_is_in_one() -> None:
    bins = reliability(np.array([0, 0.1, 0.5, 1.0]), np.ones(4))
    assert [(b.low, b.spans) for b in bins] == [(0.0, 2), (0.4, 1), (0.9, 1)]


def test_temperature_is_recovered_and_mends_the_error() -> None:
    random = np.random.default_rng(0)
    honest = random.uniform(0.3, 0.99, 20_000)
    right = (random.uniform(size=honest.size) < honest).astype(float)
    boastful = scale(honest, 0.5)
    assert fit_temperature(honest, right) == pytest.approx(1, abs=0.05)
    assert fit_temperature(boastful, right) == pytest.approx(2, abs=0.1)
    before = expected_error(reliability(boastful, right))
    after = expected_error(reliability(scale(boastful, 2), right))
    assert before > 0.08
    assert after < 0.02


def test_thresholds_by_hand() -> None:
    found = calibrate([case("1", (0.9, True), (0.8, True), (0.8, False), (0.3, False))])
    rows = [(t.confidence, t.counts.precision, t.counts.recall) for t in found.thresholds]
    assert rows == [(0.3, 0.5, 0.5), (0.8, 2 / 3, 0.5), (0.9, 1, 0.25)]
    assert found.review_threshold(0.6).confidence == 0.8
    assert found.review_threshold(0.5).confidence == 0.3


def test_each_half_of_the_reports_is_scaled_by_the_other() -> None:
    # 0.9 is too sure in the first half and not sure enough in the second: each misleads the other.
    boastful, modest = [(0.9, True), (0.9, False)] * 4, [(0.9, True)] * 8
    found = calibrate([case("1", *boastful), case("2", *modest)])
    assert found.ece == pytest.approx(0.9 - 12 / 16)
    assert found.ece_scaled == pytest.approx(0.49, abs=0.01)  # 0.5, were temperatures unbounded
    assert found.temperature == pytest.approx(2, abs=0.01)  # logit 0.9 is 2 logit 0.75


def test_what_was_not_predicted_weighs_on_recall() -> None:
    missed = Case(
        Report("1", "x" * 9, (Span(0, 5, "ACTOR"), Span(5, 9, "ACTOR"))),
        (PredictedSpan(0, 5, "ACTOR", confidence=0.9),),
    )
    assert calibrate([missed]).thresholds == (Threshold(0.9, Counts(1, 2, 1)),)


def test_a_table_of_thresholds_spreads_from_the_first_to_the_last() -> None:
    found = calibrate([case("1", *((n / 10, True) for n in range(1, 10)))])
    assert [t.confidence for t in found.table(2)] == [0.1, 0.5, 0.9]
    assert found.table(100) == list(found.thresholds)


def test_no_threshold_reaches_what_no_span_reaches() -> None:
    assert calibrate([case("1", (0.9, False))]).review_threshold(0.95) is None


def test_a_span_predicted_twice_is_right_once() -> None:
    span = PredictedSpan(0, 5, "ACTOR", confidence=0.9)
    twice = Case(Report("1", "x" * 5, (Span(0, 5, "ACTOR"),)), (span, span))
    assert calibrate([twice]).bins[0].accuracy == 0.5


def test_without_confidence_there_is_no_calibration() -> None:
    assert calibrate([Case(Report("1", "x"), (Span(0, 1, "ACTOR"),))]) is None
    assert calibrate([Case(Report("1", "x"), ())]) is None

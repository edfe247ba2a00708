"""The reports that ship hold what their README promises."""

from pathlib import Path

import pytest

from hasila.data import check, read_located
from hasila.data.corpus import LENGTH, PARTS, SOURCE, read_batches, split, word_count
from hasila.data.coverage import LEAST, coverage
from hasila.data.jsonl import Located, record_of
from hasila.data.types import BOUNDS, COUNTED, Report

FOLDER = Path(__file__).parents[2] / "data/reports"


@pytest.fixture(scope="module")
def located() -> list[Located]:
    return [row for part in PARTS for row in read_located(FOLDER / f"{part}.jsonl")]


@pytest.fixture(scope="module")
def reports(located: list[Located]) -> list[Report]:
    return [row.report for row in located]


def test_there_are_enough_of_the_right_length(reports):
    lengths = [word_count(report.text) for report in reports]
    assert len(lengths) >= 300
    assert sum(lengths) >= 40_000
    assert LENGTH[0] <= min(lengths) <= max(lengths) <= LENGTH[1]
    assert {report.source for report in reports} == {SOURCE}


def test_the_gate_finds_nothing(located):
    assert [str(finding) for finding in check(located)] == []


def test_the_files_are_what_the_batches_say(located):
    parts = split(read_batches(FOLDER / "batches"))
    built = [record_of(report) for reports in parts.values() for report in reports]
    assert built == [record_of(row.report) for row in located]


def test_everything_is_covered(reports):
    table = coverage(reports)
    assert len(table["country"]) >= 14
    assert len(table["event"]) >= 14
    assert len(table["manner"]) >= 8
    assert [name for name, count in table["phenomenon"].items() if count < LEAST] == []


def test_every_number_says_what_it_counts(reports):
    spans = [span for report in reports for span in report.spans]
    quantities = [span.quantity for span in spans if span.label == "NUMBER"]
    assert all(quantities)
    assert {quantity.bound for quantity in quantities} == set(BOUNDS)
    assert {quantity.of for quantity in quantities} == set(COUNTED)


@pytest.mark.parametrize("part", PARTS)
def test_every_country_and_manner_is_in_every_part(part, reports):
    members = [row.report for row in read_located(FOLDER / f"{part}.jsonl")]
    for trait in (lambda r: r.country, lambda r: r.meta["manner"]):
        assert set(map(trait, members)) == set(map(trait, reports))

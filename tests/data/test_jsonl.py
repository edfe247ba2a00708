import gzip
import json

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from report_strategies import reports, same

from hasila.data import read_located, read_reports, write_reports
from hasila.data.errors import HasilaError
from hasila.data.jsonl import dumped, record_of
from hasila.data.types import PredictedSpan, Report, Span


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@settings(max_examples=25, deadline=None)
@given(given_reports=st.lists(reports(), max_size=3))
def test_writing_and_reading_changes_nothing(tmp_path_factory, ending, given_reports):
    path = tmp_path_factory.mktemp("x") / f"x.jsonl{ending}"
    assert write_reports(path, given_reports) == len(given_reports)
    found = list(read_reports(path))
    assert len(found) == len(given_reports)
    assert all(map(same, given_reports, found))


def test_predictions_keep_their_confidence(tmp_path):
    span = PredictedSpan(0, 3, "ACTOR", surface="قسد", confidence=0.5)
    write_reports(tmp_path / "x", [Report("r", "قسد", (span,))])
    (report,) = read_reports(tmp_path / "x")
    (found,) = report.spans
    assert isinstance(found, PredictedSpan)
    assert (found.key, found.surface, found.confidence) == ((0, 3, "ACTOR"), "قسد", 0.5)


def test_lines_are_told_and_empty_ones_passed_over(tmp_path):
    (tmp_path / "x").write_text('\ufeff{"id": 5, "text": "نص"}\n\n  \n{"id": "b", "text": ""}\n')
    assert [(row.line, row.report.id) for row in read_located(tmp_path / "x")] == [
        (1, "5"),
        (4, "b"),
    ]


def test_other_fields_are_kept(tmp_path):
    record = {"id": "r", "text": "نص", "spans": [], "country": "Syria", "incidents": [{"a": 1}]}
    report = Report("r", "نص", country="Syria", meta={"incidents": [{"a": 1}]})
    assert record_of(report) == record


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[]", "expected an object"),
        ('{"text": "x"}', '"id" is missing'),
        ('{"id": true, "text": "x"}', '"id" is missing'),
        ('{"id": "r"}', 'report r: "text" is missing'),
        ('{"id": "r", "text": "x", "spans": 5}', '"spans" must be a list'),
        ('{"id": "r", "text": "x", "spans": [5]}', "span 1: expected"),
        ('{"id": "r", "text": "x", "date": 5}', '"date" must be a string'),
        ('{"id": "r", "text": "x", "spans": [{"start": true, "end": 1, "label": "A"}]}', "span 1"),
        (
            '{"id": "r", "text": "x", "spans": [{"start": 0, "end": 1, "label": "A", '
            '"confidence": 2}]}',
            '"confidence" must be a number from 0 to 1',
        ),
        (
            '{"id": "r", "text": "x", "spans": [{"start": 0, "end": 1, "label": "NUMBER", '
            '"value": {"bound": "about"}, "of": "killed"}]}',
            "a bound among exact",
        ),
    ],
)
def test_what_is_no_report_is_named(tmp_path, line, problem):
    path = tmp_path / "x.jsonl"
    path.write_text(f"\n{line}\n", "utf-8")
    with pytest.raises(HasilaError, match=rf"x\.jsonl:2: .*{problem}"):
        list(read_reports(path))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_a_compressed_file_cut_short_is_no_shorter_corpus(tmp_path, ending, pack):
    path = tmp_path / f"x.jsonl{ending}"
    packed = pack(b'{"id": "r", "text": "x"}\n' * 50_000)
    path.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(HasilaError, match="the file is damaged here"):
        list(read_reports(path))


def test_a_failed_write_leaves_the_older_file(tmp_path):
    path = tmp_path / "x.jsonl"
    write_reports(path, [Report("old", "نص")])

    def failing():
        yield Report("new", "نص")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_reports(path, failing())
    assert [report.id for report in read_reports(path)] == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_span_order_is_kept(tmp_path):
    spans = (Span(4, 5, "ACTOR"), Span(0, 1, "ACTOR"))
    write_reports(tmp_path / "x", [Report("r", "ا ب ج", spans)])
    assert next(read_reports(tmp_path / "x")).spans == spans


def test_halves_of_characters_are_escaped_and_the_rest_stays_as_it_is():
    text = dumped({"نص": "قسد \ud800"}, indent=1)
    assert text.encode().decode() == '{\n "نص": "قسد \\ud800"\n}'
    assert json.loads(text) == {"نص": "قسد \ud800"}

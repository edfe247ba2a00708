"""Report → format → report changes nothing, whatever the text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_strategies import reports, same

from hasila.data.errors import HasilaError
from hasila.data.formats import FORMATS, Losses, read_format, write_format
from hasila.data.types import PredictedSpan, Report

NAMES = {"markup": "x.txt", "conll": "x.conll", "label-studio": "x.json"}
FOLDERS = ("brat", "inception", "datasets")
BY_FILE_NAME = ("brat", "inception")  # reports come back in the order of their files' names


def there_and_back(
    folder: Path, name: str, given_reports: list[Report]
) -> tuple[list[Report], Losses]:
    path = folder / ("folder" if name in FOLDERS else NAMES.get(name, "x.jsonl"))
    losses = Losses()
    assert write_format(path, given_reports, name, losses) == len(given_reports)
    return [located.report for located in read_format(path, name, losses)], losses


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "markup"])
@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=20)
def test_a_format_gives_back_what_it_got(tmp_path_factory, name: str, data: st.DataObject):
    given_reports = data.draw(
        st.lists(reports(), min_size=1, max_size=2, unique_by=lambda r: r.id.lower())
    )
    folder = tmp_path_factory.mktemp(name)
    found, losses = there_and_back(folder, name, given_reports)
    if name in BY_FILE_NAME:
        found.sort(key=lambda report: report.id)
        given_reports.sort(key=lambda report: report.id)
    assert len(found) == len(given_reports)
    for before, after in zip(given_reports, found, strict=True):
        assert same(before, after)
    assert not losses


@pytest.mark.parametrize("name", FORMATS)
def test_confidences_that_a_format_does_not_carry_are_counted(tmp_path, name):
    found = PredictedSpan(0, 3, "ACTOR", confidence=0.625)
    _, losses = there_and_back(tmp_path, name, [Report("r", "قسد تنفي", (found,))])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    carried = any(b"0.625" in path.read_bytes() for path in files)
    assert losses == ({} if carried else {"confidences of predicted spans, left out": 1})


HALF = Report("r", "قسد \ud83d")


@pytest.mark.parametrize("name", ["hasila", "doccano", "prodigy", "label-studio"])
def test_half_a_character_is_carried_by_json(tmp_path, name):
    found, _ = there_and_back(tmp_path, name, [HALF])
    assert found == [HALF]


@pytest.mark.parametrize("name", ["markup", "brat", "inception", "datasets"])
def test_half_a_character_is_refused_by_others(tmp_path, name):
    with pytest.raises(HasilaError, match=r"U\+D83D"):
        there_and_back(tmp_path, name, [HALF])
    assert list(tmp_path.iterdir()) == []

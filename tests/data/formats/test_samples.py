"""Files as each tool writes them, after its documentation: read right, and told apart."""

import shutil
from pathlib import Path

import pytest

from hasila.data.errors import HasilaError
from hasila.data.formats import Losses, detected, open_reports, read_format
from hasila.data.types import Report

SAMPLES = Path(__file__).parent / "samples"
FORCES = ("ACTOR", "قوات سوريا الديمقراطية")
COUNT = ("NUMBER", "27")
CITY = ("LOCATION", "مدينة الحسكة")


def read(name: str, path: Path | None = None) -> tuple[list[Report], Losses]:
    losses = Losses()
    located = list(read_format(path or SAMPLES / name, None, losses))
    return [row.report for row in located], losses


def surfaces(report: Report) -> list[tuple[str, str]]:
    return [(span.label, report.surface(span)) for span in report.spans]


def test_brat():
    (report,), losses = read("brat")
    assert report.id == "report-1"
    assert "\r\n" in report.text
    fighters, countryside = ("ACTOR", "مسلحاً"), ("LOCATION", "وريفها الشرقي")
    assert surfaces(report) == [FORCES, COUNT, CITY, fighters, countryside]
    assert losses == {
        "discontinuous spans, taken from first to last piece": 1,
        "attributes, left out": 1,
        "relations, left out": 1,
        "events, left out": 1,
        "equivalences, left out": 1,
        "notes, left out": 1,
    }


@pytest.mark.parametrize("ending", [".ann", ".txt"])
def test_brat_by_one_of_its_files(ending):
    (report,), _ = read("", SAMPLES / f"brat/report-1{ending}")
    assert len(report.spans) == 5


def test_doccano():
    (first, second), losses = read("doccano.jsonl")
    assert surfaces(first) == [FORCES, COUNT, CITY]
    assert (first.id, first.source, dict(first.meta)) == (
        "101",
        "وكالة",
        {"url": "https://example.org/1"},
    )
    assert (second.id, second.spans) == ("102", ())
    assert not losses


def test_doccano_with_relations():
    (report,), losses = read("doccano-relation.jsonl")
    assert surfaces(report) == [FORCES, COUNT, CITY]
    assert losses == {"relations between spans, left out": 1}


def test_label_studio_takes_the_last_annotation_and_converts_a_browsers_offsets():
    (report,), losses = read("label-studio.json")
    assert surfaces(report) == [FORCES, COUNT, CITY]
    assert (report.id, report.source, report.date) == ("1", "وكالة", "2024-05-01")
    assert losses == {
        "annotations of a task beside its last, left out": 1,
        "regions of type relation, left out": 1,
        "spans whose offsets counted UTF-16 units, converted to code points": 2,
    }


def test_prodigy_takes_what_was_accepted():
    (first, second), losses = read("prodigy.jsonl")
    assert surfaces(first) == [COUNT, ("ACTOR", "مدنياً"), ("LOCATION", "حلب")]
    assert (first.id, first.source, dict(first.meta)) == (
        "prodigy-1",
        "وكالة",
        {"section": "أخبار"},
    )
    assert second.text == "لا شيء"
    assert losses == {
        "examples answered 'reject', left out": 1,
        "examples answered 'ignore', left out": 1,
    }


def test_inception_from_a_folder_a_file_and_a_zip(tmp_path):
    archive = shutil.make_archive(str(tmp_path / "export"), "zip", SAMPLES / "inception")
    for path in (SAMPLES / "inception", SAMPLES / "inception/report-1.xmi", Path(archive)):
        (report,), losses = read("", path)
        assert surfaces(report) == [FORCES, COUNT, CITY]
        assert (report.id, "🔴" in report.text) == ("report-1", True)
        assert losses == {"spans without a label, left out": 1}


def test_inception_without_its_type_system(tmp_path):
    shutil.copy(SAMPLES / "inception/report-1.xmi", tmp_path)
    with pytest.raises(HasilaError, match=r"report-1\.xmi: TypeSystem\.xml is missing"):
        read("", tmp_path / "report-1.xmi")


def test_conll_2003_has_documents_and_counts_orphans():
    (first, second), losses = read("conll2003.conll")
    assert (first.id, first.text) == (
        "conll2003-1",
        "قال أحمد الشرع في دمشق حلب\nوتابع الجيش",
    )
    assert surfaces(first) == [
        ("PER", "أحمد الشرع"),
        ("LOC", "دمشق"),
        ("LOC", "حلب"),
        ("ORG", "الجيش"),
    ]
    assert second.text == "لا"
    assert losses == {
        "orphan I- tags, taken as the beginning of a span": 1,
        "reports whose text was joined from words, by single spaces": 2,
    }


@pytest.mark.parametrize("scheme", ["iob1", "bioes"])
def test_other_schemes_say_the_same_and_have_no_orphans(scheme):
    (first, second), losses = read(f"{scheme}.conll")
    assert surfaces(first) == [("PER", "أحمد الشرع"), ("LOC", "دمشق"), ("LOC", "حلب")]
    assert surfaces(second) == [("ORG", "الجيش")]
    assert set(losses) == {"reports whose text was joined from words, by single spaces"}


def test_nested_tags_are_spans_in_spans():
    (report,), _ = read("nested.conll")
    assert surfaces(report) == [
        ("OCC", "رئيس بلدية نابلس"),
        ("ORG", "بلدية نابلس"),
        ("GPE", "نابلس"),
    ]


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("brat", "brat"),
        ("brat/report-1.txt", "brat"),
        ("doccano.jsonl", "doccano"),
        ("doccano-relation.jsonl", "doccano"),
        ("label-studio.json", "label-studio"),
        ("prodigy.jsonl", "prodigy"),
        ("inception", "inception"),
        ("bioes.conll", "conll"),
    ],
)
def test_formats_are_told_apart(name, format_):
    assert detected(SAMPLES / name) == format_


def test_our_own_formats_are_told_apart(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "نص", "spans": []}\n')
    (tmp_path / "b.txt").write_text("\n=== x\nk: v\n\nنص\n")
    assert detected(tmp_path / "a.jsonl") == "hasila"
    assert detected(tmp_path / "b.txt") == "markup"
    assert [row.report.id for row in open_reports([tmp_path])] == ["1"]
    assert [row.report.id for row in open_reports([tmp_path / "b.txt"])] == ["x"]


@pytest.mark.parametrize("name", ["x.csv", "x.txt"])
def test_what_cannot_be_told_is_asked_for(tmp_path, name):
    (tmp_path / name).write_text("a,b")
    with pytest.raises(HasilaError, match=r"cannot tell its format; `hasila convert --from`"):
        detected(tmp_path / name)

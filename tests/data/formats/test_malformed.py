"""Damaged and hostile files: one clear error each, that names the file."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict

from hasila.data import files
from hasila.data.errors import HasilaError
from hasila.data.formats import (
    FORMATS,
    Losses,
    common,
    inception,
    open_reports,
    read_format,
    write_format,
)
from hasila.data.types import Report, Span
from hasila.eval import read_predictions

SAMPLES = Path(__file__).parent / "samples"
TASK = {"data": {"text": "نص قصير"}}
ENTITY = '<type:NamedEntity xmi:id="13" sofa="1" begin="6"'


def region(**value: object) -> str:
    result = [{"type": "labels", "value": value}]
    return json.dumps([TASK | {"annotations": [{"result": result}]}])


def beside(record: object) -> str:
    return json.dumps({"text": "نص", "label": [], "hasila": record})


RECORD = {"id": "1", "fields": {}, "meta": {}, "values": []}
OFFSET_ROWS = '# newdoc id = 1\n# text = "نص قصير"\nنص\t0\t2\tO\n'

MALFORMED = [
    ("hasila", "x.jsonl", '{"id": "1", "text": "ن', r"x\.jsonl:1: not valid JSON"),
    ("hasila", "x.jsonl", "[" * 100_000, r"x\.jsonl:1: not valid JSON"),
    ("hasila", "x.jsonl", '{"id": "1", "text": "ن", "n": NaN}', "NaN is no JSON number"),
    ("doccano", "x.jsonl", '\n{"text": "ن', r"x\.jsonl:2: not valid JSON"),
    ("doccano", "x.jsonl", '{"label": []}', '"text" is missing'),
    ("doccano", "x.jsonl", '{"text": "ن", "label": 5}', '"label" must be a list'),
    ("doccano", "x.jsonl", '{"text": "ن", "label": [[0, "1", "A"]]}', r"a label is \[start"),
    ("doccano", "x.jsonl", beside(5), 'the field "hasila" is damaged'),
    ("doccano", "x.jsonl", beside(RECORD | {"values": [[]]}), 'the field "hasila" is damaged'),
    ("doccano", "x.jsonl", beside(RECORD | {"fields": {"date": 5}}), '"date" must be a string'),
    ("prodigy", "x.jsonl", '{"text": "ن"', r"x\.jsonl:1: not valid JSON"),
    ("prodigy", "x.jsonl", "[]", '"text" is missing'),
    ("prodigy", "x.jsonl", '{"text": "ن", "spans": 5}', '"spans" must be a list'),
    ("prodigy", "x.jsonl", '{"text": "ن", "spans": [{"start": 0}]}', "a span is"),
    ("label-studio", "x.json", '[{"data": ', r"x\.json: not valid JSON"),
    ("label-studio", "x.json", "{}", "no list of tasks"),
    ("label-studio", "x.json", "[5]", r'task 1: "data" needs a string "text"'),
    (
        "label-studio",
        "x.json",
        json.dumps([TASK | {"annotations": [5]}]),
        "task 1: its annotations",
    ),
    ("label-studio", "x.json", region(labels=["A"]), "no start, end and labels"),
    ("label-studio", "x.json", region(start=0, end=2, labels=["A"], text="لا"), "wrong offsets"),
    ("label-studio", "x.json", region(start=0, end=99, labels=["A"], text="نص"), "wrong offsets"),
    ("conll", "x.conll", "نص\n", r"x\.conll:1: expected a word and its tag"),
    ("conll", "x.conll", "نص\tO\nقصير\tPER\n", r"x\.conll:2: tag 'PER' is neither O nor"),
    ("conll", "x.conll", OFFSET_ROWS + "قصير\t4\t8\tO\n", r"x\.conll:4: wrong offsets"),
    ("conll", "x.conll", OFFSET_ROWS + "قصير\tO\n", r"x\.conll:4: .*every row is word, start"),
    ("conll", "x.conll", '# text = "نص\nنص\tO\n', r"x\.conll:1: not valid JSON"),
    ("brat", "x.txt", "نص", r"its annotations x\.ann are missing"),
    ("brat", "x.jsonl", "نص", r"x\.txt: cannot be read: No such file"),
    ("inception", "x.xmi", "<xmi:XMI", r"x\.xmi:1: broken XML"),
    ("inception", "x.xmi", "<a/>", r"TypeSystem\.xml is missing"),
    ("inception", "x.zip", "PK", "no readable zip file"),
    ("markup", "x.txt", "=== x\n", "one empty line, the text"),
]


def reading(name: str, path: Path) -> list[object]:
    return list(read_format(path, name, Losses()))


@pytest.mark.parametrize(("name", "file", "content", "problem"), MALFORMED)
def test_a_malformed_file_is_one_clear_error(tmp_path, name, file, content, problem):
    path = tmp_path / file
    path.write_text(content, "utf-8")
    with pytest.raises(HasilaError, match=problem) as raised:
        reading(name, path)
    assert str(path.with_suffix("")) in str(raised.value)


@pytest.mark.parametrize("name", ["hasila", "doccano", "prodigy", "conll", "markup"])
def test_lines_that_are_no_utf_8_are_named(tmp_path, name):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"{}\n" * (name != "hasila") + "نص".encode("cp1256"))
    with pytest.raises(HasilaError, match=r"x\.jsonl:\d: "):
        reading(name, path)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("T1\tACTOR 0 2\tلا", r"x\.ann:1: wrong offsets: \[0, 2\) of the text is 'نص'"),
        ("T1\tACTOR 0 99\tنص", r"x\.ann:1: wrong offsets"),
        ("\nT1\tACTOR 0 1;5 99\tنص", r"x\.ann:2: wrong offsets"),
        ("T1 ACTOR 0 2 نص", r"x\.ann:1: expected `T1<tab>LABEL"),
    ],
)
def test_brat_annotations_that_do_not_fit(tmp_path, rows, problem):
    (tmp_path / "x.txt").write_text("نص قصير", "utf-8")
    (tmp_path / "x.ann").write_text(rows, "utf-8")
    with pytest.raises(HasilaError, match=problem):
        reading("brat", tmp_path)


@pytest.mark.parametrize("name", ["brat", "inception", "datasets", "hasila"])
def test_an_empty_folder(tmp_path, name):
    with pytest.raises(HasilaError, match=str(tmp_path)):
        reading(name, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (ENTITY, ENTITY.replace('"6"', '"9999"'), "wrong offsets"),
        (ENTITY, ENTITY.replace("NamedEntity", "Unknown"), "no readable UIMA CAS XMI"),
        ("</xmi:XMI>", "", "broken XML"),
        ("cas:Sofa", "cas:NULL", "no readable UIMA CAS XMI"),
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            "declares a document type",
        ),
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            "declares a document type",
        ),
    ],
)
def test_xmi_that_is_wrong_or_hostile(tmp_path, old, new, problem):
    folder = tmp_path / "x"
    shutil.copytree(SAMPLES / "inception", folder)
    path = folder / "report-1.xmi"
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")
    with pytest.raises(HasilaError, match=rf"report-1\.xmi.*{problem}"):
        reading("inception", path)


def test_a_zip_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xmi", b" " * 3_000_000)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(inception, "LARGEST_FILE", 2**20)
    with pytest.raises(HasilaError, match=r"bomb\.zip: unpacks to 3,000,000 bytes"):
        reading("inception", path)


@pytest.mark.parametrize("name", ["label-studio", "inception"])
def test_a_file_read_at_once_has_a_limit(tmp_path, monkeypatch, name):
    monkeypatch.setattr(common, "LARGEST_FILE", 2**20)
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(HasilaError, match=r"x\.json\.gz: more than 1,048,576 bytes"):
        reading(name, path)


def test_a_line_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_LINE", 2**20)
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n" + b" " * 3_000_000))
    with pytest.raises(HasilaError, match=r"x\.jsonl\.gz:2: a line longer than 1,048,576 bytes"):
        reading("hasila", path)


def test_a_data_set_without_words_or_with_other_offsets(tmp_path):
    Dataset.from_dict({"a": [1]}).save_to_disk(tmp_path / "a")
    with pytest.raises(HasilaError, match="needs a column of words"):
        reading("datasets", tmp_path / "a")
    rows = {"tokens": [["نص"]], "ner_tags": [["O", "O"]]}
    Dataset.from_dict(rows).save_to_disk(tmp_path / "b")
    with pytest.raises(HasilaError, match="row 1: 1 word and 2 tags"):
        reading("datasets", tmp_path / "b")
    moved = {
        "tokens": [["نص"]],
        "ner_tags": [["O"]],
        "text": ["لا"],
        "starts": [[0]],
        "ends": [[2]],
    }
    Dataset.from_dict(moved).save_to_disk(tmp_path / "c")
    with pytest.raises(HasilaError, match="row 1: wrong offsets"):
        reading("datasets", tmp_path / "c")


def test_a_data_set_of_others_is_read_by_its_tags(tmp_path):
    rows = Dataset.from_dict({"words": [["في", "حلب"]], "tags": [["O", "B-LOC"]]})
    DatasetDict(train=rows, test=rows).save_to_disk(tmp_path / "a")
    losses = Losses()
    reports = [row.report for row in read_format(tmp_path / "a", None, losses)]
    assert [report.text for report in reports] == ["في حلب"] * 2
    assert reports[0].spans == (Span(3, 6, "LOC"),)
    assert losses == {"reports whose text was joined from words, by single spaces": 2}


@pytest.mark.parametrize("name", ["x.jsonl", "x.txt", "x.conll", "x.json", "x.jsonl.gz"])
@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_file_without_reports_is_one_clear_error(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for read in (open_reports, read_predictions):
        with pytest.raises(HasilaError, match=rf"{name}: there are no reports in it"):
            list(read([path]))


def test_the_advice_on_a_file_of_unknown_format_can_be_followed(tmp_path):
    (tmp_path / "x.bin").write_text("نص", "utf-8")
    with pytest.raises(HasilaError, match=r"x\.bin: cannot tell .* `hasila convert --from`"):
        list(open_reports([tmp_path / "x.bin"]))


def test_a_file_that_is_not_there_and_a_format_that_is_none(tmp_path):
    with pytest.raises(HasilaError, match="no such file"):
        reading("hasila", tmp_path / "x")
    with pytest.raises(HasilaError, match="no format 'bart'; there are hasila"):
        reading("bart", tmp_path)


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.json.gz"])
def test_a_damaged_gz_file_whose_format_is_to_be_told(tmp_path, name):
    packed = gzip.compress(b'{"id": "1", "text": "x"}\n' * 100)
    path = tmp_path / name
    path.write_bytes(packed[:10] + b"\xff" * 20 + packed[30:])
    with pytest.raises(HasilaError, match=name):
        list(open_reports([path]))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("place", ["file/x", "file/x/y", "folder"])
def test_what_cannot_be_written_to_is_one_clear_error(tmp_path, name, place):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("x")
    with pytest.raises(HasilaError, match=str(tmp_path / place)):
        write_format(tmp_path / place, [Report("r", "نص")], name, Losses())
    assert {path.name for path in tmp_path.rglob("*")} == {"file", "folder", "mine.txt"}


@pytest.mark.parametrize("name", ["brat", "inception", "datasets"])
def test_a_folder_with_something_in_it_is_not_written_over(tmp_path, name):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(HasilaError, match="exists"):
        write_format(tmp_path, [Report("r", "نص")], name, Losses())
    assert (tmp_path / "mine.txt").read_text() == "x"


@pytest.mark.parametrize("name", ["brat", "inception"])
def test_no_id_leads_out_of_the_folder(tmp_path, name):
    ids = ["../../x", "a/b", ".hidden", "A", "a", "", "ق", "x" * 300]
    target = tmp_path / "out"
    write_format(target, [Report(i or "e", "نص") for i in ids], name, Losses())
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {target}
    found = [row.report.id for row in read_format(target, name, Losses())]
    assert sorted(found) == sorted(i or "e" for i in ids)


def test_xml_cannot_hold_everything(tmp_path):
    with pytest.raises(HasilaError, match=r"report r: XML cannot hold the character U\+0000"):
        write_format(tmp_path / "x", [Report("r", "نص\0")], "inception", Losses())

"""check, convert, agree, stats, coverage and build, as a user types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.data.jsonl import read_reports, write_reports
from hasila.data.types import PredictedSpan, Report, Span
from hasila.scripts.cli import app

TEXT = "مقتل 27 مدنياً في حلب"
SPANS = (Span(5, 7, "NUMBER"), Span(8, 14, "ACTOR"), Span(18, 21, "LOCATION"))
GOOD = Report("r1", TEXT, SPANS, source="وكالة", country="Syria", meta={"event": "clashes"})
BAD = Report("r2", "أعلنت الوزارة ذلك", (Span(0, 1, "ACTOR"),))


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_reports(tmp_path / "good.jsonl", [GOOD])
    return tmp_path / "good.jsonl"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    write_reports(tmp_path / "bad.jsonl", [BAD])
    return tmp_path / "bad.jsonl"


def test_check_of_good_reports(good):
    assert run("check", good) == (0, "1 report, 0 errors, 0 warnings\n")


def test_check_names_every_file_it_cannot_read_and_checks_the_others(good, bad, tmp_path):
    broken = {"a.jsonl": "", "b.jsonl": "\n \n", "c.jsonl": "{"}
    for name, content in broken.items():
        (tmp_path / name).write_text(content, "utf-8")
    files = tmp_path / "a.jsonl", good, tmp_path / "b.jsonl", tmp_path / "c.jsonl", bad
    result = CliRunner().invoke(app, ["check", *map(str, files)])
    assert isinstance(result.exception, HasilaError)
    empty, blank, cut = str(result.exception).splitlines()
    assert empty.startswith(f"{tmp_path / 'a.jsonl'}: there are no reports in it")
    assert blank.startswith(f"{tmp_path / 'b.jsonl'}: there are no reports in it")
    assert cut.startswith(f"{tmp_path / 'c.jsonl'}:1: not valid JSON")
    assert "2 reports, 1 error, 0 warnings" in result.output


def test_check_of_nothing_says_no_more_than_that(tmp_path):
    result = CliRunner().invoke(app, ["check", str(tmp_path / "x"), str(tmp_path / "y")])
    assert "y: there is no such file or folder" in str(result.exception)
    assert result.output == ""


def test_check_of_a_folder_names_file_and_line_and_ends_with_1(good, bad):
    status, output = run("check", good.parent)
    assert status == 1
    assert f"{bad}:1: report r2: error: off-word-edge" in output
    assert "1 off-word-edge (error)" in output
    assert "2 reports, 1 error, 0 warnings" in output


def test_check_as_json(good, bad):
    status, output = run("check", good, bad, "--json")
    found = json.loads(output)
    assert status == 1
    assert (found["reports"], found["errors"], found["counts"]) == (2, 1, {"off-word-edge": 1})
    (finding,) = found["findings"]
    assert (finding["severity"], finding["line"], finding["report"]) == ("error", 1, "r2")


def test_convert_there_and_back(good, tmp_path):
    conll, back = tmp_path / "x.conll", tmp_path / "back.jsonl"
    assert run("convert", good, conll, "--to", "conll")[0] == 0
    assert run("convert", conll, back)[0] == 0
    assert list(read_reports(back)) == [GOOD]


def test_convert_with_a_label_map_says_what_it_dropped(tmp_path):
    source, target = tmp_path / "x.conll", tmp_path / "x.jsonl"
    source.write_text("قال\tO\nأحمد\tB-PERS\nأمس\tB-DATE\n", "utf-8")
    status, output = run("convert", source, target, "--label-map", "wojood")
    assert status == 0
    assert "DATE spans dropped: 1" in output
    (report,) = read_reports(target)
    assert report.spans == (Span(4, 8, "ACTOR"),)


@pytest.mark.parametrize("name", ["label-studio", "doccano", "inception"])
def test_predictions_go_out_as_pre_annotations(tmp_path, name):
    spans = (
        PredictedSpan(5, 7, "NUMBER", surface="27", confidence=0.5),
        PredictedSpan(18, 21, "LOCATION", surface="حلب", confidence=0.25),
    )
    source, target = tmp_path / "found.jsonl", tmp_path / "out"
    write_reports(source, [Report("r1", TEXT, spans)])
    status, output = run("convert", source, target, "--to", name, "--pre-annotations", "hasila-1.0")
    assert status == 0, output
    match name:
        case "label-studio":
            ((task),) = json.loads(target.read_text("utf-8"))
            (prediction,) = task["predictions"]
            assert (prediction["model_version"], prediction["score"]) == ("hasila-1.0", 0.25)
            assert [region["score"] for region in prediction["result"]] == [0.5, 0.25]
            assert "annotations" not in task
        case "doccano":
            example = json.loads(target.read_text("utf-8"))
            assert example["label"] == [[5, 7, "NUMBER"], [18, 21, "LOCATION"]]
            assert (example["model"], example["confidence"]) == ("hasila-1.0", 0.25)
            assert "confidences of single spans, of which the lowest is kept: 1" in output
        case _:
            content = (target / "r1.xmi").read_text("utf-8")
            assert 'value="LOCATION" model="hasila-1.0" confidence="0.25"' in content


def test_formats_without_pre_annotations_say_so(good, tmp_path):
    arguments = good, tmp_path / "x", "--to", "brat", "--pre-annotations", "m"
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    assert "brat knows no pre-annotations" in str(result.exception)


def test_agree_lists_disagreements_and_counts(good, tmp_path):
    other = tmp_path / "other.jsonl"
    write_reports(other, [Report("r1", TEXT, (*SPANS[:2], Span(15, 21, "LOCATION")))])
    status, output = run("agree", good, other)
    assert status == 0
    assert "report r1: boundary: A LOCATION 'حلب', B LOCATION 'في حلب'" in output
    assert "0.6667" in output
    assert "1 disagreement: boundary" in output
    assert "\n1 report compared" in output
    assert "r1: boundary" not in run("agree", good, other, "--quiet")[1]


def test_convert_never_writes_over_what_it_reads(good):
    for target in (good, good.parent / "." / good.name):
        result = CliRunner().invoke(app, ["convert", str(good.parent), str(target)])
        assert "good.jsonl: is both what is read and " in str(result.exception)
    assert list(read_reports(good)) == [GOOD]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A report in which of two spans at one place one is predicted."""
    spans = (PredictedSpan(5, 7, "NUMBER", confidence=0.5), Span(5, 7, "NUMBER"), SPANS[2])
    write_reports(tmp_path / "mixed.jsonl", [Report("r1", TEXT, spans)])
    return tmp_path / "mixed.jsonl"


@pytest.mark.parametrize(
    ("command", "status"), [("check", 1), ("agree", 0), ("convert", 0), ("coverage", 0)]
)
def test_predicted_and_annotated_spans_stand_side_by_side(mixed, tmp_path, command, status):
    more = {"agree": (mixed,), "convert": (tmp_path / "x.conll", "--to", "conll")}
    found = CliRunner().invoke(app, [command, str(mixed), *map(str, more.get(command, ()))])
    assert (found.exit_code, found.exception and type(found.exception)) in [
        (0, None),
        (status, SystemExit),
    ]


def test_what_users_wrote_cannot_steer_the_terminal(tmp_path):
    """Neither as markup of Rich, nor as escapes, nor as half a character, which is no UTF-8."""
    text = "قتل \ud800 [/x] \x1b[2J"
    spans = Span(4, 10, "[/b]"), Span(11, 15, "ACTOR")
    names = {"source": "[/afp]", "country": "[/sy]", "meta": {"event": "[/e]"}}
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl")]
    for path, kept in zip(paths, (spans, spans[:1]), strict=True):
        write_reports(path, [Report("[/r]", text, kept, **names), Report(path.stem, "نص")])
    target = tmp_path / "[/x].jsonl"
    for command in (
        ["stats", paths[0]],
        ["coverage", paths[0]],
        ["check", paths[0]],
        ["agree", *paths],
        ["convert", paths[0], target],
    ):
        result = CliRunner().invoke(app, [str(part) for part in command])
        assert not result.exception or isinstance(result.exception, SystemExit), command
        assert "[/" in result.output
        assert "\x1b" not in result.output


def test_coverage_of_a_span_past_the_text_is_one_clear_error(tmp_path):
    write_reports(tmp_path / "x.jsonl", [Report("r1", TEXT, (Span(5, 99, "NUMBER"),))])
    result = CliRunner().invoke(app, ["coverage", str(tmp_path / "x.jsonl")])
    assert isinstance(result.exception, HasilaError)
    assert "report r1: NUMBER [5, 99) is outside the text of 21 characters" in str(result.exception)


def test_stats_counts_surfaces_by_their_words(tmp_path):
    texts = ("مقاتلو قسد(الشمال)", "مقاتلو قسـ ـد (الشمال)")
    reports = [Report(str(i), t, (Span(0, len(t), "ACTOR"),)) for i, t in enumerate(texts)]
    write_reports(tmp_path / "x.jsonl", reports)
    _, output = run("stats", tmp_path / "x.jsonl")
    rows = [line.split("│")[1:3] for line in output.splitlines() if "قسد" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [["مقاتلو قسد ( الشمال )", "2"]]


def test_stats(good):
    status, output = run("stats", good)
    assert status == 0
    assert "1 report, 5 words, 3 spans" in output
    for expected in ("وكالة", "Syria", "NUMBER: most frequent", "حلب"):
        assert expected in output


def test_coverage(good):
    status, output = run("coverage", good)
    assert status == 0
    assert "Western digits" in output
    assert "clashes" in output


def test_build_writes_and_then_finds_changes(tmp_path):
    batches = tmp_path / "batches"
    batches.mkdir()
    reports = [
        f"=== r{i}\ncountry: Syria\nevent: clashes\nmanner: feature\ndate: 2022-01-21\n\n"
        + " ".join(f"كلمة{i}و{j}" for j in range(40))
        + "\n"
        for i in range(10)
    ]
    (batches / "a.txt").write_text("\n".join(reports), "utf-8")
    assert run("build", tmp_path)[0] == 0
    assert {path.name for path in tmp_path.glob("*.jsonl")} == {
        "train.jsonl",
        "dev.jsonl",
        "test.jsonl",
    }
    assert run("build", tmp_path, "--check")[0] == 0
    (batches / "a.txt").write_text("\n".join(reports).replace("2022", "2023"), "utf-8")
    status, output = run("build", tmp_path, "--check")
    assert (status, "is not what the batches say" in output) == (1, True)

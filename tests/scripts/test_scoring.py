"""`hasila score`, `compare` and `evaluate`, as a user runs them."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data import write_reports
from hasila.data.errors import HasilaError
from hasila.data.jsonl import record_of
from hasila.data.types import Report, Span
from hasila.data.words import words
from hasila.eval.tags import iob2
from hasila.scripts.cli import app

LOST = "reports without a prediction (their spans count as missed)"


def run(*arguments: object) -> str:
    """What a command prints.

    Raises:
        Exception: what the command raised.
    """
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def gold(tmp_path: Path, reports: list[Report]) -> Path:
    path = tmp_path / "dev.jsonl"
    write_reports(path, reports)
    return path


def predict(path: Path, reports: list[Report], lost: int) -> Path:
    """Predictions that lack the last spans of every report, with confidence."""
    with path.open("w", encoding="utf-8") as stream:
        for report in reports:
            kept = report.spans[: len(report.spans) - lost]
            spans = [
                {"start": s.start, "end": s.end, "label": s.label, "confidence": 0.9} for s in kept
            ]
            stream.write(json.dumps({"id": report.id, "spans": spans}) + "\n")
    return path


def test_score_writes_what_was_asked_for(tmp_path: Path, gold: Path, reports) -> None:
    found = predict(tmp_path / "found.jsonl", reports, lost=2)
    outputs = {name: tmp_path / f"out.{name}" for name in ("html", "json", "markdown")}
    options = [part for name, path in outputs.items() for part in (f"--{name}", path)]
    printed = run("score", gold, found, "--train", gold, "--rounds", 200, *options)
    assert "100.0" in printed
    assert "missed 80" in printed
    record = json.loads(outputs["json"].read_text("utf-8"))
    assert record["scores"]["micro"]["gold"] == 160
    assert record["scores"]["micro"]["recall"] == 0.5
    assert [file["role"] for file in record["stamp"]["data"]] == ["gold", "predictions", "training"]
    assert record["runs"] is None
    assert record["stamp"]["split"] == "dev"
    assert set(record["breakdowns"]) >= {"source", "seen"}
    assert outputs["html"].read_text("utf-8").startswith("<!doctype html>")
    assert "## Protocol" in outputs["markdown"].read_text("utf-8")


def test_score_of_several_seeds_gives_their_spread(tmp_path: Path, gold: Path, reports) -> None:
    seeds = [predict(tmp_path / f"{lost}.jsonl", reports[lost:], lost) for lost in (0, 2)]
    target = tmp_path / "out.json"
    printed = run("score", gold, *seeds, "--rounds", 100, "--json", target)
    assert "2 runs: mean 82.20" in printed
    assert "from 64.41 to 100.00" in printed
    assert f"run 2: {LOST}: 2 ({reports[0].id}, {reports[1].id})" in printed
    record = json.loads(target.read_text("utf-8"))
    assert record["scores"]["micro"]["f1"] == 1
    assert record["runs"]["values"] == [1, pytest.approx(152 / 236)]
    files = {file["role"]: file["name"] for file in record["stamp"]["data"]}
    assert files == {"gold": "dev.jsonl", "run 1": "0.jsonl", "run 2": "2.jsonl"}
    losses = record["stamp"]["losses"]
    assert (losses[f"run 1: {LOST}"], losses[f"run 2: {LOST}"]) == (0, 2)


def test_score_with_two_annotators_and_another_field(tmp_path: Path, gold: Path, reports) -> None:
    found = predict(tmp_path / "found.jsonl", reports, lost=0)
    target = tmp_path / "out.json"
    printed = run("score", gold, found, "--annotators", gold, gold, "--by", "id", "--json", target)
    assert "two annotators: F1 100.0 (100.0–100.0) on 40 reports, all of them among" in printed
    record = json.loads(target.read_text("utf-8"))
    assert record["ceiling"]["reports"] == record["ceiling"]["scored"] == 40
    assert {row["group"] for row in record["breakdowns"]["id"]} == {one.id for one in reports}
    others = tmp_path / "others.jsonl"
    write_reports(others, [replace(reports[0], text=reports[0].text + ".")])
    printed = run("score", gold, found, "--annotators", others, others, "--rounds", 100)
    assert "on 1 other report than those scored" in printed


def test_what_would_fail_in_the_end_is_refused_at_once(tmp_path: Path, gold: Path) -> None:
    """None of these reads the predictions, which are none."""
    folder, bad, empty = tmp_path / "folder", tmp_path / "bad.jsonl", tmp_path / "empty.jsonl"
    folder.mkdir()
    bad.write_text("{")
    empty.write_text("\n")
    for option in ("--html", "--json", "--markdown"):
        with pytest.raises(HasilaError, match="folder: cannot be written: it is a folder"):
            run("score", gold, bad, option, folder)
        with pytest.raises(HasilaError, match=r"x: cannot be written: .*dev\.jsonl"):
            run("score", gold, bad, option, gold / "x")
    with pytest.raises(HasilaError, match="folder: cannot be written"):
        run("compare", gold, bad, bad, "--json", folder)
    with pytest.raises(HasilaError, match=r"'sorce' .* there are date, id, source, year"):
        run("score", gold, bad, "--by", "sorce")
    for command in (["score", empty, bad], ["compare", empty, bad, bad]):
        with pytest.raises(HasilaError, match=r"empty\.jsonl: there are no reports in it"):
            run(*command)


def test_no_output_is_written_over_what_is_read_or_over_another(tmp_path: Path, gold: Path) -> None:
    before, other, new = gold.read_bytes(), tmp_path / "other", tmp_path / "new"
    other.touch()
    for command in (
        ["score", gold, other, "--json", gold],
        ["score", other, gold, "--html", gold],
        ["score", other, other, "--train", gold, "--markdown", gold],
        ["score", other, other, "--annotators", other, gold, "--json", gold],
        ["score", other, tmp_path, "--json", gold],
        ["score", gold, gold, "--json", new, "--html", new],
        ["compare", other, other, gold, "--json", gold],
        ["evaluate", "shipped", "--reports", gold, "--html", gold],
    ):
        with pytest.raises(HasilaError, match=r"is both (what is read|--html) and --"):
            run(*command)
    assert gold.read_bytes() == before
    assert not new.exists()


def test_what_reading_the_gold_cost_is_counted(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("gold.conll", "found.conll")]
    for path in paths:
        path.write_text("قتل\tO\n27\tI-NUMBER\nفي\tO\nحلب\tB-LOCATION\n\n" * 2, "utf-8")
    target = tmp_path / "out.json"
    printed = run("score", *paths, "--rounds", 100, "--json", target)
    assert "gold: orphan I- tags, taken as the beginning of a span: 2" in printed
    assert "predictions: orphan I- tags, taken as the beginning of a span: 2" in printed
    record = json.loads(target.read_text("utf-8"))
    assert record["scores"]["micro"]["f1"] == 1  # the two reports have the same text, and no ids
    assert record["stamp"]["losses"]["gold: orphan I- tags, taken as the beginning of a span"] == 2


def test_compare_lists_what_differs(tmp_path: Path, gold: Path, reports) -> None:
    a, b = (predict(tmp_path / f"{lost}.jsonl", reports, lost) for lost in (2, 0))
    target = tmp_path / "out.json"
    printed = run("compare", gold, a, b, "--rounds", 500, "--spans", 3, "--json", target)
    assert "80 differing spans" in printed
    record = json.loads(target.read_text("utf-8"))
    assert record["micro"]["delta"] == pytest.approx(1 / 3)
    assert record["micro"]["p_randomisation"] < 0.01
    assert {row["side"] for row in record["spans"]} == {"only B right"}
    assert record["stamp"]["seed"] == 0


def test_compare_names_lost_reports(tmp_path: Path, gold: Path, reports) -> None:
    a, b = (predict(tmp_path / f"{n}.jsonl", reports[n:], lost=0) for n in (0, 20))
    target = tmp_path / "out.json"
    printed = run("compare", gold, a, b, "--rounds", 100, "--json", target)
    names = ", ".join(report.id for report in reports[:10])
    assert f"B: {LOST}: 20 ({names} and 10 more)" in printed
    stamp = json.loads(target.read_text("utf-8"))["stamp"]
    assert stamp["split"] == "dev"
    assert (stamp["losses"][f"A: {LOST}"], stamp["losses"][f"B: {LOST}"]) == (0, 20)
    assert stamp["lost"] == {f"B: {LOST}": [report.id for report in reports[:20]]}


def test_halves_of_characters_and_escapes_reach_every_output(tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.jsonl", tmp_path / "found.jsonl"
    text = "قتل \ud800 [/x] \x1b[2J"
    write_reports(gold, [Report("\udfff", text, (Span(4, 10, "[/ACTOR]"),), source="[/afp]")])
    write_reports(found, [Report("\udfff", text)])
    outputs = [
        part for name in ("html", "json", "markdown") for part in (f"--{name}", tmp_path / name)
    ]
    run("score", gold, found, "--rounds", 100, *outputs)
    record = json.loads((tmp_path / "json").read_text("utf-8"))
    assert record["errors"]["list"][0]["gold"][0]["surface"] == text[4:10]
    assert "\\ud800" in (tmp_path / "markdown").read_text("utf-8")
    printed = run("compare", gold, found, gold, "--rounds", 100, "--json", tmp_path / "json")
    assert "[/x]" in printed
    assert "\x1b" not in printed
    record = json.loads((tmp_path / "json").read_text("utf-8"))
    assert record["spans"][0]["surface"] == text[4:10]


def test_another_systems_words_and_labels_are_scored_on_the_raw_text(
    tmp_path: Path, gold: Path, reports
) -> None:
    """A CoNLL file without offsets or ids, in ANERcorp's labels: names alone, no numbers."""
    theirs = {"ACTOR": "ORG", "LOCATION": "LOC"}
    found = tmp_path / "found.conll"
    with found.open("w", encoding="utf-8") as stream:
        for report in reports:
            stream.write("-DOCSTART-\tO\n\n")
            named = [replace(s, label=theirs[s.label]) for s in report.spans if s.label in theirs]
            offsets = words(report.text)
            for (start, end), tag in zip(offsets, iob2(offsets, named)[0], strict=True):
                stream.write(f"{report.text[start:end]}\t{tag}\n")
            stream.write("\n")
    target = tmp_path / "out.json"
    run("score", gold, found, "--label-map", "anercorp", "--rounds", 100, "--json", target)
    record = json.loads(target.read_text("utf-8"))
    assert record["scores"]["labels"]["ACTOR"]["f1"] == 1
    assert record["scores"]["labels"]["LOCATION"]["f1"] == 1
    assert record["scores"]["labels"]["NUMBER"]["recall"] == 0
    assert record["stamp"]["label_map"] == "anercorp"


@pytest.mark.parametrize("with_text", [True, False])
def test_labels_are_renamed_with_the_text_or_without(
    tmp_path: Path, gold: Path, reports, with_text: bool
) -> None:
    theirs = {"ACTOR": "ORG", "LOCATION": "GPE", "NUMBER": "CARDINAL"}
    found, target = tmp_path / "found.jsonl", tmp_path / "out.json"
    with found.open("w", encoding="utf-8") as stream:
        for report in reports:
            spans = [replace(span, label=theirs[span.label]) for span in report.spans]
            record = record_of(replace(report, spans=tuple(spans)))
            if not with_text:
                del record["text"]
            stream.write(json.dumps(record) + "\n")
    run("score", gold, found, "--label-map", "wojood", "--rounds", 100, "--json", target)
    record = json.loads(target.read_text("utf-8"))
    assert record["scores"]["micro"]["f1"] == 1
    assert not any(record["stamp"]["losses"].values())
    span = {"start": 0, "end": 999, "label": "ORG"}
    found.write_text(json.dumps({"id": reports[0].id, "spans": [span]}))
    with pytest.raises(HasilaError, match=r"the predicted span \(0, 999, 'ACTOR'\) lies outside"):
        run("score", gold, found, "--label-map", "wojood")


def test_a_missing_file_is_one_clear_error(tmp_path: Path, gold: Path) -> None:
    with pytest.raises(HasilaError, match=r"nowhere\.jsonl: there is no such file"):
        run("score", gold, tmp_path / "nowhere.jsonl")
    with pytest.raises(HasilaError, match="no complete checkpoint"):
        run("evaluate", tmp_path, "--reports", gold)
    with pytest.raises(HasilaError, match=r"dev\.jsonl: no complete checkpoint"):
        run("evaluate", gold, "--reports", gold)


@pytest.mark.parametrize("option", ["--train", "--annotators"])
def test_a_missing_file_is_told_before_anything_is_predicted(
    option: str, tmp_path: Path, gold: Path, checkpoint: Path
) -> None:
    broken, nowhere = tmp_path / "broken", tmp_path / "nowhere.jsonl"
    shutil.copytree(checkpoint, broken)
    (broken / "model.safetensors").write_bytes(b"")  # to load it would be another error
    files = [nowhere] if option == "--train" else [gold, nowhere]
    with pytest.raises(HasilaError, match=r"nowhere\.jsonl: there is no such file"):
        run("evaluate", broken, "--reports", gold, option, *files)


def test_evaluate_predicts_scores_and_stamps(
    tmp_path: Path, checkpoint: Path, report_files: Path
) -> None:
    target = tmp_path / "out.json"
    dev = report_files / "dev.jsonl"
    run("evaluate", checkpoint, "--reports", dev, "--rounds", 100, "--json", target)
    record = json.loads(target.read_text("utf-8"))
    trained = json.loads((checkpoint / "hasila.json").read_text("utf-8"))["scores"]["dev"]
    assert record["scores"]["micro"] == pytest.approx(trained["micro"])
    assert record["calibration"]["thresholds"]
    assert record["stamp"]["weights"].startswith("SHA-256 ")
    assert "windows of 24 pieces, stride 6" in record["stamp"]["decoding"]
    assert re.search("computed in (float32|bfloat16)$", record["stamp"]["decoding"])
    assert record["stamp"]["losses"]["words that were cut to their head"] == 0

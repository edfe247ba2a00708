"""`hasila score`, `compare` and `evaluate`, as a user runs them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data import write_reports
from hasila.data.errors import HasilaError
from hasila.data.types import Report
from hasila.data.words import words
from hasila.eval.tags import iob2
from hasila.scripts.cli import app


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
    assert record["stamp"]["split"] == "dev"
    assert set(record["breakdowns"]) >= {"source", "seen"}
    assert outputs["html"].read_text("utf-8").startswith("<!doctype html>")
    assert "## Protocol" in outputs["markdown"].read_text("utf-8")


def test_score_of_several_seeds_gives_their_spread(tmp_path: Path, gold: Path, reports) -> None:
    seeds = [predict(tmp_path / f"{lost}.jsonl", reports, lost) for lost in (0, 2)]
    printed = run("score", gold, *seeds, "--rounds", 100)
    assert "2 runs: mean 83.33" in printed
    assert "from 66.67 to 100.00" in printed


def test_score_with_two_annotators_and_another_field(tmp_path: Path, gold: Path, reports) -> None:
    found = predict(tmp_path / "found.jsonl", reports, lost=0)
    target = tmp_path / "out.json"
    printed = run("score", gold, found, "--annotators", gold, gold, "--by", "id", "--json", target)
    assert "two annotators: F1 100.0" in printed
    assert json.loads(target.read_text("utf-8"))["ceiling"]["reports"] == 40


def test_compare_lists_what_differs(tmp_path: Path, gold: Path, reports) -> None:
    a, b = (predict(tmp_path / f"{lost}.jsonl", reports, lost) for lost in (2, 0))
    target = tmp_path / "out.json"
    printed = run("compare", gold, a, b, "--rounds", 500, "--spans", 3, "--json", target)
    assert "80 spans differ" in printed
    record = json.loads(target.read_text("utf-8"))
    assert record["micro"]["delta"] == pytest.approx(1 / 3)
    assert record["micro"]["p_randomisation"] < 0.01
    assert {row["side"] for row in record["spans"]} == {"only B right"}
    assert record["stamp"]["seed"] == 0


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


def test_a_missing_file_is_one_clear_error(tmp_path: Path, gold: Path) -> None:
    with pytest.raises(HasilaError, match=r"nowhere\.jsonl: there is no such file"):
        run("score", gold, tmp_path / "nowhere.jsonl")
    with pytest.raises(HasilaError, match="no complete checkpoint"):
        run("evaluate", tmp_path, "--reports", gold)


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
    assert record["stamp"]["losses"]["words that were cut to their head"] == 0

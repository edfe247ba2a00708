"""`hasila benchmark`, on a corpus of a few sentences and a random encoder."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.data.types import Report
from hasila.data.words import words
from hasila.eval.tags import iob2
from hasila.scripts.cli import app

THEIRS = {"ACTOR": "ORG", "LOCATION": "LOC", "NUMBER": "MISC"}


@pytest.fixture
def corpus(tmp_path: Path, reports: list[Report]) -> Path:
    """The tiny reports in ANERcorp's shape."""
    for name, part in (("train", reports[:32]), ("test", reports[32:])):
        with (tmp_path / f"{name}.conll").open("w", encoding="utf-8") as stream:
            for report in part:
                offsets = words(report.text)
                for (start, end), tag in zip(offsets, iob2(offsets, report.spans)[0], strict=True):
                    mark, _, label = tag.partition("-")
                    theirs = f"{mark}-{THEIRS[label]}" if label else mark
                    stream.write(f"{report.text[start:end]}\t{theirs}\n")
                stream.write("\n")
    return tmp_path


def test_it_trains_scores_and_stamps(corpus: Path, encoder: Path, config_file: Path) -> None:
    target = corpus / "out.json"
    arguments = ["benchmark", "anercorp", "--data", corpus, "--encoder", encoder, "--unverified"]
    arguments += ["--config", config_file, "--output", corpus / "run", "--json", target]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.exception
    record = json.loads(target.read_text("utf-8"))
    assert record["scores"]["f1"] > 0.5
    assert record["scores"]["strict_f1"] == pytest.approx(record["scores"]["f1"])
    assert [file["role"] for file in record["stamp"]["data"]] == ["train", "test"]
    labels = json.loads((corpus / "run" / "config.json").read_text("utf-8"))["id2label"]
    assert labels["1"] == "B-LOC"
    assert "83.10" in result.output


def test_all_of_train(corpus: Path, encoder: Path, config_file: Path) -> None:
    arguments = ["benchmark", "anercorp", "--data", corpus, "--encoder", encoder, "--unverified"]
    arguments += ["--config", config_file, "--set", "train.epochs=1", "--output", corpus / "run"]
    result = CliRunner().invoke(app, [str(one) for one in [*arguments, "--all-of-train"]])
    assert result.exit_code == 0, result.exception
    assert "train: 32 reports" in result.output
    assert result.stdout.endswith("trained on all of train\n")
    arguments[1] = "wojood-flat"
    result = CliRunner().invoke(app, [str(one) for one in [*arguments, "--all-of-train"]])
    assert isinstance(result.exception, HasilaError)
    assert "wojood-flat has a dev split" in str(result.exception)


def test_other_files_and_names_are_refused(corpus: Path) -> None:
    for name, message in (("anercorp", "not the published file"), ("conll03", "no benchmark")):
        result = CliRunner().invoke(app, ["benchmark", name, "--data", str(corpus)])
        assert isinstance(result.exception, HasilaError)
        assert message in str(result.exception)

"""What careless users type: one clear error each, and nothing half-written."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data import write_reports
from hasila.data.errors import HasilaError
from hasila.data.types import Report, Span
from hasila.scripts.cli import app

TEXT = "مقتل 27 مدنياً في حلب"
GOOD = Report("r1", TEXT, (Span(5, 7, "NUMBER"), Span(8, 14, "ACTOR")))

# What reads reports, each with BAD in every place where a file of them can stand.
READERS = [
    "check BAD",
    "stats BAD",
    "coverage BAD",
    "agree BAD good.jsonl",
    "agree good.jsonl BAD",
    "score BAD good.jsonl --json out",
    "score good.jsonl BAD --json out",
    "score good.jsonl good.jsonl --train BAD --json out",
    "score good.jsonl good.jsonl --annotators good.jsonl BAD --json out",
    "compare BAD good.jsonl good.jsonl --json out",
    "compare good.jsonl good.jsonl BAD --json out",
    "evaluate shipped --reports BAD --json out",
    "convert BAD out",
    "convert BAD out --to brat",
    "convert BAD out --to datasets",
    "show BAD",
    "train --set data.train=[BAD] --set output=out",
    "train --set data.dev=[BAD] --set output=out",
]


def refusal(command: str, bad: str = "") -> str:
    """The error that a command ends in, in a folder where it leaves nothing.

    Raises:
        Exception: what the command raised that is no clear error.
    """
    before = sorted(Path().rglob("*"))
    result = CliRunner().invoke(app, command.replace("BAD", bad).split())
    assert result.exception, result.output
    if not isinstance(result.exception, HasilaError):
        raise result.exception
    assert sorted(Path().rglob("*")) == before
    return str(result.exception)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_reports(Path("good.jsonl"), [GOOD])
    return tmp_path


@pytest.mark.parametrize("command", READERS)
def test_files_that_hold_no_reports(command: str) -> None:
    files = {
        "empty.jsonl": (b"", "there are no reports in it"),
        "blank.jsonl": (b"\n  \n", "there are no reports in it"),
        "utf16.jsonl": (TEXT.encode("utf-16"), "not UTF-8"),
        "binary.jsonl": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not UTF-8"),
    }
    for name, (content, _) in files.items():
        Path(name).write_bytes(content)
    for name, (_, problem) in files.items():
        found = refusal(command, name)
        assert found.startswith(name)
        assert problem in found
    assert refusal(command, "nowhere.jsonl").startswith("nowhere.jsonl: ")


@pytest.mark.parametrize("command", READERS)
def test_a_folder_without_files_of_reports(command: str) -> None:
    Path("folder").mkdir()
    assert refusal(command, "folder").startswith("folder: ")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_other_files_without_content(content: bytes) -> None:
    for name in ("train", "dev", "test"):
        Path(f"{name}.conll").write_bytes(content)
    for name in ("anercorp", "wojood-flat"):
        found = refusal(f"benchmark {name} --data . --output out")
        assert found.startswith("train.conll: there are no sentences in it")
    found = refusal("pack train.conll --output out.safetensors")
    assert found == "train.conll: there are no documents in it"


@pytest.mark.parametrize(
    "command", ["quantize good.jsonl out", "evaluate good.jsonl --reports good.jsonl"]
)
def test_a_file_in_place_of_a_checkpoint(command: str) -> None:
    assert refusal(command).startswith("good.jsonl: no complete checkpoint")


def test_a_device_or_pipe_is_not_replaced_by_a_file() -> None:
    os.mkfifo("pipe")
    assert refusal("convert good.jsonl pipe").startswith("pipe: cannot be written: it is no file")
    assert Path("pipe").is_fifo()


def test_folders_that_do_not_exist_are_made() -> None:
    for target, options in (("a/b/c.jsonl", ()), ("d/e/f", ("--to", "brat"))):
        result = CliRunner().invoke(app, ["convert", "good.jsonl", target, *options])
        assert result.exit_code == 0, result.exception
        assert Path(target).exists()

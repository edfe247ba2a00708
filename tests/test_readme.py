"""Every command of the README runs, in its order, on a tiny model and a handful of reports."""

import json
import re
import shlex
import shutil
from itertools import chain
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data.jsonl import read_reports, write_reports
from hasila.data.types import Report
from hasila.data.words import words
from hasila.model.labels import LabelSet
from hasila.scripts.cli import app

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SMALL = ["train.epochs=1", "model.window_pieces=24", "model.stride=6"]


def conll(reports: list[Report]) -> str:
    """Reports as a CoNLL file of words and IOB2 tags."""
    names = LabelSet().tags
    blocks = []
    for report in reports:
        offsets = words(report.text)
        tags, _ = LabelSet().tag(offsets, report.spans)
        rows = zip(offsets, tags, strict=True)
        blocks.append("".join(f"{report.text[a:b]}\t{names[tag]}\n" for (a, b), tag in rows))
    return "\n".join(blocks)


@pytest.fixture
def desk(
    tmp_path: Path,
    checkpoint: Path,
    encoder: Path,
    reports: list[Report],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A working folder with the files the README's user has."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(checkpoint, "runs/default")
    shutil.copytree(encoder, "encoders/bert-base-arabertv02")
    shutil.copytree(README.parent / "configs", "configs")
    shutil.copytree(README.parent / "data" / "articles", "data/articles")
    files = {
        "data/reports/test.jsonl": reports[:6],
        **{f"{place}/train.jsonl": reports[:24] for place in ("reports", "news")},
        **{f"{place}/dev.jsonl": reports[24:30] for place in ("reports", "news")},
        "reports/annotator-a.jsonl": reports[:6],
        "reports/annotator-b.jsonl": [*reports[:5], Report("r5", reports[5].text)],
        **{f"out/{name}.jsonl": reports[:6] for name in ("other-system", "found-a", "found-b")},
    }
    for name, content in files.items():
        write_reports(Path(name), content)
    Path("annotated.conll").write_text(conll(reports[:4]), "utf-8")
    Path("wojood.conll").write_text("قال\tO\nزياد\tB-PERS\n.\tO\n", "utf-8")
    Path("article.txt").write_text(reports[0].text, "utf-8")
    Path("articles.jsonl").write_text(
        "".join(json.dumps({"id": r.id, "text": r.text}) + "\n" for r in reports[:4]), "utf-8"
    )
    return tmp_path


def test_every_command_of_the_readme_runs_in_order(desk: Path) -> None:
    ran = []
    for language, block in BLOCK.findall(README.read_text("utf-8")):
        if language == "python":
            exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own document
        for line in re.findall(r"^hasila (.+)$", block, re.MULTILINE) if not language else ():
            arguments = shlex.split(line, comments=True)
            if arguments[0] == "train":  # the same command on a tiny encoder
                tiny = [*SMALL, f"model.encoder={desk}/encoders/bert-base-arabertv02"]
                if "data.train=" not in line:
                    tiny += [f"data.{part}=[reports/{part}.jsonl]" for part in ("train", "dev")]
                arguments += chain.from_iterable(("--set", override) for override in tiny)
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, (line, result.output, result.exception)
            ran.append(arguments[0])
    assert {"train", "evaluate", "predict", "check", "convert"} <= set(ran)
    assert len(list(read_reports(Path("reports/more.jsonl")))) == 4
    assert "<html" in Path("out/report.html").read_text("utf-8")
    assert len(Path("out/samples.jsonl").read_text("utf-8").splitlines()) == 5

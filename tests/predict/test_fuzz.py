"""Hundreds of bad inputs: each is set aside or read rightly, and the run goes on."""

import json
from pathlib import Path

import pytest
from bad_inputs import bad_inputs

from hasila.model import Extractor
from hasila.predict import SINKS, Article, Job, Source, local_engine, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    files = dict(bad_inputs())
    assert len(files) >= 200
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_every_file_says_something(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        rows = list(Source([path]))
        blank = not path.read_bytes().strip()
        assert rows or blank or path.suffix != ".jsonl", path.name
        for row in rows:
            assert str(row.text if isinstance(row, Article) else row.reason).strip()


@pytest.mark.parametrize("sink", SINKS)
def test_a_run_over_all_of_them_ends_well(
    folder: Path, checkpoint: Path, tmp_path: Path, sink: str
) -> None:
    extractor = Extractor.load(checkpoint, device="cpu", workers=2)
    job = Job(checkpoint, tmp_path / "out", sink)
    summary = run(job, Source([folder]), local_engine(extractor))
    rows = sum(1 for _ in Source([folder]))
    assert summary.counts.articles + summary.counts.rejected == rows
    assert summary.counts.articles > 100
    assert summary.counts.rejected > 100
    if sink == "jsonl":
        for line in job.output.read_bytes().decode().splitlines():
            record = json.loads(line, parse_constant=pytest.fail)
            text = record["text"]
            assert all(s["surface"] == text[s["start"] : s["end"]] for s in record["spans"])

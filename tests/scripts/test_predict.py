"""``hasila predict`` from the command line."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hasila.data.errors import HasilaError
from hasila.data.types import Report
from hasila.scripts.cli import app


def predict(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["predict", *map(str, arguments)])
    if isinstance(result.exception, HasilaError):
        raise result.exception
    return result


def rows(result: Result) -> list[str]:
    return [line for line in result.stdout.splitlines() if line.startswith("│")]


@pytest.fixture
def articles(tmp_path: Path, reports: list[Report]) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for report in reports[:25]:
        (folder / f"{report.id}.txt").write_text(report.text, "utf-8")
    (folder / "empty.txt").write_text("")
    return folder


def test_without_an_output_a_table_is_printed(checkpoint: Path, articles: Path) -> None:
    shown = predict(checkpoint, articles).stdout
    assert "how many" in shown
    assert "r1 " in shown
    assert "ريف دمشق" in shown


def test_the_table_hides_no_bad_row(
    checkpoint: Path, reports: list[Report], tmp_path: Path
) -> None:
    table, lines = tmp_path / "in.csv", tmp_path / "in.jsonl"
    table.write_text("id,body\n1,نص\n", "utf-8")
    with pytest.raises(HasilaError, match=r"no article in 1 row; the first: .*id, body"):
        predict(checkpoint, table)
    # Fields that annotations have too may hold anything in an article.
    record = {"text": reports[0].text, "date": 20240101, "source": {"name": "x"}}
    lines.write_text(json.dumps(record) + "\n{broken\n")
    shown = predict(checkpoint, lines)
    assert len(rows(shown)) == 1
    assert "1 bad row passed over; the first:" in shown.stderr
    with pytest.raises(HasilaError, match="without --strict"):
        predict(checkpoint, lines, "--strict")


def test_everything_that_can_be_asked_for(checkpoint: Path, articles: Path, tmp_path: Path) -> None:
    output, summary, metrics = (tmp_path / name for name in ("o.jsonl", "s.json", "m.prom"))
    result = predict(
        *(checkpoint, articles, "--output", output),
        *("--summary-file", summary, "--metrics-file", metrics, "--workers", "1"),
    )
    assert result.exit_code == 0, result.output
    assert "25 articles" in result.stdout
    assert "most frequent LOCATION" in result.stdout
    assert f"1 bad row set aside: {output}.quarantine.jsonl" in result.stderr
    counts = json.loads(summary.read_text("utf-8"))
    assert counts["articles"] == 25
    assert counts["peak_memory_bytes"] > 10**8
    lines = metrics.read_text().splitlines()
    assert "hasila_articles_total 25.0" in lines
    assert f'hasila_spans_total{{label="ACTOR"}} {counts["spans"]["ACTOR"]}.0' in lines
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [record["id"] for record in records] == sorted(
        path.stem for path in articles.iterdir() if path.stem != "empty"
    )


def test_metrics_are_kept_of_an_input_without_articles(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    metrics = tmp_path / "m.prom"
    output = ["--output", tmp_path / "o.jsonl", "--metrics-file", metrics]
    assert predict(checkpoint, tmp_path / "in.jsonl", *output).exit_code == 0
    assert "hasila_articles_total 0.0" in metrics.read_text().splitlines()


def test_what_was_predicted_is_shown_alike(
    checkpoint: Path, articles: Path, tmp_path: Path
) -> None:
    output = tmp_path / "o.jsonl"
    predict(checkpoint, articles, "--output", output)
    shown = CliRunner().invoke(app, ["show", str(output)])
    assert rows(shown) == rows(predict(checkpoint, articles))
    assert len(rows(shown)) == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "docx", "--output", "o"], "choose jsonl, csv, spans, parquet, label-studio"),
        (["--engine", "spark", "--output", "o.csv"], "engine: should be 'local' or 'ray'"),
        (["--workers", "-1", "--output", "o.csv"], "workers: should be greater than or equal to 0"),
        (["--engine", "ray"], "name one with --output"),
        (["--output", "o.docx"], "choose an ending"),
        (["--output", "o.parquet.gz"], "choose an ending"),
        (["--to", "parquet", "--output", "o.gz"], "choose an ending"),
        (["--to", "csv"], "--to is for what is written"),
        (["--summary-file", "s.json"], "--summary-file is for what is written"),
        (["--metrics-file", "m.prom"], "--metrics-file is for what is written"),
    ],
)
def test_mistakes_are_told(
    checkpoint: Path, articles: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(HasilaError, match=message):
        predict(checkpoint, articles, *arguments)


def test_files_that_cannot_be_written_are_refused_before_the_work(
    checkpoint: Path, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, folder, file = tmp_path / "o.jsonl", tmp_path / "folder.csv", tmp_path / "file"
    folder.mkdir()
    file.touch()
    (tmp_path / "p.jsonl.quarantine.jsonl").mkdir()
    for arguments in (
        ["--output", folder],
        ["--output", "/proc/o.jsonl"],
        ["--output", tmp_path / "p.jsonl"],
        ["--output", output, "--summary-file", folder],
        ["--output", output, "--metrics-file", file / "m.prom"],
    ):
        with monkeypatch.context() as patch:
            patch.setattr("hasila.model.Extractor.load", pytest.fail)
            with pytest.raises(HasilaError, match="cannot be written"):
                predict(checkpoint, articles, *arguments)
        assert not list(tmp_path.glob("*.parts"))
    output.with_name("o.jsonl.parts").touch()
    with pytest.raises(HasilaError, match=r"o\.jsonl\.parts: File exists; mend it and give"):
        predict(checkpoint, articles, "--output", output)


@pytest.mark.parametrize(
    "named",
    [
        ["--output", "in.jsonl"],
        ["--output", "in"],  # whose bad rows are in.quarantine.jsonl
        ["--output", "o.jsonl", "--summary-file", "folder/../in.jsonl"],
        ["--output", "o.jsonl", "--metrics-file", "in.jsonl"],
        ["--output", "o.jsonl", "--summary-file", "o.jsonl"],
        ["--output", "o.jsonl", "--metrics-file", "o.jsonl.quarantine.jsonl"],
        ["--output", "o.jsonl", "--metrics-file", "o.jsonl.parts"],
        ["--output", "o.jsonl", "--summary-file", "s", "--metrics-file", "s"],
    ],
)
def test_no_file_is_two_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for name in ("in.jsonl", "in.quarantine.jsonl"):
        Path(name).write_text("{}\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(HasilaError, match=r"is both .* and .*; name another file"):
        predict("in.jsonl", "in.quarantine.jsonl", "--to", "jsonl", *named)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "named",
    [
        ["--output", "in/o.jsonl"],
        ["--output", "in/deep/o.json"],  # whose bad rows are o.json.quarantine.jsonl
        ["--output", "o.jsonl", "--summary-file", "in/s.txt"],
    ],
)
def test_nothing_is_written_where_it_would_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in/deep").mkdir(parents=True)
    Path("in/a.txt").write_text("قتل 27", "utf-8")
    for left in ("in/o.jsonl.quarantine.jsonl", "in/o.jsonl"):  # by a run that was killed, or done
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(HasilaError, match="would be read as articles"):
            predict("in", *named)
        assert sorted(tmp_path.rglob("*")) == before
        Path(left).write_text("{}\n")


def reading_standard_input(
    *arguments: str | Path, interrupt: signal.Handlers = signal.SIG_DFL
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hasila.scripts.cli", "predict", *map(str, arguments), "-"]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupt),  # noqa: PLW1509
    )


def test_an_error_waits_for_no_more_input(checkpoint: Path, tmp_path: Path) -> None:
    arguments = (checkpoint, "--output", tmp_path / "o.jsonl", "--strict")
    with reading_standard_input(*arguments) as running:
        assert running.stdin
        assert running.stderr
        running.stdin.write(b"{broken\n" * 64 + '{"text": "نص"}\n'.encode())
        running.stdin.flush()
        try:
            assert running.wait(300) == 2
        finally:
            running.stdin.close()
        assert b"-:1: not valid JSON" in running.stderr.read()


@pytest.mark.parametrize(
    "interrupt",
    [
        signal.SIG_DFL,
        signal.SIG_IGN,  # as a shell starts what it runs in the background
    ],
)
def test_asked_twice_to_stop_it_stops_at_once_though_nothing_comes(
    checkpoint: Path, tmp_path: Path, interrupt: signal.Handlers
) -> None:
    given = (checkpoint, "--output", tmp_path / "o.jsonl")
    with reading_standard_input(*given, interrupt=interrupt) as running:
        assert running.stderr
        while not list(tmp_path.glob("*.parts/manifest.json")):
            assert running.poll() is None
            time.sleep(0.1)
        time.sleep(1)  # then it reads
        running.send_signal(signal.SIGINT)
        while b"Ctrl-C again stops at once" not in (line := running.stderr.readline()):
            assert line
        running.send_signal(signal.SIGINT)
        assert running.wait(300) == 130
        said = running.stderr.read()
    assert b"the same command goes on" in said
    assert b"Fatal" not in said


def test_a_config_says_what_options_say_and_an_option_wins(
    checkpoint: Path, reports: list[Report], tmp_path: Path
) -> None:
    articles, config, output = (tmp_path / name for name in ("in.jsonl", "desk.yaml", "o.csv"))
    articles.write_text(json.dumps({"body": reports[0].text, "key": "r0"}) + "\n{broken\n")
    config.write_text("{to: spans, text_field: body, id_field: key, batch_pieces: 64}")
    predict(checkpoint, articles, "--output", output, "--config", config)
    table = output.read_text("utf-8").splitlines()
    assert table[0] == "id,start,end,label,surface,confidence"
    assert {line.split(",")[0] for line in table[1:]} == {"r0"}
    predict(checkpoint, articles, "--output", output, "--config", config, "--to", "csv")
    assert output.read_text("utf-8").startswith("id,body,key,spans")
    config.write_text("{strict: true, text_field: body}")
    with pytest.raises(HasilaError, match="without --strict"):
        predict(checkpoint, articles, "--output", output, "--config", config)
    predict(checkpoint, articles, "--output", output, "--config", config, "--no-strict")


def test_a_model_needs_articles_and_must_be_complete(
    checkpoint: Path, articles: Path, tmp_path: Path
) -> None:
    assert "Missing argument '[MODEL] IN...'" in predict().stderr
    with pytest.raises(HasilaError, match="name the articles"):
        predict(checkpoint)
    (tmp_path / "config.yaml").touch()  # a run that was interrupted
    with pytest.raises(HasilaError, match="no complete checkpoint"):
        predict(tmp_path, articles)


def test_unlike_texts_are_warned_about(
    checkpoint: Path, reports: list[Report], tmp_path: Path
) -> None:
    articles = tmp_path / "in.jsonl"
    lines = [json.dumps({"text": "the quick brown fox " * n}) for n in range(1, 30)]
    articles.write_text("\n".join(lines))
    result = predict(checkpoint, articles, "--output", tmp_path / "o.jsonl")
    assert "unlike the model's development reports: unknown pieces" in result.stderr
    articles.write_text("\n".join(json.dumps({"text": report.text}) for report in reports))
    result = predict(checkpoint, articles, "--output", tmp_path / "o.jsonl")
    assert "unknown pieces" not in result.stderr

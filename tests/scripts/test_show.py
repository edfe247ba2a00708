"""``hasila show`` prints what a file holds, each surface once, and no more reports than asked."""

import json
from pathlib import Path

from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.scripts.cli import app

TEXT = "قتل 27 مدنياً و27 جندياً من قسـ ـد في [حي غويران]"


def lines(path: Path, count: int) -> Path:
    surfaces = {"27": "NUMBER", "مدنياً": "ACTOR", "قسـ ـد": "ACTOR", "حي غويران": "LOCATION"}
    spans = [
        {"start": start, "end": start + len(surface), "label": label, "confidence": 0.9}
        for surface, label in surfaces.items()
        for start in range(len(TEXT))
        if TEXT.startswith(surface, start)
    ]
    record = {"text": TEXT, "spans": spans}
    path.write_text("".join(json.dumps({"id": f"r{i}"} | record) + "\n" for i in range(count)))
    return path


def shown(*arguments: str) -> list[list[str]]:
    result = CliRunner().invoke(app, ["show", *arguments])
    assert result.exit_code == 0, result.output
    rows = [line for line in result.stdout.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]


def test_a_row_says_who_where_and_how_many(tmp_path: Path) -> None:
    assert shown(str(lines(tmp_path / "out.jsonl", 1))) == [
        ["r0", "مدنياً، قسـ ـد", "حي غويران", "27"]
    ]


def test_no_more_reports_than_asked(tmp_path: Path) -> None:
    path = lines(tmp_path / "out.jsonl", 3)
    assert [row[0] for row in shown(str(path), "--first", "2")] == ["r0", "r1"]
    assert [row[0] for row in shown(str(path))] == ["r0", "r1", "r2"]


def test_fields_that_are_not_shown_may_hold_anything(tmp_path: Path) -> None:
    path = lines(tmp_path / "out.jsonl", 1)
    record = json.loads(path.read_text())
    other = {"id": 1.5, "date": 20240101, "source": {"name": "x"}, "country": ["SY"]}
    path.write_text(json.dumps(record | other))
    assert shown(str(path)) == [["1.5", "مدنياً، قسـ ـد", "حي غويران", "27"]]


def test_the_text_may_be_in_another_field(tmp_path: Path) -> None:
    path = lines(tmp_path / "out.jsonl", 1)
    record = json.loads(path.read_text())
    path.write_text(json.dumps({"body": record["text"], "key": "k1", "spans": record["spans"]}))
    assert shown(str(path), "--text-field", "body", "--id-field", "key")[0][0] == "k1"
    refused = CliRunner().invoke(app, ["show", str(path)])
    assert isinstance(refused.exception, HasilaError)
    assert 'no text in field "text"; --text-field names another' in str(refused.exception)


def test_what_is_no_jsonl_comes_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("قتل\tO\n27\tB-NUMBER\n", "utf-8")
    refused = CliRunner().invoke(app, ["show", str(path)])
    assert isinstance(refused.exception, HasilaError)
    assert "x.conll:1: not valid JSON" in str(refused.exception)
    assert "`hasila convert` makes it of other formats" in str(refused.exception)


def test_a_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    span = {"start": 0, "end": 9, "label": "ACTOR"}
    path.write_text(json.dumps({"id": "r", "text": "قسد\x1b[2J\u202ex", "spans": [span]}))
    assert shown(str(path)) == [["r", "قسد[2Jx", "", ""]]

"""Each kind of output holds what was found, and is safe to open."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasila.data.errors import HasilaError
from hasila.data.formats import open_reports
from hasila.data.types import PredictedSpan, Prediction
from hasila.predict import SINKS, Article, Fields, tagged
from hasila.predict.counts import Counts, total
from hasila.predict.shards import Shard
from hasila.predict.sinks import Made, guarded, sink_of

TEXT = "قتل 27 في حلب"
SPANS = (
    PredictedSpan(4, 6, "NUMBER", surface="27", confidence=0.9),
    PredictedSpan(10, 13, "LOCATION", surface="حلب", confidence=0.75),
)
RECORDS: list[dict[str, Any]] = [
    {"id": 1, "text": TEXT, "url": "=HYPERLINK()", "score": 5},
    {"id": 2, "text": TEXT, "score": 5.5, "more": {"k": [None, True]}, "ok": True},
    {"text": "lone \ud800 =", "score": None, "more": "plain"},
]


def made(records: list[dict[str, Any]] = RECORDS, fields: Fields | None = None) -> Made:
    fields = fields or Fields()
    shards = []
    for number, record in enumerate(records):
        text = record[fields.text]
        spans = SPANS if text == TEXT else ()
        article = Article(str(record.get(fields.id) or f"in:{number}"), text, record)
        counts = Counts(articles=1)
        output = tagged(article, Prediction(spans, 4))
        counts.count_fields(output)
        shards.append(Shard(number, "", 0, counts, (), (json.dumps(output),)))
    return Made(lambda: shards, total(shard.counts for shard in shards), fields, "m@1")


def written(sink: str, path: Path, given: Made | None = None) -> Path:
    SINKS[sink](path, given or made())
    return path


def test_parquet_keeps_types_where_they_agree(tmp_path: Path) -> None:
    table = pq.read_table(written("parquet", tmp_path / "o.parquet"))
    assert table.column("id").to_pylist() == ["1", "2", "in:2"], "numbers and names: all strings"
    assert table.column("score").to_pylist() == [5.0, 5.5, None]
    assert table.column("ok").to_pylist() == [None, True, None]
    assert table.column("more").to_pylist() == [None, '{"k": [null, true]}', "plain"]
    assert table.column("text").to_pylist()[2] == "lone \ufffd ="
    names = ("start", "end", "label", "surface", "confidence")
    assert table.column("spans").to_pylist() == [
        *([[{name: getattr(span, name) for name in names} for span in SPANS]] * 2),
        [],
    ]


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([2**53 + 1, 2], [2**53 + 1, 2]),
        ([2**53, 1.5], [2.0**53, 1.5]),
        ([2**53 + 1, 1.5], ["9007199254740993", "1.5"]),
        ([1.5, 2, 2**53 + 1], ["1.5", "2", "9007199254740993"]),
        ([-(2**63), 2**63], ["-9223372036854775808", "9223372036854775808"]),
        ([True, 1], ["true", "1"]),
    ],
)
def test_a_column_takes_what_its_rows_hold(
    tmp_path: Path, values: list[object], column: list[object]
) -> None:
    given = made([{"id": "a", "text": TEXT, "n": value} for value in values])
    table = pq.read_table(written("parquet", tmp_path / "o.parquet", given))
    assert table.column("n").to_pylist() == column


def test_a_field_of_ones_own_may_be_called_cut_words(tmp_path: Path) -> None:
    given = made([{"id": "a", "text": TEXT, "cut_words": "none"}])
    table = pq.read_table(written("parquet", tmp_path / "o.parquet", given))
    assert table.column("cut_words").to_pylist() == ["none"]


def test_csv_rows_are_articles(tmp_path: Path) -> None:
    with written("csv", tmp_path / "o.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["id", "text", "url", "score", "more", "ok", "spans"]
    assert [row["url"] for row in rows] == ["'=HYPERLINK()", "", ""]
    assert json.loads(rows[0]["spans"])[1]["surface"] == "حلب"
    assert json.loads(rows[1]["more"]) == {"k": [None, True]}
    assert rows[2]["text"] == "lone \ufffd ="


def test_spans_are_a_table(tmp_path: Path) -> None:
    with written("spans", tmp_path / "o.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["id", "start", "end", "label", "surface", "confidence"],
        *(
            [name, str(s.start), str(s.end), s.label, s.surface, str(s.confidence)]
            for name in "12"
            for s in SPANS
        ),
    ]


def test_label_studio_reads_back(tmp_path: Path) -> None:
    path = written("label-studio", tmp_path / "o.json", made(RECORDS[:2]))
    tasks = json.loads(path.read_bytes())
    assert [task["predictions"][0]["score"] for task in tasks] == [0.75, 0.75]
    assert tasks[0]["predictions"][0]["model_version"] == "m@1"
    found = tasks[0]["predictions"][0]["result"]
    assert [r["value"]["text"] for r in found] == ["27", "حلب"]
    reports = [located.report for located in open_reports([path], "label-studio")]
    assert [report.text for report in reports] == [TEXT, TEXT]


def test_fields_of_other_names(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [{"key": "k1", "body": TEXT, "id": 9}]
    given = made(records, Fields("body", "key"))
    with written("spans", tmp_path / "o.csv", given).open(encoding="utf-8") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == ["k1", "k1"]
    tasks = json.loads(written("label-studio", tmp_path / "o.json", given).read_bytes())
    assert tasks[0]["data"]["text"] == TEXT


@pytest.mark.parametrize("name", ["id", "key"])
def test_a_blank_id_is_replaced(tmp_path: Path, name: str) -> None:
    given = made([{name: "", "text": TEXT}], Fields("text", name))
    with written("spans", tmp_path / "o.csv", given).open(encoding="utf-8") as stream:
        assert [row["id"] for row in csv.DictReader(stream)] == ["in:0", "in:0"]


@given(st.text(max_size=8) | st.integers().map(str))
def test_no_cell_is_a_formula(cell: str) -> None:
    shown = guarded(cell)
    if shown != cell:
        assert shown == f"'{cell}"
    elif shown[:1] in set("=+-@\t\r"):
        float(shown.replace(",", ""))


@pytest.mark.parametrize(
    ("name", "sink"),
    [
        ("o.jsonl.zst", "jsonl"),
        ("o.csv.gz", "csv"),
        ("a.parquet", "parquet"),
        ("a.json", "label-studio"),
    ],
)
def test_an_ending_chooses_the_sink(name: str, sink: str) -> None:
    assert sink_of(Path(name)) == sink
    assert sink_of(Path(name), "jsonl") == "jsonl"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("o.docx", ""),
        ("o.html.gz", ""),
        ("o.parquet.gz", ""),
        ("o.parquet.zst", ""),
        ("o.zst", "parquet"),
    ],
)
def test_an_ending_that_nothing_is_written_with_is_refused(name: str, asked: str) -> None:
    with pytest.raises(HasilaError, match="choose an ending"):
        sink_of(Path(name), asked)


@given(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["حلب", "عدن"])))))
def test_counts_add_up_in_any_grouping(groups: list[list[tuple[str, str]]]) -> None:
    def counted(pairs: list[tuple[str, str]]) -> Counts:
        result = Counts(articles=1, spans=Counter(label for label, _ in pairs))
        for label, surface in pairs:
            result.add(Counts(surfaces={label: Counter([surface])}))
        return result

    apart = total(counted(group) for group in groups)
    together = counted([pair for group in groups for pair in group])
    assert apart.spans == together.spans
    assert apart.surfaces == together.surfaces
    assert Counts.from_dict(json.loads(json.dumps(apart.to_dict()))) == apart

"""Every source gives the same articles; every bad row is set aside with file, line and reason."""

import gzip
import json
import os
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from datasets import Dataset, DatasetDict

from hasila.data.errors import HasilaError
from hasila.predict import Article, Fields, Rejected, Source
from hasila.predict.rows import LONGEST_LINE, LONGEST_TEXT

TEXTS = ["قتل 27 مدنياً في حلب.\nوأصيب آخرون", 'قال "قسد"، في عدن', "نص ثالث؛ طويل"]
RECORDS = [{"id": f"a{i}", "text": text, "n": i} for i, text in enumerate(TEXTS)]
JSONL = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)


def rows(*paths: Path, **fields: str) -> list[Article | Rejected]:
    return list(Source(paths, Fields(**fields)))


def articles(*paths: Path, **fields: str) -> list[Article]:
    found = rows(*paths, **fields)
    assert all(isinstance(row, Article) for row in found), found
    return [row for row in found if isinstance(row, Article)]


def rejected(*paths: Path, **fields: str) -> list[Rejected]:
    return [row for row in rows(*paths, **fields) if isinstance(row, Rejected)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_json_lines_in_any_wrapping(tmp_path: Path, encoding: str, ending: str) -> None:
    data = JSONL.encode(encoding)
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}[ending]
    path = tmp_path / f"in.jsonl{ending}"
    path.write_bytes(pack(data))
    assert [(a.id, a.text, a.record) for a in articles(path)] == [
        (record["id"], record["text"], record) for record in RECORDS
    ]


def test_an_encoding_other_than_utf8_is_said(tmp_path: Path) -> None:
    path = tmp_path / "alt.jsonl"
    path.write_bytes(JSONL.encode("cp1256"))
    said: list[str] = []
    list(Source([path], say=said.append))
    assert said == [f"{path}: read as cp1256"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_keeps_every_field(tmp_path: Path, separator: str, end: str) -> None:
    path = tmp_path / "in.csv"
    quoted = TEXTS[0].replace('"', '""')
    path.write_bytes(
        f'key{separator}body{separator}url{end}7{separator}"{quoted}"{separator}=x{end}'.encode()
    )
    (article,) = articles(path, text="body", id="key")
    assert article == Article("7", TEXTS[0], {"key": "7", "body": TEXTS[0], "url": "=x"})


def test_bad_csv_rows_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('id,text\n1,"سطر\nسطران"\n2\n3,نص,زائد\n4,جيد\n5,"بلا نهاية\n6,نص\n', "utf-8")
    found = rows(path)
    assert [row.id for row in found if isinstance(row, Article)] == ["1", "4"]
    assert [row.line for row in found if isinstance(row, Rejected)] == [4, 5, 7]


def test_the_fault_of_a_bad_csv_row_is_not_the_next_ones(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes('id,text\n1,"ن'.encode() + b'\xff"x\n' + "2,جيد\n".encode())
    assert [type(row) for row in rows(path)] == [Rejected, Article]


def test_a_csv_without_the_column_names_those_it_has(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("key,body\n1,نص\n", "utf-8")
    assert "another of: key, body" in rejected(path)[0].reason


def test_of_two_csv_columns_with_one_name_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text,url,url\nنص,a,b\n", "utf-8")
    assert "two columns are called 'url'" in rejected(path)[0].reason
    path.write_text("text,,\nنص,,\n", "utf-8")
    assert [article.text for article in articles(path)] == ["نص"]


def test_parquet_and_datasets(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "in.parquet")
    Dataset.from_list(RECORDS).save_to_disk(tmp_path / "one")
    DatasetDict({"train": Dataset.from_list(RECORDS)}).save_to_disk(tmp_path / "splits")
    for name in ("in.parquet", "one", "splits"):
        assert [a.record for a in articles(tmp_path / name)] == RECORDS
    assert rejected(tmp_path / "in.parquet", text="body")[0].reason.endswith("id, text, n")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("state.json", "{}"),
        ("state.json", '{"_data_files": [], "_fingerprint": 5}'),
        ("dataset_info.json", "[]"),
        ("dataset_info.json", "{"),
        ("data-00000-of-00001.arrow", ""),
    ],
)
def test_a_damaged_dataset_is_set_aside(tmp_path: Path, file: str, content: str) -> None:
    folder = tmp_path / "set"
    Dataset.from_list(RECORDS).save_to_disk(folder)
    (folder / file).write_text(content)
    (row,) = rejected(folder)
    assert str(row).startswith(f"{folder}: cannot be read: ")
    assert "save it anew" in row.reason


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [(pa.string(), "نص".encode(), b"\xd9"), (pa.timestamp("us"), 0, 2**62)],
)
def test_a_bad_cell_costs_that_row_alone(
    tmp_path: Path, kind: pa.DataType, good: object, bad: object
) -> None:
    stored = pa.array([*[good] * 300, bad, *[good] * 699])
    column = pa.Array.from_buffers(kind, 1000, stored.buffers())  # nobody checks what is in it
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": TEXTS[:1] * 1000, "n": column}), path)
    found = rows(path)
    assert [row.line for row in found if isinstance(row, Rejected)] == [301]
    assert sum(isinstance(row, Article) for row in found) == 999


def test_folders_are_read_in_order_and_files_called_by_their_path(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b.txt", "sub/a.txt", ".hidden/c.txt"):
        (tmp_path / name).write_text(TEXTS[0], "utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": "نص"}\n', "utf-8")
    (tmp_path / "picture.png").write_bytes(b"png")
    said: list[str] = []
    found = list(Source([tmp_path], say=said.append))
    assert [row.id for row in found if isinstance(row, Article)] == ["a.jsonl:1", "b", "sub/a"]
    assert said == [f"{tmp_path}: 1 file of other kinds passed over"]


def test_no_two_articles_of_a_run_are_called_alike(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "01.txt").write_text(TEXTS[0], "utf-8")
        (tmp_path / name / "news.jsonl").write_text(JSONL.replace("id", "key"), "utf-8")
        Dataset.from_list(RECORDS).rename_column("id", "key").save_to_disk(tmp_path / name / "set")
    x, y = tmp_path / "x", tmp_path / "y"
    for paths in (
        [x, y],
        [x / "01.txt", y / "01.txt"],
        [x / "news.jsonl", y / "news.jsonl"],
        [x / "set", y / "set"],
    ):
        names = [article.id for article in articles(*paths)]
        assert len(set(names)) == len(names) > 1
    assert [a.id for a in articles(x / "01.txt", y / "news.jsonl")][:2] == ["01", "news.jsonl:1"]
    with pytest.raises(HasilaError, match="given 2 times"):
        Source([x, x / "01.txt"])


def test_a_blank_id_is_none(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("id,text\n,نص\n ,نص\n0,نص\n", "utf-8")
    assert [article.id for article in articles(path)] == ["in.csv:2", "in.csv:3", "0"]


def test_text_files_keep_their_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("سطر\r\nسطر\rسطر\n".encode())
    assert articles(path)[0].text == "سطر\r\nسطر\rسطر\n"


def test_web_pages_give_their_article(tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    body = "".join(f"<p>{'قتل سبعة مدنيين في قصف على مدينة حلب أمس. ' * 5}</p>" for _ in range(4))
    head = "<head><title>خبر</title></head>"
    page = f"<html>{head}<body><nav>قائمة</nav><article>{body}</article></body></html>"
    for name, encoding in (("a.html", "utf-8"), ("b.htm", "cp1256")):
        path = tmp_path / name
        path.write_bytes(page.encode(encoding))
        (article,) = articles(path)
        assert "سبعة مدنيين" in article.text
        assert "قائمة" not in article.text
        assert article.record["title"] == "خبر"
    (tmp_path / "c.html").write_text("<html></html>")
    assert rejected(tmp_path / "c.html")[0].reason == "no article text on this page"


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Iterator[BinaryIO]:
    """Where a test writes what it wants on standard input, a pipe."""
    read, write = os.pipe()
    with os.fdopen(read) as given, os.fdopen(write, "wb", 0) as producer:
        monkeypatch.setattr(sys, "stdin", given)
        yield producer


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
@pytest.mark.parametrize("before", [0, 100])
def test_standard_input(stdin: BinaryIO, encoding: str, before: int) -> None:
    plain = '{"id": "e", "text": "no Arabic yet"}\n'
    stdin.write((before * plain + JSONL).encode(encoding))
    stdin.close()
    assert [a.id for a in articles(Path("-"))] == [*["e"] * before, "a0", "a1", "a2"]


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as Python has it after `hasila predict - <&-`
    with pytest.raises(HasilaError, match="-: standard input is closed"):
        Source([Path("-")])


@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_has_come_does_not_wait_for_more(stdin: BinaryIO, ascii_only: bool) -> None:
    coming = iter(Source([Path("-")]))
    with ThreadPoolExecutor(1) as reader:
        for record in RECORDS:
            row = reader.submit(next, coming)
            line = json.dumps(record, ensure_ascii=ascii_only).encode() + b"\n"
            for part in (line[:23], line[23:]):  # cut in the first letter of the text
                assert not row.done()
                stdin.write(part)
                wait([row], 0.1)
            try:
                article = row.result(10)
            finally:
                if not row.done():
                    stdin.close()  # or the thread would wait for ever
            assert isinstance(article, Article)
            assert article.text == record["text"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken", "not valid JSON"),
        (b"[1, 2]", "not an object"),
        (b'{"text": 5}', "is no text but a int"),
        (b'{"body": "x"}', "(fields: body)"),
        (b'{"text": " \\n "}', "is empty"),
        (b'{"text": null}', "no text in field"),
        (b'{"text": "x", "n": NaN}', "NaN is no JSON number"),
        (b'{"text": "x", "n": 1e999}', "1e999 is no JSON number"),
        (b'{"text": "\xd9\x82\xff"}', "no utf-8 text"),
        (b'{"text": ' + b"[" * 100_000, "not valid JSON"),
        (b'{"text": "x", "n": ' + b"[" * 100 + b"]" * 100 + b"}", "more than 100 levels"),
        (b'{"body": "x", "n": ' + b"[" * 900 + b"]" * 900 + b"}", "more than 100 levels"),
        (b'{"text": "' + b"x" * (LONGEST_TEXT + 1) + b'"}', "no article"),
        (b'{"text": "' + b"x" * (LONGEST_LINE + 9) + b'"}', "a line longer than"),
    ],
)
def test_a_bad_line_costs_that_line_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "in.jsonl"
    good = '{"id": 1, "text": "نص"}'.encode()
    path.write_bytes(b"\n".join((good, line, good, b"", good)))
    found = rows(path)
    assert [isinstance(row, Article) for row in found] == [True, False, True, True]
    bad = found[1]
    assert isinstance(bad, Rejected)
    assert reason in bad.reason
    assert bad.line == 2
    assert len(str(bad)) < 1000


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_file_cut_short_gives_what_it_holds(tmp_path: Path, ending: str) -> None:
    pack = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}[ending]
    line = '{{"id": {}, "text": "نص {}"}}\n'
    chance = random.Random(0)  # noqa: S311
    data = pack("".join(line.format(i, chance.random()) for i in range(20_000)).encode())
    path = tmp_path / f"in.jsonl{ending}"
    path.write_bytes(data[: len(data) // 2])
    found = rows(path)
    assert sum(isinstance(row, Article) for row in found) > 8_000
    assert isinstance(found[-1], Rejected)
    assert "damaged after this line" in found[-1].reason
    path.write_bytes(b"nothing packed")
    assert [type(row) for row in rows(path)] == [Rejected]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_what_a_cut_file_holds_half_is_no_article(tmp_path: Path, ending: str) -> None:
    pack = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}[ending]
    chance = random.Random(0)  # noqa: S311
    texts = [f"نص {chance.random()}" for _ in range(9_000)]
    for name, data in {
        "in.txt": " ".join(texts),
        "in.csv": "id,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts)),
    }.items():
        path = tmp_path / f"{name}{ending}"
        packed = pack(data.encode())
        path.write_bytes(packed)
        assert rejected(path) == []
        for cut in range(len(packed) // 2, len(packed) // 2 + 3):
            path.write_bytes(packed[:cut])
            found = rows(path)
            assert isinstance(found[-1], Rejected)
            assert "damaged" in found[-1].reason
            assert {a.text for a in found if isinstance(a, Article)} <= set(texts)


def test_damaged_columns_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(b"PAR1 but not really PAR1")
    assert "cannot be read" in rejected(path)[0].reason


def test_mistakes_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"")
    for path, word in (("none.jsonl", "no such"), ("a.docx", "of no kind"), (".", "holds nothing")):
        with pytest.raises(HasilaError, match=word):
            Source([tmp_path / path])

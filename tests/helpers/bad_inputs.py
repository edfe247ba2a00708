"""Inputs as they should not be: hundreds of files, each broken in a way of its own."""

import gzip
import io
import json
from collections.abc import Iterator
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

TEXT = "قتل 27 من مدنيين في حلب.\nوأصيب آخرون في عدن"
_GOOD = {"id": "a", "text": TEXT, "n": [1, {"k": None}]}
_LINE = json.dumps(_GOOD, ensure_ascii=False).encode()
_CSV = f'id,text,n\na,"{TEXT}",5\nb,"{TEXT}",6\n'.encode()

_ROWS = [
    *("", " ", "null", "true", "5", '"text"', "[]", "{}", "[{}]", "{", "}", "{}}", "{]", "\\", "'"),
    *('{"text"}', '{"text":}', '{"text":"x"', '{"text":"x}', "{'text': 'x'}", '{"text": x}'),
    *('{"text": 1}', '{"text": []}', '{"text": {}}', '{"text": true}', '{"text": null}'),
    *('{"text": ""}', '{"text": "\\n\\t "}', '{"text": "\\u200f"}', '{"text": "\\u0000"}'),
    *('{"text": "\\ud800"}', '{"text": "\\udc00\\ud800 نص"}', '{"text": "\\ud83d\\ude00"}'),
    *('{"text": "a\tb"}', '{"text": "\\x41"}', '{"text": "\\u12"}', '{"text": "x",}'),
    *('{"text": "x", "text": 5}', '{"text": 5, "text": "نص"}', '{"Text": "x"}', '{"text ": "x"}'),
    *('{"text": "x", "id": null}', '{"text": "x", "id": {}}', '{"text": "x", "id": [1]}'),
    *('{"text": "x", "id": ""}', '{"text": "x", "id": 1e400}', '{"text": "x", "id": -0}'),
    *(
        '{"text": "x", "spans": 5}',
        '{"text": "x", "spans": [{"start": -1}]}',
        '{"": "", "text": "x"}',
    ),
    *('{"text": "x", "n": NaN}', '{"text": "x", "n": -Infinity}', '{"text": "x", "n": 01}'),
    *('{"text": "x", "n": ' + "9" * 5000 + "}", '{"text": "x", "n": ' + "9" * 400 + ".5}"),
    *(
        '{"text": "x", "n": "\\udfff"}',
        '{"text": "x", "\\ud800": 1}',
        '{"text": "x"} {"text": "y"}',
    ),
    *('{"text": "x"}\r', "\ufeff" + '{"text": "x"}', '{"text": "x"}\x00', "\x00", "\x1a"),
    *("[" * depth + "]" * depth for depth in (50, 900, 5_000, 200_000)),
    *(
        '{"text": "x", "n": ' + "[" * depth + "]" * depth + "}"
        for depth in (50, 480, 500, 900, 960, 970, 980, 985, 990, 995, 1000, 5_000, 90_000)
    ),
    *('{"a":' * depth + "1" + "}" * depth for depth in (900, 100_000)),
    *(f'{{"text": "{"ـ" * size}"}}' for size in (1, 300, 30_000)),
    *(f'{{"text": "{"س" * size}"}}' for size in (300, 30_000)),
    *(f'{{"text": "{"." * size}"}}' for size in (1, 3_000)),
    *(
        '{"text": "😀👨‍👩‍👧🇸🇾"}',
        '{"text": "\u202e\u2066\u200d\u200b"}',
        '{"text": "ﷺ ﻻ ﷲ"}',
        '{"text": "é é"}',
    ),
]

_TABLES = [
    *(
        "",
        "\n",
        "text",
        "text\n",
        "text\n\n\n",
        "id\n1\n",
        '"text\nx\n',
        '"text"x\ny\n',
        "text,text\na,b\n",
    ),
    *("text\n" + '"' * count + "\n" for count in range(1, 6)),
    *("text;n\nx;1;2\n", "text\tn\nx\n", "text,n\n,\n", "text,n\nx,\x00\n", "text,n\n\x00x,1\n"),
    *("text\rx\ry\r", "text\r\nx\r\n\r\n", "\ufefftext\nx\n", "text,n\n=1+1,@x\n", "text\n'\n"),
    *("text,n\n" + "," * count + "\n" for count in (0, 2, 70_000)),
]


def bad_inputs(seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """File names, all different, and contents."""
    for number, row in enumerate(_ROWS):
        yield f"row-{number:03}.jsonl", row.encode("utf-8", "surrogatepass") + b"\n" + _LINE
    for number, table in enumerate(_TABLES):
        yield f"table-{number:03}.csv", table.encode()
    yield from _damaged(Random(seed))  # noqa: S311 - reproducible
    yield from _mistaken()


def _damaged(chance: Random) -> Iterator[tuple[str, bytes]]:
    """Good files cut short, or with some bytes changed."""
    parquet = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"id": "a", "text": TEXT}] * 50), parquet)
    files = {
        "jsonl": (_LINE + b"\n") * 3,
        "jsonl.gz": gzip.compress((_LINE + b"\n") * 200, mtime=0),
        "jsonl.zst": zstandard.ZstdCompressor(write_checksum=True).compress(_LINE * 200),
        "csv": _CSV,
        "csv.gz": gzip.compress(_CSV * 50, mtime=0),
        "txt": TEXT.encode(),
        "html": f"<html><body><article><p>{TEXT * 9}</p></article></body></html>".encode(),
        "parquet": parquet.getvalue(),
    }
    for ending, data in files.items():
        for number in range(6):
            yield f"cut-{number}.{ending}", data[: chance.randrange(len(data))]
            broken = bytearray(data)
            for _ in range(number + 1):
                broken[chance.randrange(len(data))] = chance.randrange(256)
            yield f"changed-{number}.{ending}", bytes(broken)


def _mistaken() -> Iterator[tuple[str, bytes]]:
    """Files that are something else than their ending says, or in an encoding of their own."""
    for ending in ("jsonl", "csv", "txt", "html", "parquet", "jsonl.gz", "jsonl.zst", "txt.gz"):
        yield f"empty.{ending}", b""
        yield f"noise.{ending}", bytes(range(256)) * 20
        yield f"picture.{ending}", b"\x89PNG\r\n\x1a\n" + bytes(1000)
    for encoding in ("utf-16", "utf-16-be", "utf-32", "cp1256", "iso8859-6", "cp864"):
        yield f"{encoding}.txt", TEXT.encode(encoding, "replace")
        yield f"{encoding}.jsonl", json.dumps(_GOOD, ensure_ascii=False).encode(encoding, "replace")
    for mark in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\x00", b"\xff"):
        yield f"mark-{mark.hex()}.txt", mark
        yield f"mark-{mark.hex()}.jsonl", mark + b"{"

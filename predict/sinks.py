"""What a run's shards are made into: one file of the kind the reader's tools take."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..data.errors import HasilaError
from ..data.files import atomic_bytes, atomic_text
from ..data.formats.label_studio import write_label_studio
from ..data.jsonl import dumped
from ..data.types import PredictedSpan, Report
from .articles import unnamed
from .counts import Counts
from .rows import Fields
from .shards import Shard
from .sources import PACKED

SPAN_COLUMNS = ("start", "end", "label", "surface", "confidence")
_ROW_GROUP = 16  # shards in a Parquet row group: about a thousand articles
_ENDINGS = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".json": "label-studio"}


class Made(NamedTuple):
    """What a sink makes its file of.

    Attributes:
        shards: gives the shards, in order, each time it is called.
        counts: of all of them.
        fields: the names of the articles' text and id.
        model: what to call the model in formats that say which one it was.
    """

    shards: Callable[[], Iterable[Shard]]
    counts: Counts
    fields: Fields
    model: str

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        """The tagged articles."""
        return (json.loads(line) for shard in self.shards() for line in shard.records)

    def id_of(self, record: Mapping[str, Any]) -> Any:
        """What a tagged article is called."""
        own = record.get(self.fields.id)
        return record["id"] if unnamed(own) else own


def sink_of(output: Path, asked: str = "") -> str:
    """The kind of file to write: the one asked for, or what the ending says.

    Raises:
        HasilaError: the ending says none, or that Parquet is to be packed, which nothing reads.
    """
    packed = output.suffix in PACKED
    sink = asked or _ENDINGS.get(Path(output.stem).suffix if packed else output.suffix, "")
    if not sink or (packed and sink == "parquet"):
        raise HasilaError(
            f"{output}: choose an ending: {', '.join(_ENDINGS)} (all but .parquet also "
            f"{', '.join(PACKED)}), or say with --to what to write"
        )
    return sink


def write_jsonl(path: Path, made: Made) -> None:
    """One article a line: its fields, and ``spans``."""
    with atomic_text(path) as stream:
        for shard in made.shards():
            stream.writelines(f"{line}\n" for line in shard.records)


def write_csv(path: Path, made: Made) -> None:
    """One article a row; what is no plain value is JSON in its cell."""
    names = _columns(made.counts)
    with atomic_text(path) as stream:
        writer = csv.writer(stream)
        writer.writerow(guarded(_cell(name)) for name in names)
        for record in made.records:
            writer.writerow(guarded(_cell(record.get(name))) for name in names)


def write_spans(path: Path, made: Made) -> None:
    """A table of spans as CSV, one a row."""
    with atomic_text(path) as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", *SPAN_COLUMNS))
        for record in made.records:
            identifier = guarded(_cell(made.id_of(record)))
            for span in record["spans"]:
                cells = (guarded(_cell(span[name])) for name in SPAN_COLUMNS)
                writer.writerow((identifier, *cells))


def write_parquet(path: Path, made: Made) -> None:
    """One article a row, its spans a list of structs; what is no plain value is a JSON string."""
    whole = pa.int64()
    kinds = {"int": whole, "long": whole, "float": pa.float64(), "bool": pa.bool_()}
    names = _columns(made.counts)
    types = {name: kinds.get(made.counts.fields.get(name, "str"), pa.string()) for name in names}
    types["spans"] = pa.list_(_SPAN)
    schema = pa.schema([(_utf8(name), types[name]) for name in names])
    with atomic_bytes(path) as stream, pq.ParquetWriter(stream, schema) as writer:
        rows: list[dict[str, Any]] = []
        for number, shard in enumerate(made.shards(), 1):
            for line in shard.records:
                record = json.loads(line)
                rows.append({_utf8(n): _fitting(record.get(n), types[n]) for n in names})
            if number % _ROW_GROUP == 0:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema))


_SPAN = pa.struct(
    [
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("label", pa.string()),
        ("surface", pa.string()),
        ("confidence", pa.float64()),
    ]
)


def write_tasks(path: Path, made: Made) -> None:
    """Tasks for Label Studio with the spans as predictions to correct."""
    reports = (_report(record, made) for record in made.records)
    write_label_studio(path, reports, Counter(), model=made.model)


SINKS: dict[str, Callable[[Path, Made], None]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "spans": write_spans,
    "parquet": write_parquet,
    "label-studio": write_tasks,
}


def write_quarantine(path: Path, made: Made) -> None:
    """The rows that are no articles as JSONL: file, line, reason, and how the row begins."""
    with atomic_text(path) as stream:
        for shard in made.shards():
            stream.writelines(f"{dumped(asdict(row))}\n" for row in shard.rejected)


_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?", re.ASCII)


def guarded(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; what is only a number stays one.

    >>> guarded("=1+1"), guarded("-5"), guarded("قسد")
    ("'=1+1", '-5', 'قسد')
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _cell(value: Any) -> Any:
    """A value as a cell takes it."""
    if isinstance(value, str):
        return _utf8(value)
    return dumped(value) if isinstance(value, list | dict | bool) else value


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """A value as a column of that type takes it."""
    if value is None or not pa.types.is_string(kind):
        return value
    return _utf8(value) if isinstance(value, str) else dumped(value)


def _utf8(text: str) -> str:
    """The text; lone surrogates, which only JSON can hold, become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _columns(counts: Counts) -> list[str]:
    """The fields of the output, in order of appearance, the spans last."""
    added = ["spans", *(["cut_words"] if counts.cut_words else [])]
    own = [name for name in counts.fields if name not in added]
    return [*(["id"] if "id" not in own else []), *own, *added]


def _report(record: dict[str, Any], made: Made) -> Report:
    name = made.fields.text if made.fields.text in record else "text"
    spans = tuple(PredictedSpan(**span) for span in record["spans"])
    rest = {key: value for key, value in record.items() if key not in ("id", name, "spans")}
    return Report(str(made.id_of(record)), record[name], spans, meta=rest)

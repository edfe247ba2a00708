"""Rows of columnar files: Parquet, and folders that Hugging Face ``datasets`` saved."""

import base64
import math
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..data.errors import HasilaError
from .articles import Row
from .rows import Fields, File

_ROWS = 256  # held at a time


def parquet_rows(file: File, fields: Fields) -> Iterator[Row]:
    """Articles from a Parquet file; the line of a row is its number.

    Raises:
        HasilaError: it has no column for the text.
        OSError: or `pyarrow.ArrowException`: the file is damaged.
    """
    with pq.ParquetFile(file.path) as parquet:
        _require(fields.text, parquet.schema_arrow.names, file)
        yield from _rows(parquet.iter_batches(_ROWS), file, fields)


def dataset_rows(file: File, fields: Fields) -> Iterator[Row]:
    """Articles from a saved dataset, or from each split of a saved dataset dictionary.

    Raises:
        HasilaError: it has no column for the text.
        OSError: or `pyarrow.ArrowException`: it is damaged.
    """
    from datasets import Dataset, load_from_disk  # noqa: PLC0415 - takes seconds to import

    try:
        loaded = load_from_disk(str(file.path))
    except ValueError as error:
        raise OSError(error) from error
    splits = {file.name: loaded} if isinstance(loaded, Dataset) else loaded
    for name, split in splits.items():
        _require(fields.text, split.column_names, file)
        tables = split.with_format("arrow").iter(_ROWS)
        batches = (batch for table in tables for batch in table.to_batches())
        yield from _rows(batches, file._replace(name=name), fields)


def is_dataset(path: Path) -> bool:
    """Whether a folder is what ``save_to_disk`` wrote."""
    return (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )


def _require(text: str, names: list[str], file: File) -> None:
    if text not in names:
        raise HasilaError(
            f'{file.path}: there is no column "{text}"; --text-field names another of: '
            f"{', '.join(names)}"
        )


def _rows(batches: Iterator[pa.RecordBatch], file: File, fields: Fields) -> Iterator[Row]:
    number = 0
    for batch in batches:
        for record in batch.to_pylist():
            number += 1
            yield fields.article(jsonable(record), file, number)


def jsonable(value: Any) -> Any:
    """A value as JSON can hold it: dates in ISO 8601, bytes in base64, NaN as null."""
    if isinstance(value, dict):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [jsonable(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date | time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int) else str(value)

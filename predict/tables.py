"""Rows of columnar files: Parquet, and folders that Hugging Face ``datasets`` saved."""

import base64
import math
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .articles import Rejected, Row
from .rows import Fields, File

_ROWS = 256  # held at a time
_UNREADABLE = (ValueError, OverflowError, RecursionError, pa.ArrowException)
"""What converting a cell raises: no UTF-8, a date beyond the calendar."""


def parquet_rows(file: File, fields: Fields) -> Iterator[Row]:
    """Articles from a Parquet file; the line of a row is its number.

    Raises:
        OSError: or `pyarrow.ArrowException`: the file is damaged.
    """
    with pq.ParquetFile(file.path) as parquet:
        batches = parquet.iter_batches(_ROWS)
        yield from _rows(batches, parquet.schema_arrow.names, file, fields)


def dataset_rows(file: File, fields: Fields) -> Iterator[Row]:
    """Articles from a saved dataset, or from each split of a saved dataset dictionary.

    Raises:
        OSError: or `pyarrow.ArrowException`: it is damaged.
    """
    from datasets import Dataset, load_from_disk  # noqa: PLC0415 - takes seconds to import

    try:
        loaded = load_from_disk(str(file.path))
    except Exception as error:  # a damaged folder shows in many ways
        message = f"damaged, or not made by save_to_disk; save it anew ({error!r})"
        raise OSError(message) from error
    splits = {"": loaded} if isinstance(loaded, Dataset) else loaded
    for name, split in splits.items():
        tables = split.with_format("arrow").iter(_ROWS)
        batches = (batch for table in tables for batch in table.to_batches())
        part = file._replace(name=f"{file.name}/{name}") if name else file
        yield from _rows(batches, split.column_names, part, fields)


def is_dataset(path: Path) -> bool:
    """Whether a folder is what ``save_to_disk`` wrote."""
    return (path / "dataset_dict.json").is_file() or (
        (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    )


def _rows(
    batches: Iterator[pa.RecordBatch], columns: list[str], file: File, fields: Fields
) -> Iterator[Row]:
    if fault := fields.missing(columns):
        yield Rejected(str(file.path), 0, fault)
        return
    number = 0
    for batch in batches:
        for record in _records(batch):
            number += 1
            if isinstance(record, dict):
                yield fields.article(record, file, number)
            else:
                yield Rejected(str(file.path), number, f"holds what cannot be read: {record}")


def _records(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | Exception]:
    """The rows of a batch; for one with a cell that cannot be converted, why."""
    try:
        yield from [jsonable(record) for record in batch.to_pylist()]
    except _UNREADABLE as error:
        if len(batch) == 1:
            yield error
        else:
            for number in range(len(batch)):
                yield from _records(batch.slice(number, 1))


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

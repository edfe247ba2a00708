"""What the formats share: counted losses, the record of what a tool's own fields cannot hold."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import HasilaError
from ..files import DAMAGED, open_bytes, require_folder
from ..jsonl import FIELDS, report_from, span_record
from ..offsets import UNITS, to_code_points, unit_starts
from ..types import Report, Span

Losses = Counter[str]
"""What a format could not carry, or a reader had to decide: in words, with how often."""

RECORD = "hasila"
"""The field in which a tool's file keeps what the tool has no place for."""

LARGEST_FILE = 2**30
"""In bytes, decompressed: formats that cannot be read as a stream are refused beyond it."""


def count(losses: Losses, what: str, times: int) -> None:
    """Add to the losses what happened at least once."""
    if times > 0:
        losses[what] += times


def record_beside(report: Report) -> dict[str, Any]:
    """All of a report but its text and spans: id, fields, meta, and what its NUMBERs say."""
    fields = {name: getattr(report, name) for name in FIELDS}
    return {
        "id": report.id,
        "fields": {name: value for name, value in fields.items() if value is not None},
        "meta": dict(report.meta),
        "values": [span_record(span) for span in report.spans if span.quantity],
    }


def report_beside(
    text: str,
    spans: Sequence[Span],
    record: object,
    where: str,
    losses: Losses,
    *,
    identifier: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Report:
    """A report from a tool's text and spans and, if there is one, its `record_beside`.

    Without a record ``identifier`` and ``meta`` are taken, and of meta a source, a date and a
    country become the report's. Values of NUMBERs that were moved or removed in the tool are
    counted as lost.

    Raises:
        HasilaError: the record is damaged; ``where`` begins the message.
    """
    match record:
        case None:
            name, kept, values = identifier, dict(meta or {}), {}
            fields = {key: str(kept[key]) for key in FIELDS if kept.get(key) is not None}
        case {"id": str(name), "fields": dict(fields), "meta": dict(kept), "values": list(rest)}:
            values = dict(_keyed(value, where) for value in rest)
        case _:
            raise HasilaError(f'{where}: the field "{RECORD}" is damaged: {str(record)[:80]!r}')
    lost = set(values) - {span.key for span in spans}
    count(losses, "values of NUMBERs that are no longer there", len(lost))
    rows = [values.get(span.key) or span_record(span) for span in spans]
    return report_from({**kept, **fields, "id": name, "text": text, "spans": rows}, where)


def _keyed(value: Any, where: str) -> tuple[tuple[int, int, str], dict[str, Any]]:
    match value:
        case {"start": int(start), "end": int(end), "label": str(label)}:
            return (start, end, label), value
    raise HasilaError(f'{where}: the field "{RECORD}" is damaged: {str(value)[:80]!r}')


def at_code_points(text: str, span: Span, surface: str, where: str, losses: Losses) -> Span:
    """A tool's span where it is in the text, by the surface the tool wrote beside it.

    Raises:
        HasilaError: neither code points nor another unit give that surface.
    """
    wanted = _flat(surface)
    if 0 <= span.start <= span.end <= len(text) and _flat(text[span.start : span.end]) == wanted:
        return span
    for unit in UNITS:
        starts = unit_starts(text, unit)
        start, end = to_code_points(starts, span.start), to_code_points(starts, span.end)
        if start is not None and end is not None and _flat(text[start:end]) == wanted:
            losses[f"spans whose offsets counted {unit}, converted to code points"] += 1
            return replace(span, start=start, end=end)
    raise HasilaError(
        f"{where}: wrong offsets: [{span.start}, {span.end}) of the text is "
        f"{text[max(0, span.start) : max(0, span.end)][:60]!r}, the span says {surface[:60]!r}"
    )


def _flat(surface: str) -> str:
    r"""Tools write line ends within a surface as a space or as a literal ``\n``."""
    return " ".join(re.sub(r"\\[nr]", " ", surface).split())


def whole_text(path: Path) -> str:
    """All of a UTF-8 file, line ends as they are.

    Raises:
        HasilaError: it cannot be read, is no UTF-8 or too large to be read at once.
    """
    data = whole_bytes(path)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise HasilaError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error


def whole_bytes(path: Path) -> bytes:
    """All bytes of a file, decompressed.

    Raises:
        HasilaError: it cannot be read or is too large to be read at once.
    """
    try:
        with open_bytes(path) as stream:
            data = stream.read(LARGEST_FILE + 1)
    except DAMAGED as error:
        raise HasilaError(f"{path}: cannot be read: {error}") from error
    if len(data) > LARGEST_FILE:
        raise HasilaError(f"{path}: more than {LARGEST_FILE:,} bytes; split it")
    return data


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears under its name only when all of it is written.

    Raises:
        HasilaError: there is something under that name, or no folder to hold it.
    """
    require_folder(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise HasilaError(f"{path}: exists; name a folder that does not, or an empty one")
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.rmdir()
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class FileNames:
    """A file name for each report: its id where that is harmless and new, else a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, report: Report) -> str:
        """The next report's file name, without ending."""
        wanted = report.id
        # Some file systems hold names for equal that differ in case; "." begins hidden files.
        if (
            not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", wanted)
            or wanted.lower() in self._taken
        ):
            wanted = f"report-{len(self._taken) + 1:06}"
            while wanted in self._taken:
                wanted += "_"
        self._taken.add(wanted.lower())
        return wanted

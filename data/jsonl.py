"""Annotated reports as JSON lines: one report a line, read and written as a stream.

A line is an object with ``id`` and ``text``; ``spans`` (a list of ``{"start", "end", "label"}``),
``source``, ``date`` and ``country`` are optional; every other field is kept in ``Report.meta``.
A NUMBER span may also carry ``value`` (``{"low", "high", "bound"}``), ``of``, ``who`` and ``where``
(lists of ``[start, end]`` of the spans meant); a span with a ``confidence`` is a prediction.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from .errors import HasilaError
from .files import atomic_text, numbered_lines
from .types import BOUNDS, COUNTED, Offsets, PredictedSpan, Quantity, Report, Span

FIELDS = ("source", "date", "country")
"""What a report may have beside its id, text and spans."""

_JSONL = "; JSONL has one object a line, and `hasila convert` makes it of other formats"


class Located(NamedTuple):
    """A report and where it stands, so that what is wrong with it can be found."""

    file: str
    line: int
    """From 1; 0 where the format has no lines."""
    report: Report


def read_reports(path: Path) -> Iterator[Report]:
    """The reports of a JSONL file (also .gz, .zst), one by one.

    Raises:
        HasilaError: a line is not a report; the message names file, line and report.
    """
    return (located.report for located in read_located(path))


def read_located(path: Path) -> Iterator[Located]:
    """`read_reports`, with the file and line of each report.

    Raises:
        HasilaError: a line is not a report; the message names file, line and report.
    """
    for number, where, record in read_json_lines(path):
        yield Located(str(path), number, report_from(record, where))


def write_reports(path: Path, reports: Iterable[Report]) -> int:
    """Write reports as JSONL, all or nothing; return how many."""
    return write_json_lines(path, map(record_of, reports))


def read_json_lines(path: Path) -> Iterator[tuple[int, str, Any]]:
    """The values of a JSONL file, each with its line and ``file:line``; blank lines are skipped.

    Raises:
        HasilaError: a line is not JSON.
    """
    for number, line in numbered_lines(path):
        if line.strip():
            where = f"{path}:{number}"
            yield number, where, parsed(line, where, _JSONL)


def write_json_lines(path: Path, values: Iterable[object]) -> int:
    """Write values as JSONL, all or nothing; return how many."""
    count = 0
    with atomic_text(path) as stream:
        for value in values:
            stream.write(dumped(value) + "\n")
            count += 1
    return count


def parsed(text: str, where: str, advice: str = "") -> Any:
    """A JSON value; ``where`` (file and line) begins the error, ``advice`` ends it.

    Raises:
        HasilaError: it is none (NaN and Infinity are none), or nested beyond all reason.
    """
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HasilaError(f"{where}: not valid JSON: {error}{advice}") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def dumped(value: object, indent: int | None = None) -> str:
    """A value as JSON, in one line unless indented: Arabic as it is, lone surrogates escaped."""
    return writable(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent))


def writable(text: str) -> str:
    r"""A text that UTF-8 can hold: lone surrogates as JSON escapes them, ``\ud800``."""
    return text.encode(errors="backslashreplace").decode()


def report_from(record: object, where: str) -> Report:
    """A report from its JSON object; ``where`` (file and line) begins every error.

    Raises:
        HasilaError: a field is missing or of the wrong type.
    """
    if not isinstance(record, dict):
        raise HasilaError(f'{where}: expected an object such as {{"id": …, "text": …}}')
    fields = dict(record)
    identifier = fields.pop("id", None)
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    if not isinstance(identifier, str) or not identifier:
        raise HasilaError(f'{where}: "id" is missing or empty; every report needs one of its own')
    where = f"{where}: report {identifier}"
    text = fields.pop("text", None)
    if not isinstance(text, str):
        raise HasilaError(f'{where}: "text" is missing or no string')
    spans = fields.pop("spans", None) or []
    if not isinstance(spans, list):
        raise HasilaError(f'{where}: "spans" must be a list of {{"start", "end", "label"}}')
    known: dict[str, str | None] = {}
    for name in FIELDS:
        value = fields.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise HasilaError(f'{where}: "{name}" must be a string, not {value!r}')
        known[name] = value
    return Report(
        id=identifier,
        text=text,
        spans=tuple(
            _span_from(span, text, f"{where}: span {i}") for i, span in enumerate(spans, 1)
        ),
        **known,
        meta=fields,
    )


def record_of(report: Report) -> dict[str, Any]:
    """The JSON object of a report: what `report_from` reads."""
    record: dict[str, Any] = {
        "id": report.id,
        "text": report.text,
        "spans": [span_record(span) for span in report.spans],
    }
    for name in FIELDS:
        if (value := getattr(report, name)) is not None:
            record[name] = value
    return record | dict(report.meta)


def span_record(span: Span) -> dict[str, Any]:
    """The JSON object of an annotated or predicted span."""
    record: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if isinstance(span, PredictedSpan):
        record |= {"surface": span.surface, "confidence": span.confidence}
    if (quantity := span.quantity) is not None:
        value = {"low": quantity.low, "high": quantity.high, "bound": quantity.bound}
        record |= {"value": value, "of": quantity.of}
        record |= {
            name: [list(offsets) for offsets in spans]
            for name, spans in (("who", quantity.who), ("where", quantity.where))
            if spans
        }
    return record


def _span_from(record: object, text: str, where: str) -> Span:
    if not isinstance(record, dict):
        raise HasilaError(f'{where}: expected {{"start", "end", "label"}}, found {record!r}')
    start, end, label = (record.get(name) for name in ("start", "end", "label"))
    # bool is an int to Python, and no offset to anyone.
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        raise HasilaError(
            f"{where}: needs whole numbers start and end and a string label, found {record!r}"
        )
    quantity = _quantity_from(record, where)
    confidence = record.get("confidence")
    if confidence is None:
        return Span(start, end, label, quantity)
    if type(confidence) not in (int, float) or not 0 <= confidence <= 1:
        raise HasilaError(f'{where}: "confidence" must be a number from 0 to 1: {confidence!r}')
    return PredictedSpan(start, end, label, quantity, text[start:end], confidence)


def _quantity_from(record: Mapping[str, Any], where: str) -> Quantity | None:
    value = record.get("value")
    if value is None:
        return None
    of, bound = record.get("of"), value.get("bound") if isinstance(value, dict) else None
    if bound not in BOUNDS or of not in COUNTED:
        raise HasilaError(
            f'{where}: needs "value": {{"low", "high", "bound"}} with a bound among '
            f'{", ".join(BOUNDS)}, and "of" among {", ".join(COUNTED)}'
        )
    low, high = value.get("low"), value.get("high")
    if not all(end is None or type(end) in (int, float) for end in (low, high)):
        raise HasilaError(f'{where}: "low" and "high" must be numbers or null, found {value!r}')
    who, where_at = (_pairs(record.get(name), name, where) for name in ("who", "where"))
    return Quantity(low, high, cast("Any", bound), cast("Any", of), who, where_at)


def _pairs(value: object, name: str, where: str) -> tuple[Offsets, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(type(end) is int for end in pair)
        for pair in value
    ):
        raise HasilaError(f'{where}: "{name}" must be a list of [start, end], found {value!r}')
    return tuple((start, end) for start, end in value)

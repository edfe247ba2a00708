"""``hasila show``."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ..data.errors import HasilaError
from ..data.files import some
from ..data.jsonl import read_json_lines, report_from
from ..data.types import LABELS, Report
from .console import out, plain

_QUESTIONS = dict(zip(LABELS, ("who", "where", "how many"), strict=True))


def show(
    file: Annotated[Path, typer.Argument(help="JSONL: annotated reports, or what predict wrote.")],
    first: Annotated[int, typer.Option(min=1, help="Show this many reports.")] = 20,
    text_field: Annotated[str, typer.Option(help="The field that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="The field that holds the id.")] = "id",
) -> None:
    """Show who, where and how many, one row a report; each surface once, in reading order."""
    reports = (
        _report(record, where, text_field, id_field)
        for _, where, record in some(read_json_lines(file), file)
    )
    show_reports(reports, first)


def _report(record: Any, where: str, text_field: str, id_field: str) -> Report:
    """What is shown of a record; its other fields may hold whatever their owner likes."""
    if not isinstance(record, dict) or not isinstance(record.get(text_field), str):
        raise HasilaError(f'{where}: no text in field "{text_field}"; --text-field names another')
    identifier = record.get(id_field)
    shown = {
        "id": where if identifier in (None, "") else str(identifier),
        "text": record[text_field],
    }
    return report_from(shown | {"spans": record.get("spans")}, where)


def show_reports(reports: Iterable[Report], first: int = 20) -> None:
    """Print the first of some reports as a table."""
    reports = iter(reports)
    table = Table("report", *_QUESTIONS.values(), show_lines=True)
    for report in islice(reports, first):
        table.add_row(plain(report.id), *(_surfaces(report, label) for label in _QUESTIONS))
    if next(reports, None):
        table.caption = f"The first {first} reports; --first shows more."
    out.print(table)


def _surfaces(report: Report, label: str) -> Text:
    spans = sorted(span for span in report.spans if span.label == label)
    distinct = dict.fromkeys(report.surface(span) for span in spans)
    return plain("، ".join(distinct))

"""``hasila show``."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ..data.jsonl import read_reports
from ..data.types import LABELS, Report
from .console import out, plain

_QUESTIONS = dict(zip(LABELS, ("who", "where", "how many"), strict=True))


def show(
    file: Annotated[Path, typer.Argument(help="JSONL: annotated reports, or what predict wrote.")],
    first: Annotated[int, typer.Option(min=1, help="Show this many reports.")] = 20,
) -> None:
    """Show who, where and how many, one row a report; each surface once, in reading order."""
    show_reports(read_reports(file), first)


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

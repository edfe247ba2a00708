"""Predictions as files: in any format of annotated reports, or JSON lines without the texts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.files import numbered_lines
from ..data.formats import Losses, detected, open_reports
from ..data.jsonl import parsed, report_from
from ..data.types import Report


def read_predictions(
    paths: Iterable[Path], name: str | None = None, losses: Losses | None = None
) -> Iterator[Report]:
    """A system's spans, report by report.

    Args:
        paths: files or folders, in a format of `hasila.data.formats`; ours, as `hasila predict`
            writes it, may come without the texts.
        name: their format, if it is not to be told from them.
        losses: what a reader had to decide is counted here.

    Raises:
        HasilaError: a file is not in its format; the message names file, line and report.
    """
    for path in paths:
        if path.is_file() and (name or detected(path)) == "hasila":
            yield from _without_texts(path)
        else:
            yield from (located.report for located in open_reports([path], name, losses))


def _without_texts(path: Path) -> Iterator[Report]:
    for number, line in numbered_lines(path):
        if line.strip():
            where = f"{path}:{number}"
            record = parsed(line, where)
            yield report_from({"text": "", **record} if isinstance(record, dict) else record, where)

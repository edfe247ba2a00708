"""Predictions as a file: JSON lines with an id and spans, as `hasila predict` writes them."""

import json
from collections.abc import Iterator
from pathlib import Path

from ..data.errors import HasilaError
from ..data.files import numbered_lines
from ..data.jsonl import report_from
from ..data.types import Report


def read_predictions(path: Path) -> Iterator[Report]:
    """A system's spans, report by report; unlike annotated reports they may come without text.

    Raises:
        HasilaError: a line is no prediction; the message names file, line and report.
    """
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise HasilaError(f"{where}: not valid JSON: {error}") from error
        yield report_from({"text": "", **record} if isinstance(record, dict) else record, where)

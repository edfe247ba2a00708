"""Predictions as files: in any format of annotated reports, or JSON lines without the texts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.files import some
from ..data.formats import Losses, detected, files_of, read_format
from ..data.jsonl import read_json_lines, report_from
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
        HasilaError: a file is not in its format, or has no reports; the message names file, line
            and report.
    """
    losses = Losses() if losses is None else losses
    for path in files_of(paths, name):
        if path.is_file() and (name or detected(path)) == "hasila":
            for _, where, record in some(read_json_lines(path), path):
                whole = {"text": "", **record} if isinstance(record, dict) else record
                yield report_from(whole, where)
        else:
            found = some(read_format(path, name, losses), path)
            yield from (located.report for located in found)

"""brat standoff: a folder of NAME.txt and NAME.ann, offsets in code points.

brat has no place for a report's fields and values, so they lie beside, in ``hasila.jsonl`` of the
same folder, which brat passes over. Text-bound annotations (``T`` lines) are spans; of a
discontinuous one the span is taken from its first to its last piece, and counted.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import HasilaError, counted
from ..jsonl import Located, read_json_lines, write_json_lines
from ..types import Report, Span
from .common import (
    FileNames,
    Losses,
    at_code_points,
    count,
    new_folder,
    record_beside,
    report_beside,
    whole_text,
)

RECORDS = "hasila.jsonl"

_BOUND = re.compile(r"T\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)", re.DOTALL)
_OTHERS = {
    "R": "relations",
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "normalisations",
    "#": "notes",
    "*": "equivalences",
}


def read_brat(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of a folder of brat files, or of one ``.ann`` or ``.txt`` of it, by name.

    Raises:
        HasilaError: a text has no annotations or they do not fit it; file and line are named.
    """
    folder = path if path.is_dir() else path.parent
    texts = sorted(folder.glob("*.txt")) if path.is_dir() else [path.with_suffix(".txt")]
    if not texts:
        raise HasilaError(f"{path}: no .txt files with their .ann beside them")
    records = _records(folder / RECORDS)
    for text_file in texts:
        ann = text_file.with_suffix(".ann")
        text = whole_text(text_file)
        if not ann.exists():
            raise HasilaError(f"{text_file}: its annotations {ann.name} are missing")
        spans = list(_spans(ann, text, losses))
        name = text_file.stem
        where = str(folder / RECORDS)
        report = report_beside(text, spans, records.get(name), where, losses, identifier=name)
        yield Located(str(ann), 0, report)


def _records(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    records = {}
    for _, where, row in read_json_lines(path):
        match row:
            case {"file": str(file), "record": record}:
                records[file] = record
            case _:
                raise HasilaError(f'{where}: expected {{"file", "record"}}')
    return records


def _spans(ann: Path, text: str, losses: Losses) -> Iterator[Span]:
    for number, line in enumerate(whole_text(ann).split("\n"), 1):
        where = f"{ann}:{number}"
        row = line.rstrip("\r")
        if match := _BOUND.fullmatch(row):
            label, pieces, surface = match.groups()
            ends = [int(end) for piece in pieces.split(";") for end in piece.split(" ")]
            span = Span(ends[0], ends[-1], label)
            if ";" in pieces:
                losses["discontinuous spans, taken from first to last piece"] += 1
                yield _inside(span, text, where)
            else:
                yield at_code_points(text, span, surface, where, losses)
        elif row.startswith("T"):
            raise HasilaError(f"{where}: expected `T1<tab>LABEL START END<tab>TEXT`: {row[:60]!r}")
        elif row.strip():
            count(losses, f"{_OTHERS.get(row[0], 'lines brat may know')}, left out", 1)


def _inside(span: Span, text: str, where: str) -> Span:
    if not 0 <= span.start < span.end <= len(text):
        raise HasilaError(f"{where}: wrong offsets: the text has {counted(len(text), 'character')}")
    return span


def write_brat(path: Path, reports: Iterable[Report], losses: Losses) -> int:  # noqa: ARG001
    """Write a new folder of ``.txt`` and ``.ann`` files; return how many reports.

    A report's file is called by its id where that makes a harmless name, else by a number.

    Raises:
        HasilaError: the folder exists and is not empty.
    """
    names = FileNames()
    with new_folder(path) as folder:

        def rows() -> Iterator[dict[str, Any]]:
            for report in reports:
                name = names.name(report)
                (folder / f"{name}.txt").write_bytes(report.text.encode())
                (folder / f"{name}.ann").write_bytes(_standoff(report).encode())
                yield {"file": name, "record": record_beside(report)}

        return write_json_lines(folder / RECORDS, rows())


def _standoff(report: Report) -> str:
    return "".join(
        f"T{i}\t{span.label} {span.start} {span.end}\t{_one_line(report.surface(span))}\n"
        for i, span in enumerate(report.spans, 1)
    )


def _one_line(surface: str) -> str:
    return re.sub(r"[\r\n]", " ", surface)

"""doccano's sequence labelling: JSONL with ``[start, end, label]``, or entities with relations.

doccano gives examples ids of its own and keeps every other field as the example's metadata, so our
record travels there. Export it as "JSONL" or "JSONL (relation)"; import it as "JSONL".
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import HasilaError
from ..jsonl import Located, read_json_lines, write_json_lines
from ..types import PredictedSpan, Report, Span
from .common import RECORD, Losses, count, record_beside, report_beside

_OWN = ("id", "text", "data", "label", "labels", "entities", "relations", "Comments", RECORD)


def read_doccano(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of a doccano export, one by one.

    Raises:
        HasilaError: a line is no example; the message names file and line.
    """
    for number, where, example in read_json_lines(path):
        yield Located(str(path), number, _report(example, where, f"{path.stem}-{number}", losses))


def _report(example: Any, where: str, name: str, losses: Losses) -> Report:
    text = example.get("text", example.get("data")) if isinstance(example, dict) else None
    if not isinstance(text, str):
        raise HasilaError(f'{where}: no doccano example: "text" is missing or no string')
    raw = example.get("entities", example.get("label", example.get("labels")))
    if not isinstance(raw, list | None):
        raise HasilaError(f'{where}: "label" must be a list of [start, end, label]')
    count(losses, "relations between spans, left out", len(example.get("relations") or ()))
    meta = {key: value for key, value in example.items() if key not in _OWN}
    identifier = str(example.get("id") or name)
    spans = [_span(span, where) for span in raw or ()]
    return report_beside(
        text, spans, example.get(RECORD), where, losses, identifier=identifier, meta=meta
    )


def _span(raw: object, where: str) -> Span:
    match raw:
        case [int(start), int(end), str(label)]:
            return Span(start, end, label)
        case {"start_offset": int(start), "end_offset": int(end), "label": str(label)}:
            return Span(start, end, label)
    raise HasilaError(f"{where}: a label is [start, end, label], found {str(raw)[:80]}")


def write_doccano(
    path: Path,
    reports: Iterable[Report],
    losses: Losses,
    model: str | None = None,
) -> int:
    """Write reports as doccano imports them; return how many.

    doccano scores no spans: with a ``model`` the example's metadata says its name and the lowest
    confidence of its spans, to sort by; the other confidences are counted as lost.
    """
    return write_json_lines(path, (_example(report, losses, model) for report in reports))


def _example(report: Report, losses: Losses, model: str | None) -> dict[str, Any]:
    example: dict[str, Any] = {
        "text": report.text,
        "label": [[span.start, span.end, span.label] for span in report.spans],
        RECORD: record_beside(report),
    }
    if model is not None:
        scores = [span.confidence for span in report.spans if isinstance(span, PredictedSpan)]
        count(losses, "confidences of single spans, of which the lowest is kept", len(scores) - 1)
        example |= {"model": model, "confidence": min(scores, default=1.0)}
    return example

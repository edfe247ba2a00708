"""Prodigy's JSONL for ``ner.manual``: text, tokens, spans, and the annotator's answer."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import HasilaError
from ..jsonl import Located, read_json_lines, write_json_lines
from ..types import Report, Span
from ..words import words
from .common import RECORD, Losses, record_beside, report_beside


def read_prodigy(path: Path, losses: Losses) -> Iterator[Located]:
    """The accepted examples of a Prodigy export, one by one; others are counted.

    Raises:
        HasilaError: a line is no example; the message names file and line.
    """
    for number, where, task in read_json_lines(path):
        if not isinstance(task, dict) or not isinstance(text := task.get("text"), str):
            raise HasilaError(f'{where}: no Prodigy example: "text" is missing or no string')
        if (answer := task.get("answer", "accept")) != "accept":
            losses[f"examples answered {answer!r}, left out"] += 1
            continue
        raw, meta = task.get("spans") or [], task.get("meta") or {}
        if not isinstance(raw, list) or not isinstance(meta, dict):
            raise HasilaError(f'{where}: "spans" must be a list and "meta" an object')
        spans = [_span(span, where) for span in raw]
        name = meta.get("id") or f"{path.stem}-{number}"
        meta = {key: value for key, value in meta.items() if key not in ("id", "text", "spans")}
        report = report_beside(
            text, spans, task.get(RECORD), where, losses, identifier=str(name), meta=meta
        )
        yield Located(str(path), number, report)


def _span(raw: object, where: str) -> Span:
    match raw:
        case {"start": int(start), "end": int(end), "label": str(label)}:
            return Span(start, end, label)
    raise HasilaError(f'{where}: a span is {{"start", "end", "label"}}, found {str(raw)[:80]}')


def write_prodigy(path: Path, reports: Iterable[Report], losses: Losses) -> int:
    """Write reports as Prodigy tasks, tokens included; return how many.

    Prodigy ties spans to tokens, and its tokenizers cut Arabic elsewhere than we do, so tasks carry
    our words as tokens. Spans off words' edges cannot be tied to them; they are counted.
    """
    return write_json_lines(path, (_task(report, losses) for report in reports))


def _task(report: Report, losses: Losses) -> dict[str, Any]:
    cut = words(report.text)
    begins = {start: i for i, (start, _) in enumerate(cut)}
    ends = {end: i for i, (_, end) in enumerate(cut)}
    spans = []
    for span in report.spans:
        raw: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
        if span.start in begins and span.end in ends:
            raw |= {"token_start": begins[span.start], "token_end": ends[span.end]}
        else:
            losses["spans off words' edges, written without tokens"] += 1
        spans.append(raw)
    tokens = [
        {
            "text": report.text[start:end],
            "start": start,
            "end": end,
            "id": i,
            "ws": report.text[end : end + 1] == " ",
        }
        for i, (start, end) in enumerate(cut)
    ]
    meta = {"id": report.id} | ({"source": report.source} if report.source else {})
    record = record_beside(report)
    return {"text": report.text, "tokens": tokens, "spans": spans, "meta": meta, RECORD: record}

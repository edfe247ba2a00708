"""Predictions as a file: JSON lines with an id and spans, as `hasila predict` writes them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.errors import HasilaError
from ..data.files import numbered_lines
from ..data.jsonl import report_from
from ..data.types import PredictedSpan, Report, Span


def read_predictions(path: Path) -> Iterator[Report]:
    """A system's spans, report by report; the texts may be left out.

    Spans become `PredictedSpan` in a report all of whose spans carry a confidence.

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
        report = report_from({"text": "", **record} if isinstance(record, dict) else record, where)
        spans = record.get("spans") or []
        if spans and all("confidence" in span for span in spans):
            sure = [_confidence(span, f"{where}: report {report.id}") for span in spans]
            report = replace(report, spans=tuple(map(_predicted, report.spans, sure)))
        yield report


def _predicted(span: Span, confidence: float) -> PredictedSpan:
    return PredictedSpan(span.start, span.end, span.label, confidence=confidence)


def _confidence(span: Mapping[str, Any], where: str) -> float:
    value = span["confidence"]
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise HasilaError(f'{where}: "confidence" must be a number from 0 to 1, found {value!r}')
    return float(value)

"""Label Studio's JSON: a list of tasks with data, annotations and predictions.

The labelling config that fits what is written here:

    <View>
      <Labels name="label" toName="text">
        <Label value="ACTOR"/><Label value="LOCATION"/><Label value="NUMBER"/>
      </Labels>
      <Text name="text" value="$text"/>
    </View>

Label Studio writes each region's text beside its offsets, so offsets that a browser counted in
UTF-16 units are found out and converted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import HasilaError
from ..files import atomic_text
from ..jsonl import Located, dumped, parsed
from ..types import PredictedSpan, Report, Span
from .common import RECORD, Losses, at_code_points, count, record_beside, report_beside, whole_text

_LABELS, _TEXT = "label", "text"


def read_label_studio(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of a Label Studio export ("JSON"), which is read at once.

    Of several annotations of a task the last that was not cancelled counts; predictions do not.

    Raises:
        HasilaError: the file is no list of tasks, or a region's text is not at its offsets.
    """
    text = whole_text(path)
    tasks = parsed(text, str(path)) if text.strip() else []
    if not isinstance(tasks, list):
        raise HasilaError(f"{path}: no list of tasks; export from Label Studio as JSON")
    for number, task in enumerate(tasks, 1):
        yield Located(str(path), 0, _report(task, f"{path}: task {number}", losses))


def _report(task: Any, where: str, losses: Losses) -> Report:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict) or not isinstance(text := data.get("text"), str):
        raise HasilaError(f'{where}: "data" needs a string "text"')
    try:
        drafts = [a for a in task.get("annotations") or () if not a.get("was_cancelled")]
        count(losses, "annotations of a task beside its last, left out", len(drafts) - 1)
        results = drafts[-1]["result"] if drafts else []
        identifier = str(data.get("id") or task.get("id") or where.rpartition(" ")[2])
        spans = [span for region in results for span in _spans(region, text, where, losses)]
    except (AttributeError, KeyError, TypeError) as error:
        raise HasilaError(f"{where}: its annotations are damaged ({error!r})") from error
    meta = {key: value for key, value in data.items() if key not in ("text", RECORD)}
    record = data.get(RECORD)
    return report_beside(text, spans, record, where, losses, identifier=identifier, meta=meta)


def _spans(region: Any, text: str, where: str, losses: Losses) -> Iterator[Span]:
    """The span of a region: of its labels the first."""
    if region["type"] not in ("labels", "hypertextlabels"):
        count(losses, f"regions of type {region['type']}, left out", 1)
        return
    value = region["value"]
    count(losses, "further labels of a region, left out", len(value["labels"]) - 1)
    match value:
        case {"start": int(start), "end": int(end), "labels": [str(label), *_]}:
            span = Span(start, end, label)
        case _:
            raise HasilaError(f"{where}: a region has no start, end and labels: {value}")
    surface = value.get("text")
    yield at_code_points(text, span, surface, where, losses) if isinstance(surface, str) else span


def write_label_studio(
    path: Path,
    reports: Iterable[Report],
    losses: Losses,  # noqa: ARG001
    model: str | None = None,
) -> int:
    """Write reports as tasks that Label Studio imports; return how many.

    With a ``model`` the spans are its predictions, pre-annotations to correct: each with its
    confidence as score, the task with the lowest of them, so that the unsure come first.
    """
    total = 0
    with atomic_text(path) as stream:
        stream.write("[")
        for total, report in enumerate(reports, 1):
            stream.write(",\n" if total > 1 else "\n")
            stream.write(dumped(_task(report, model)))
        stream.write("\n]\n")
    return total


def _task(report: Report, model: str | None) -> dict[str, Any]:
    result = [_region(i, span, report.text) for i, span in enumerate(report.spans, 1)]
    data = {"text": report.text, RECORD: record_beside(report)}
    if model is None:
        return {"data": data, "annotations": [{"result": result}]}
    scores = [span.confidence for span in report.spans if isinstance(span, PredictedSpan)]
    prediction = {"model_version": model, "score": min(scores, default=1.0), "result": result}
    return {"data": data, "predictions": [prediction]}


def _region(number: int, span: Span, text: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "id": f"s{number}",
        "from_name": _LABELS,
        "to_name": _TEXT,
        "type": "labels",
        "value": {
            "start": span.start,
            "end": span.end,
            "text": text[span.start : span.end],
            "labels": [span.label],
        },
    }
    return region | ({"score": span.confidence} if isinstance(span, PredictedSpan) else {})

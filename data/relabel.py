"""Label maps: other corpora's labels as ours, from small YAML files.

A map says for every label of the corpus which of ours it is, or ``drop`` (its spans say nothing we
label) or ``mask`` (its spans may hold what we label: they are no evidence either way). Labels of
ours that the corpus never annotates stand under ``unannotated``. Masked stretches and unannotated
labels go to ``Report.meta`` (``masked``: offsets, ``unannotated``: labels), for training to leave
them out. Of spans that lie within each other the outermost is kept, after mapping. Marks at the
edges of a span, which our guidelines leave outside, are cut off.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from .config import Section, checked, read_tree
from .errors import HasilaError
from .formats.common import Losses
from .types import Label, PredictedSpan, Report, Span
from .words import without_marks, words

SHIPPED = Path(__file__).parent / "label_maps"


class LabelMap(Section):
    """What a label of another corpus becomes."""

    labels: dict[str, Literal[Label, "drop", "mask"]]
    unannotated: list[Label] = Field(default=[])

    _file: str = PrivateAttr("the label map")  # for errors


def load_label_map(name: str) -> LabelMap:
    """A label map that ships, by its name, or any by its file.

    Raises:
        HasilaError: there is no such map, or the file is none.
    """
    path, tree = read_tree(LabelMap, name, SHIPPED)
    found = checked(LabelMap, tree, str(path))
    found._file = str(path)
    return found


def relabelled(reports: Iterable[Report], label_map: LabelMap, losses: Losses) -> Iterator[Report]:
    """Reports with our labels; what is dropped, masked or inside another span is counted.

    Raises:
        HasilaError: a label is not in the map.
    """
    for report in reports:
        spans: list[Span] = []
        masked: list[tuple[int, int]] = []
        for span in report.spans:
            match label_map.labels.get(span.label):
                case None:
                    raise HasilaError(
                        f"report {report.id}: its label {span.label!r} is not in "
                        f"{label_map._file}, which has {', '.join(label_map.labels)}; add it there "
                        "(of a map that ships, to a copy): one of ours, drop or mask"
                    )
                case "drop":
                    losses[f"{span.label} spans dropped"] += 1
                case "mask":
                    losses[f"{span.label} spans masked"] += 1
                    masked.append(span.offsets)
                case label:
                    spans += _ours(report.text, span, label, losses)
        meta: dict[str, Any] = dict(report.meta)
        if masked:
            meta["masked"] = [list(offsets) for offsets in masked]
        if label_map.unannotated:
            meta["unannotated"] = list(label_map.unannotated)
        yield replace(report, spans=tuple(outermost(spans, losses)), meta=meta)


def _ours(text: str, span: Span, label: Label, losses: Losses) -> Iterator[Span]:
    """A span with our label and without marks at its edges; none of one that is all marks.

    A span that the text does not hold stays as it is, for those who read on to refuse.
    """
    if not 0 <= span.start <= span.end <= len(text):
        yield replace(span, label=label)
        return
    inside = [(span.start + a, span.start + b) for a, b in words(text[span.start : span.end])]
    if trimmed := without_marks(text, inside):
        start, end = trimmed
        if (start, end) != span.offsets:
            losses[f"{span.label} spans trimmed to their words"] += 1
        moved = replace(span, start=start, end=end, label=label)
        if isinstance(moved, PredictedSpan):
            moved = replace(moved, surface=text[start:end])
        yield moved
    else:
        losses[f"{span.label} spans of marks alone, left out"] += 1


def outermost(spans: Iterable[Span], losses: Losses) -> Iterator[Span]:
    """Spans in order, without those that lie in or overlap one that begins before or is longer."""
    end = -math.inf
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start < end:
            losses[f"{span.label} spans inside another, left out"] += 1
            continue
        yield span
        end = span.end

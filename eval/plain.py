"""An evaluation as plain values, for JSON."""

from dataclasses import asdict
from typing import Any

from .calibration import Calibration
from .cases import Case
from .certainty import Intervals
from .errors import SpanError
from .evaluation import Breakdown, Evaluation
from .scores import ratios


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """All figures, and every error with its surfaces, as plain values."""
    ceiling = evaluation.ceiling
    return {
        "stamp": asdict(evaluation.stamp),
        "scores": evaluation.scores.to_dict(),
        "intervals": {
            "micro": _ends(evaluation.micro),
            "macro": _ends(evaluation.macro),
            "labels": {n: _ends(found) for n, found in evaluation.labels.intervals.items()},
        },
        "strategies": {name: found.to_dict() for name, found in evaluation.strategies.items()},
        "seqeval": asdict(evaluation.seqeval),
        "errors": {
            "counts": evaluation.error_counts,
            "list": [_error(case, error) for case, error in evaluation.errors],
        },
        "confusion": [
            {"gold": gold, "predicted": predicted, "spans": spans}
            for (gold, predicted), spans in sorted(evaluation.confusion.items())
        ],
        "breakdowns": {b.table.facet.name: _groups(b) for b in evaluation.breakdowns},
        "calibration": _calibration(evaluation.calibration, evaluation.min_precision),
        "ceiling": ceiling
        and {
            **ceiling.scores.to_dict(),
            "interval": _ends(ceiling.interval),
            "reports": ceiling.reports,
            "scored": ceiling.scored,
        },
        "runs": evaluation.runs and asdict(evaluation.runs),
    }


def _ends(found: Intervals) -> dict[str, list[float]]:
    return {name: list(interval) for name, interval in found._asdict().items()}


def _groups(breakdown: Breakdown) -> list[dict[str, Any]]:
    table = breakdown.table
    return [
        {
            "group": name,
            "reports": table.reports[name],
            **ratios(counts),
            **asdict(counts),
            "intervals": _ends(found) if (found := breakdown.intervals.get(name)) else None,
        }
        for name, counts in table.scores.labels.items()
    ]


def _error(case: Case, error: SpanError) -> dict[str, Any]:
    gold, predicted = (
        [
            {"start": s.start, "end": s.end, "label": s.label, "surface": case.report.surface(s)}
            for s in spans
        ]
        for spans in (error.gold, error.predicted)
    )
    return {"report": case.report.id, "kind": error.kind, "gold": gold, "predicted": predicted}


def _calibration(found: Calibration | None, min_precision: float) -> dict[str, Any] | None:
    if found is None:
        return None
    review = found.review_threshold(min_precision)
    return {
        "ece": found.ece,
        "temperature": found.temperature,
        "ece_scaled": found.ece_scaled,
        "bins": [asdict(b) for b in found.bins],
        "thresholds": [
            {"confidence": t.confidence, "kept": t.counts.predicted, **ratios(t.counts)}
            for t in found.table()
        ],
        "min_precision": min_precision,
        "review": review and {"confidence": review.confidence, **ratios(review.counts)},
    }

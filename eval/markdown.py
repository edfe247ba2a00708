"""An evaluation as Markdown, for a README or a pull request."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from ..data.errors import counted
from ..data.jsonl import writable
from .certainty import Interval, Intervals
from .errors import NONE
from .evaluation import FEWEST_REPORTS, Breakdown, Evaluation
from .matching import STRATEGIES
from .scores import Ratios
from .stamp import Stamp

EXAMPLES = 3
"""Errors of a kind that Markdown shows; JSON and HTML have them all."""

_ISOLATE, _POP = "\u2068", "\u2069"  # keep Arabic from turning the words around it


def to_markdown(evaluation: Evaluation) -> str:
    """The figures as Markdown tables, with a few errors of each kind."""
    parts = [
        f"# Evaluation of {_plain(evaluation.stamp.system)}",
        f"Matching: {evaluation.stamp.matching}. In brackets 95 % bootstrap intervals; a group "
        f"of fewer than {FEWEST_REPORTS} reports has none.",
        _label_table(evaluation),
        *_beside(evaluation),
        "## Matching strategies",
        _rows(
            ["strategy", "a match is", "precision", "recall", "F1"],
            (
                [s.name, s.summary, *_percents(evaluation.strategies[s.name].micro)]
                for s in STRATEGIES
            ),
        ),
        _seqeval(evaluation),
        "## Errors",
        _rows(
            ["kind", "errors", "examples (gold → predicted)"],
            (
                [kind, f"{count:,}", "; ".join(_examples(evaluation, kind))]
                for kind, count in evaluation.error_counts.items()
            ),
        ),
        "## Confusion (rows gold, columns predicted)",
        _confusion(evaluation),
        *(
            f"## {_plain(breakdown.table.facet.title)}\n\n{_breakdown(breakdown)}"
            for breakdown in evaluation.breakdowns
        ),
        "## Calibration",
        _calibration_text(evaluation),
        "## Protocol",
        _rows(["what", "value"], (map(_plain, row) for row in stamp_rows(evaluation.stamp))),
    ]
    return writable("\n\n".join(parts) + "\n")


def stamp_rows(stamp: Stamp) -> Iterator[tuple[str, str]]:
    """The protocol as rows of a name and a value."""
    yield "system", stamp.system
    yield "weights", stamp.weights
    for file in stamp.data:
        size = f"{counted(file.reports, 'report')}, {counted(file.spans, 'span')}"
        yield file.role, f"{file.name}, {size}, SHA-256 {file.sha256}"
    yield "split", stamp.split
    yield "matching", stamp.matching
    yield "label map", stamp.label_map
    yield "decoding", stamp.decoding
    yield from stamp.loss_rows()
    yield "bootstrap", f"{stamp.rounds:,} rounds over reports, seed {stamp.seed}"
    yield "versions", ", ".join(f"{name} {number}" for name, number in stamp.versions.items())
    yield "command", stamp.command


def _label_table(evaluation: Evaluation) -> str:
    sides = evaluation.labels.intervals
    rows = [
        [
            _plain(name),
            *_percents(counts, sides.get(name)),
            f"{counts.gold:,}",
            f"{counts.predicted:,}",
        ]
        for name, counts in evaluation.scores.labels.items()
    ]
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    total = [f"{micro.gold:,}", f"{micro.predicted:,}"]
    rows.append(["**micro**", *_percents(micro, evaluation.micro), *total])
    rows.append(["**macro**", *_percents(macro, evaluation.macro), "", ""])
    return _rows(["label", "precision", "recall", "F1", "gold", "predicted"], rows)


def _beside(evaluation: Evaluation) -> Iterator[str]:
    """What the scores are to be seen beside."""
    if evaluation.runs is not None:
        yield f"Micro F1 over {evaluation.runs}; all other figures are the first run's."
    if (ceiling := evaluation.ceiling) is not None:
        f1 = _percents(ceiling.scores.micro, ceiling.interval)[2]
        yield f"Two annotators agree at strict F1 {f1} on {ceiling.on}."


def _seqeval(evaluation: Evaluation) -> str:
    found = evaluation.seqeval
    line = f"seqeval, strict IOB2 over words: {', '.join(_percents(found))} (P, R, F1)"
    lost = found.lost_gold, found.lost_predicted
    if any(lost):
        line += f"; its tags cannot express {lost[0]:,} gold and {lost[1]:,} predicted spans"
    return line + "."


def _examples(evaluation: Evaluation, kind: str) -> Iterator[str]:
    shown = [found for found in evaluation.errors if found[1].kind == kind][:EXAMPLES]
    for case, error in shown:
        sides = (
            " + ".join(
                f"{_ISOLATE}{_plain(case.report.surface(s))}{_POP} {_plain(s.label)}" for s in spans
            )
            or "–"
            for spans in (error.gold, error.predicted)
        )
        yield " → ".join(sides)


def confusion_labels(evaluation: Evaluation) -> list[str]:
    """The rows and columns of the confusion matrix: the labels, then `NONE`."""
    return [*evaluation.scores.labels, NONE]


def _confusion(evaluation: Evaluation) -> str:
    names = confusion_labels(evaluation)
    return _rows(
        ["", *map(_plain, names)],
        (
            [_plain(row), *(f"{evaluation.confusion[row, column]:,}" for column in names)]
            for row in names
        ),
    )


def _breakdown(breakdown: Breakdown) -> str:
    table = breakdown.table
    return _rows(
        ["", "precision", "recall", "F1", "gold", "predicted", "reports"],
        (
            [
                _plain(name),
                *_percents(counts, breakdown.intervals.get(name)),
                f"{counts.gold:,}",
                f"{counts.predicted:,}",
                f"{table.reports[name]:,}",
            ]
            for name, counts in table.scores.labels.items()
        ),
    )


def _calibration_text(evaluation: Evaluation) -> str:
    found = evaluation.calibration
    if found is None:
        return "The predictions carry no confidence."
    text = (
        f"Expected calibration error {found.ece:.3f} over {counted(found.spans, 'span')}; "
        f"{found.ece_scaled:.3f} after temperature scaling, each half of the reports scaled by "
        f"the other (on all of them T = {found.temperature:.2f}). "
    )
    review = found.review_threshold(evaluation.min_precision)
    target = f"{100 * evaluation.min_precision:g} %"
    if review is None:
        return text + f"No confidence threshold reaches a precision of {target}."
    return text + (
        f"A precision of {target} is reached by the {counted(review.counts.predicted, 'span')} "
        f"with a confidence of at least {review.confidence:.4f}: recall "
        f"{100 * review.counts.recall:.1f}."
    )


def _percents(of: Ratios, within: Intervals | None = None) -> list[str]:
    sides: Sequence[Interval | None] = within or [None] * 3
    return [
        f"{100 * value:.1f}" + (f" [{100 * side.low:.1f}, {100 * side.high:.1f}]" if side else "")
        for value, side in zip((of.precision, of.recall, of.f1), sides, strict=True)
    ]


def _rows(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are Markdown: text of others goes through `_plain` first."""
    lines = ["| " + " | ".join(header) + " |", "|" + ":--|" + "--:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that stays in its line and cell and becomes no markup.

    What shows it may still link a bare address; that opens nothing by itself.
    """
    flat = escape(" ".join(text.split()), quote=False)
    return re.sub(r"[\\`*_\[\]~|$]", r"\\\g<0>", flat)

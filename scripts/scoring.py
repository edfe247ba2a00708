"""What the scoring commands share: their options, what they print and what they write."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from .console import out

if TYPE_CHECKING:
    from ..data.formats import Losses
    from ..data.types import Report
    from ..eval import DataFile, Evaluation, Pairing, Stamp
    from ..eval.certainty import Interval
    from ..eval.scores import Ratios

Html = Annotated[Path | None, typer.Option(help="Write the report with its error browser here.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write all figures and errors here.")]
Markdown = Annotated[Path | None, typer.Option(help="Write the figures as Markdown here.")]
Training = Annotated[
    list[Path] | None,
    typer.Option("--train", help="Reports it was trained on: tells seen surfaces from unseen."),
]
Annotators = Annotated[
    tuple[Path, Path] | None,
    typer.Option(help="The same reports as two people annotated them: the human ceiling."),
]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help="Break down by this field of the reports too."),
]
MinPrecision = Annotated[
    float, typer.Option(min=0, max=1, help="The precision the review threshold is to reach.")
]
From = Annotated[
    str | None,
    typer.Option("--from", help="Format of the predictions; told from the file by default."),
]
LabelMap = Annotated[
    str | None,
    typer.Option(help="Rename the predictions' labels: a map that ships, or a YAML file."),
]
Rounds = Annotated[int, typer.Option(min=100, help="Resamples of the bootstrap.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")]


def load(
    role: str, paths: Sequence[Path], read: "Callable[[list[Path]], Iterable[Report]] | None" = None
) -> "tuple[list[Report], tuple[DataFile, ...]]":
    """The reports of files in any format, and the files' stamps."""
    from ..data.formats import open_reports
    from ..eval import DataFile

    reports: list[Report] = []
    stamps = []
    for path in paths:
        inside = list(read([path]) if read else (found.report for found in open_reports([path])))
        stamps.append(DataFile.of(role, path, inside))
        reports += inside
    return reports, tuple(stamps)


def load_system(
    role: str, path: Path, name: str | None, label_map: str | None, losses: "Losses"
) -> "tuple[list[Report], tuple[DataFile, ...]]":
    """A system's predictions, their labels renamed if asked for, and the file's stamp."""
    from ..data.relabel import load_label_map, relabelled
    from ..eval import read_predictions

    reports, stamps = load(role, [path], lambda paths: read_predictions(paths, name, losses))
    if label_map is not None:
        reports = list(relabelled(reports, load_label_map(label_map), losses))
    return reports, stamps


def measure(
    pairing: "Pairing",
    stamp: "Stamp",
    training: list[Path] | None,
    annotators: tuple[Path, Path] | None,
    fields: list[str] | None,
    **settings: Any,
) -> "Evaluation":
    """Evaluate, with the files that the options name read and stamped."""
    from dataclasses import replace

    from ..eval import evaluate
    from ..eval.evaluation import FIELDS

    trained_on, training_files = load("training", training or ())
    first, first_file = load("first annotator", (annotators or ())[:1])
    second, second_file = load("second annotator", (annotators or ())[1:])
    return evaluate(
        pairing,
        replace(stamp, data=stamp.data + training_files + first_file + second_file),
        training=trained_on if training else None,
        annotators=(first, second) if annotators else None,
        fields=tuple(dict.fromkeys([*FIELDS, *(fields or ())])),
        **settings,
    )


def show(evaluation: "Evaluation") -> None:
    """Print the scores, the errors by kind and what stands beside them."""
    table = Table("label", title=f"strict scores, {len(evaluation.cases):,} reports")
    for name in ("precision", "recall", "F1", "95 %", "gold", "predicted"):
        table.add_column(name, justify="right")
    for name, counts in evaluation.scores.labels.items():
        within = evaluation.labels.intervals.get(name)
        row = [*_percents(counts), _range(within.f1 if within else None)]
        table.add_row(name, *row, f"{counts.gold:,}", f"{counts.predicted:,}")
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    table.add_section()
    sizes = f"{micro.gold:,}", f"{micro.predicted:,}"
    table.add_row("micro", *_percents(micro), _range(evaluation.micro.f1), *sizes)
    table.add_row("macro", *_percents(macro), _range(evaluation.macro.f1), "", "")
    out.print(table)
    kinds = (f"{kind} {count:,}" for kind, count in evaluation.error_counts.items() if count)
    out.print(f"errors: {', '.join(kinds) or 'none'}", soft_wrap=True)
    for name, count in evaluation.stamp.losses.items():
        if count:
            out.print(f"{name}: {count:,}")
    if (ceiling := evaluation.ceiling) is not None:
        f1, ends = 100 * ceiling.scores.micro.f1, _range(ceiling.interval.f1)
        out.print(f"two annotators: F1 {f1:.1f} ({ends}) on {ceiling.reports:,} reports")
    if (calibration := evaluation.calibration) is not None:
        review = calibration.review_threshold(evaluation.min_precision)
        reached = (
            "no confidence reaches it"
            if review is None
            else f"confidence {review.confidence:.4f}, recall {100 * review.counts.recall:.1f}"
        )
        out.print(f"calibration error {calibration.ece:.3f}; ", end="")
        out.print(f"precision {100 * evaluation.min_precision:g}: {reached}")


def write(
    evaluation: "Evaluation", html: Path | None, json_to: Path | None, markdown: Path | None
) -> None:
    """Write the outputs that were asked for, and say where they are."""
    from ..data.files import atomic_text
    from ..eval import to_dict, to_html, to_markdown

    def as_json(found: "Evaluation") -> str:
        return json.dumps(to_dict(found), ensure_ascii=False, indent=2) + "\n"

    renderers: list[tuple[Path | None, Callable[[Evaluation], str]]] = [
        (html, to_html),
        (json_to, as_json),
        (markdown, to_markdown),
    ]
    for path, render in renderers:
        if path is not None:
            with atomic_text(path) as stream:
                stream.write(render(evaluation))
            out.print(f"written: {path}", markup=False, soft_wrap=True)


def _percents(of: "Ratios") -> list[str]:
    return [f"{100 * value:.1f}" for value in (of.precision, of.recall, of.f1)]


def _range(within: "Interval | None") -> str:
    return f"{100 * within.low:.1f}–{100 * within.high:.1f}" if within else ""

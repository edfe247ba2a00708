"""What the scoring commands share: their options, what they print and what they write."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ..data.errors import counted
from .console import out, plain

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


def require_files(outputs: Mapping[str, Path | None], read: Iterable[Path]) -> None:
    """Refuse now what could not be read or written in the end, or would be written over.

    Raises:
        HasilaError: there is such an input or output.
    """
    from ..data.files import require_apart, require_writable
    from ..data.formats import files_of

    written = {option: path for option, path in outputs.items() if path}
    for path in written.values():
        require_writable(path)
    require_apart(files_of(read), written)


def load_gold(
    paths: Sequence[Path], losses: "Losses", by: Sequence[str] | None = None
) -> "tuple[list[Report], tuple[DataFile, ...]]":
    """The reports to score on and their files' stamps.

    Raises:
        HasilaError: there are no reports, or none has a field of ``by``.
    """
    from ..eval.breakdown import require_fields

    reports, stamps = _load("gold", paths, losses)
    require_fields(reports, by or ())
    return reports, stamps


def load_system(
    role: str,
    path: Path,
    gold: "Sequence[Report]",
    losses: "Losses",
    *,
    name: str | None,
    label_map: str | None,
) -> "tuple[Pairing, tuple[DataFile, ...]]":
    """A system's predictions, their labels renamed if asked for, with the gold reports they are of.

    Returns:
        The pairs, and the stamp of the file.
    """
    from dataclasses import replace

    from ..data.formats import Losses
    from ..data.relabel import load_label_map, relabelled
    from ..eval import pair, read_predictions
    from ..eval.stamp import said_of

    found, stamps = _load(role, [path], losses, lambda p, lost: read_predictions([p], name, lost))
    if label_map is not None:
        # What marks a span has at its edges, its text tells; predictions may come without.
        texts = {report.id: report.text for report in gold}
        whole = (replace(r, text=r.text or texts.get(r.id, "")) for r in found)
        lost = Losses()
        found = list(relabelled(whole, load_label_map(label_map), lost))
        losses.update(said_of(role, lost))
    return pair(gold, found), stamps


def _annotated(path: Path, losses: "Losses") -> "Iterable[Report]":
    from ..data.formats import open_reports

    return (located.report for located in open_reports([path], None, losses))


def _load(
    role: str,
    paths: Sequence[Path],
    losses: "Losses",
    read: "Callable[[Path, Losses], Iterable[Report]]" = _annotated,
) -> "tuple[list[Report], tuple[DataFile, ...]]":
    """The reports of files in any format, and the files' stamps; losses under the files' role."""
    from ..data.formats import Losses
    from ..eval import DataFile
    from ..eval.stamp import said_of

    reports: list[Report] = []
    stamps = []
    for path in paths:
        lost = Losses()
        inside = list(read(path, lost))
        losses.update(said_of(role, lost))
        stamps.append(DataFile.of(role, path, inside))
        reports += inside
    return reports, tuple(stamps)


def measure(
    pairings: "Sequence[Pairing]",
    stamp: "Stamp",
    training: list[Path] | None,
    annotators: tuple[Path, Path] | None,
    fields: list[str] | None,
    **settings: Any,
) -> "Evaluation":
    """Evaluate the first of a system's runs, with the files that the options name stamped."""
    from dataclasses import replace

    from ..data.formats import Losses
    from ..eval import evaluate
    from ..eval.evaluation import FIELDS

    losses = Losses(stamp.losses)
    trained_on, training_files = _load("training", training or (), losses)
    first, first_file = _load("first annotator", (annotators or ())[:1], losses)
    second, second_file = _load("second annotator", (annotators or ())[1:], losses)
    data = stamp.data + training_files + first_file + second_file
    return evaluate(
        pairings[0],
        replace(stamp, data=data, losses=losses),
        others=pairings[1:],
        training=trained_on if training else None,
        annotators=(first, second) if annotators else None,
        fields=tuple(dict.fromkeys([*FIELDS, *(fields or ())])),
        **settings,
    )


def show(evaluation: "Evaluation") -> None:
    """Print the scores, the errors by kind and what stands beside them."""
    table = Table("label", title=f"strict scores, {counted(len(evaluation.cases), 'report')}")
    for name in ("precision", "recall", "F1", "95 %", "gold", "predicted"):
        table.add_column(name, justify="right")
    for name, counts in evaluation.scores.labels.items():
        within = evaluation.labels.intervals.get(name)
        row = [*_percents(counts), _range(within.f1 if within else None)]
        table.add_row(plain(name), *row, f"{counts.gold:,}", f"{counts.predicted:,}")
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    table.add_section()
    sizes = f"{micro.gold:,}", f"{micro.predicted:,}"
    table.add_row("micro", *_percents(micro), _range(evaluation.micro.f1), *sizes)
    table.add_row("macro", *_percents(macro), _range(evaluation.macro.f1), "", "")
    out.print(table)
    kinds = (f"{kind} {count:,}" for kind, count in evaluation.error_counts.items() if count)
    out.print(f"errors: {', '.join(kinds) or 'none'}", soft_wrap=True)
    show_losses(evaluation.stamp)
    if evaluation.runs is not None:
        files = [file.name for file in evaluation.stamp.data if file.role.startswith("run ")]
        for file, f1 in zip(files, evaluation.runs.values, strict=True):
            out.print(plain(f"{file}: micro F1 {100 * f1:.2f}"), soft_wrap=True)
        out.print(str(evaluation.runs), soft_wrap=True)
    if (ceiling := evaluation.ceiling) is not None:
        f1, ends = 100 * ceiling.scores.micro.f1, _range(ceiling.interval.f1)
        out.print(f"two annotators: F1 {f1:.1f} ({ends}) on {ceiling.on}", soft_wrap=True)
    if (calibration := evaluation.calibration) is not None:
        review = calibration.review_threshold(evaluation.min_precision)
        reached = (
            "no confidence reaches it"
            if review is None
            else f"confidence {review.confidence:.4f}, recall {100 * review.counts.recall:.1f}"
        )
        out.print(f"calibration error {calibration.ece:.3f}; ", end="")
        out.print(f"precision {100 * evaluation.min_precision:g}: {reached}")


def show_losses(stamp: "Stamp") -> None:
    """Print what was lost, the ids of lost reports among it."""
    for what, times in stamp.loss_rows():
        if stamp.losses[what]:
            out.print(plain(f"{what}: {times}"), soft_wrap=True)


def write(
    evaluation: "Evaluation", html: Path | None, json_to: Path | None, markdown: Path | None
) -> None:
    """Write the outputs that were asked for, and say where they are."""
    from ..data.jsonl import dumped
    from ..eval import to_dict, to_html, to_markdown

    def as_json(found: "Evaluation") -> str:
        return dumped(to_dict(found), indent=2) + "\n"

    renderers: list[tuple[Path | None, Callable[[Evaluation], str]]] = [
        (html, to_html),
        (json_to, as_json),
        (markdown, to_markdown),
    ]
    for path, render in renderers:
        if path is not None:
            write_text(path, render(evaluation))


def write_text(path: Path, content: str) -> None:
    """Write an output, all or nothing, and say where it is."""
    from ..data.files import atomic_text

    with atomic_text(path) as stream:
        stream.write(content)
    out.print(f"written: {path}", markup=False, soft_wrap=True)


def _percents(of: "Ratios") -> list[str]:
    return [f"{100 * value:.1f}" for value in (of.precision, of.recall, of.f1)]


def _range(within: "Interval | None") -> str:
    return f"{100 * within.low:.1f}–{100 * within.high:.1f}" if within else ""

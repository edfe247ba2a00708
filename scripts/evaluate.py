"""``hasila evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import err, quiet_libraries
from .scoring import (
    Annotators,
    By,
    Html,
    Json,
    Markdown,
    MinPrecision,
    Rounds,
    Seed,
    Training,
    load_gold,
    measure,
    require_files,
    show,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..data.types import Prediction, Report
    from ..model import Extractor

_AT_ONCE = 128
"""Texts a call of the extractor gets: enough to fill batches, few enough to show progress."""


def evaluate(
    model: Annotated[Path, typer.Argument(help="A checkpoint folder, or `shipped`.")],
    *,
    reports: Annotated[list[Path], typer.Option(help="The annotated reports to score it on.")],
    html: Html = None,
    json_to: Json = None,
    markdown: Markdown = None,
    train: Training = None,
    annotators: Annotators = None,
    by: By = None,
    min_precision: MinPrecision = 0.95,
    rounds: Rounds = 10_000,
    seed: Seed = 0,
) -> None:
    """Predict annotated reports with a checkpoint, and score what it finds."""
    from ..data.formats import Losses
    from ..data.provenance import file_sha256
    from ..data.types import Report
    from ..eval import Stamp, pair
    from ..model import Extractor, checkpoint_path, weights_path

    folder = checkpoint_path(model)
    read = [*reports, *(train or ()), *(annotators or ())]
    require_files({"--html": html, "--json": json_to, "--markdown": markdown}, read)
    losses = Losses()
    gold, files = load_gold(reports, losses, by)
    quiet_libraries()
    extractor = Extractor.load(folder)
    found = list(_predict(extractor, gold))
    losses["words that were cut to their head"] = sum(one.cut_words for one in found)
    stamp = Stamp(
        system=model.name,
        weights=f"SHA-256 {file_sha256(weights_path(folder))}",
        data=files,
        split=", ".join(dict.fromkeys(path.name.split(".")[0] for path in reports)),
        decoding=(
            "first piece of a word decides; Viterbi over valid IOB2; marks at a span's edges left "
            "outside; windows of "
            f"{extractor.metadata.window_pieces} pieces, stride {extractor.metadata.stride}; "
            "confidence is the lowest probability of the span's tags, at temperature "
            f"{extractor.metadata.temperature:g}; computed in {extractor.numbers}"
        ),
        losses=losses,
    )
    predicted = (
        Report(report.id, report.text, one.spans) for report, one in zip(gold, found, strict=True)
    )
    evaluation = measure(
        [pair(gold, predicted)],
        stamp,
        train,
        annotators,
        by,
        min_precision=min_precision,
        rounds=rounds,
        seed=seed,
    )
    show(evaluation)
    write(evaluation, html, json_to, markdown)


def _predict(extractor: "Extractor", reports: "list[Report]") -> "Iterator[Prediction]":
    from rich.progress import track

    starts = range(0, len(reports), _AT_ONCE)
    for start in track(starts, "predicting", console=err, transient=True):
        yield from extractor.extract([r.text for r in reports[start : start + _AT_ONCE]])

"""``hasila score``."""

from pathlib import Path
from typing import Annotated

import typer

from .console import out
from .scoring import (
    Annotators,
    By,
    From,
    Html,
    Json,
    LabelMap,
    Markdown,
    MinPrecision,
    Rounds,
    Seed,
    Training,
    load,
    load_system,
    measure,
    show,
    write,
)


def score(
    gold: Annotated[Path, typer.Argument(help="The annotated reports.")],
    predictions: Annotated[
        list[Path],
        typer.Argument(help="What a system found in them; several files are several seeds."),
    ],
    *,
    from_: From = None,
    label_map: LabelMap = None,
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
    """Score any system's predictions; of several files, mean and spread, and the first in full."""
    from ..data.formats import Losses
    from ..eval import Stamp, pair, spread
    from ..eval import score as strict_score

    reports, gold_file = load("gold", [gold])
    losses = [Losses() for _ in predictions]
    systems = [
        load_system("predictions", path, from_, label_map, lost)
        for path, lost in zip(predictions, losses, strict=True)
    ]
    pairings = [pair(reports, found) for found, _ in systems]
    stamp = Stamp(
        system=predictions[0].name,
        data=gold_file + systems[0][1],
        split=gold.name.split(".")[0],
        label_map=label_map or "none",
        losses=losses[0],
    )
    evaluation = measure(
        pairings[0],
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
    if len(pairings) > 1:
        spans = [report.spans for report in reports]
        found = [
            strict_score(spans, [case.predicted for case in pairing.cases]).micro.f1
            for pairing in pairings
        ]
        for path, f1 in zip(predictions, found, strict=True):
            out.print(f"{path}: micro F1 {100 * f1:.2f}", markup=False, soft_wrap=True)
        over = spread(found)
        out.print(
            f"{over.runs} runs: mean {100 * over.mean:.2f}, standard deviation "
            f"{100 * over.deviation:.2f}, from {100 * over.low:.2f} to {100 * over.high:.2f}"
        )

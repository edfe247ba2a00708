"""``hasila score``."""

from pathlib import Path
from typing import Annotated

import typer

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
    load_gold,
    load_system,
    measure,
    require_files,
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
    from ..eval import Stamp

    read = [gold, *predictions, *(train or ()), *(annotators or ())]
    require_files({"--html": html, "--json": json_to, "--markdown": markdown}, read)
    losses = Losses()
    reports, files = load_gold([gold], losses, by)
    pairings = []
    for number, path in enumerate(predictions, 1):
        role = f"run {number}" if len(predictions) > 1 else "predictions"
        pairing, file = load_system(role, path, reports, losses, name=from_, label_map=label_map)
        pairings.append(pairing)
        files += file
    stamp = Stamp(
        system=predictions[0].name,
        data=files,
        split=gold.name.split(".")[0],
        label_map=label_map or "none",
        losses=losses,
    )
    evaluation = measure(
        pairings,
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

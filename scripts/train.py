"""``hasila train``."""

import statistics
from typing import Annotated

import typer

from .console import out, quiet_libraries


def train(
    config: Annotated[
        str, typer.Option(help="A config file, or the bare name of a shipped one.")
    ] = "default",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a key: --set train.learning_rate=3e-5"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last complete epoch.")
    ] = False,
    seeds: Annotated[
        list[int] | None, typer.Option(help="Train once a seed: --seeds 0 1 2")
    ] = None,
    more_seeds: Annotated[list[int] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Train a tagger from a config; the best epoch on the dev reports becomes the checkpoint."""
    from accelerate import PartialState

    from ..train import load_config, train, train_seeds

    if more_seeds and not seeds:
        raise typer.BadParameter(f"unexpected {' '.join(map(str, more_seeds))}")
    quiet_libraries()
    run = load_config(config, set_ or ())
    if seeds:
        found = train_seeds(run, [*seeds, *(more_seeds or ())], resume=resume)
        lines = [
            f"seed {seed}: strict dev F1 {f1:.4f}   {run.output}/seed-{seed}"
            for seed, f1 in found.items()
        ]
        if len(found) > 1:
            values = list(found.values())
            lines.append(
                f"mean {statistics.mean(values):.4f}, standard deviation over seeds "
                f"{statistics.stdev(values):.4f}"
            )
    else:
        metadata = train(run, resume=resume)
        f1 = metadata.scores["dev"]["micro"]["f1"]
        lines = [f"strict dev F1 {f1:.4f}", f"checkpoint: {run.output}"]
    if PartialState().is_main_process:  # one process of a distributed run speaks for all
        out.print("\n".join(lines), markup=False, soft_wrap=True)

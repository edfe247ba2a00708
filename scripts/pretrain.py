"""``hasila pretrain``."""

from pathlib import Path
from typing import Annotated

import typer

from .console import err, out, quiet_libraries


def pretrain(
    texts: Annotated[
        list[Path],
        typer.Argument(help="Texts (.txt, .gz, .zst), one document a line; or packed corpora."),
    ],
    config: Annotated[
        str, typer.Option(help="A config file, or the bare name of a shipped one: gpu, cpu.")
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a key: --set train.pieces=50000000"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint.")
    ] = False,
) -> None:
    """Go on pre-training an encoder on raw texts; the result is an encoder to train from."""
    from ..train import load_pretrain_config, pretrain

    quiet_libraries()
    run = load_pretrain_config(config, set_ or ())
    result = pretrain(run, texts, resume=resume, console=err)
    before, after = (result["heldout"][when]["perplexity"] for when in ("before", "after"))
    out.print(f"held-out perplexity {before:,.2f} before, {after:,.2f} after")
    out.print(f"{result['pieces']:,} pieces at {result['pieces_per_second']:,} a second")
    out.print(f"encoder: {run.output}", markup=False, soft_wrap=True)

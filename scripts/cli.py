"""``hasila``: the command line. Each command parses, calls a room, prints."""

import os
import sys

import typer

from ..data.errors import HasilaError
from .agree import agree
from .benchmark import benchmark
from .build import build
from .check import check
from .compare import compare
from .console import err
from .convert import convert
from .coverage import coverage
from .evaluate import evaluate
from .pack import pack
from .predict import predict
from .pretrain import pretrain
from .quantize import quantize
from .score import score
from .show import show
from .stats import stats
from .train import train

app = typer.Typer(
    name="hasila",
    help="Who, where and how many: actors, locations and numbers in Arabic conflict reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Commands import what they run when they run, so that `hasila --help` is instant.
for command in (
    agree,
    benchmark,
    build,
    check,
    compare,
    convert,
    coverage,
    evaluate,
    pack,
    predict,
    pretrain,
    quantize,
    score,
    show,
    stats,
    train,
):
    app.command()(command)


def main() -> None:
    """Run the command line; a user's mistake ends in one line on stderr and status 2."""
    try:
        app()
    except HasilaError as error:
        err.print(f"hasila: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:  # `hasila … | head` closed the pipe: not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()

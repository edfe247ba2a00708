"""``hasila quantize``."""

from pathlib import Path
from typing import Annotated

import typer

from .console import out, quiet_libraries


def quantize(
    model: Annotated[Path, typer.Argument(help="A checkpoint folder.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")],
) -> None:
    """Write a checkpoint in a quarter of its room: weights as int8, each row with its scale.

    The model reads the reports that ship, to see how wide the inputs of its layers are.
    """
    from ..data import read_reports
    from ..data.config import SHIPPED_REPORTS
    from ..model import quantize_checkpoint, weights_path

    quiet_libraries()
    texts = [report.text for report in read_reports(SHIPPED_REPORTS / "train.jsonl")]
    quantize_checkpoint(model, output, texts)
    before, after = (weights_path(folder).stat().st_size for folder in (model, output))
    out.print(
        f"{output}: {after / 2**20:.1f} MiB of weights instead of {before / 2**20:.1f}; "
        "score it again before it replaces the other",
        markup=False,
        soft_wrap=True,
    )

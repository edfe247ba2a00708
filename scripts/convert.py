"""``hasila convert``: from one annotation format to another."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..data.errors import counted
from .console import err, out, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..data.types import Report


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A file, or a folder of files.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="A file, or a new folder.")],
    *,
    to: Annotated[str, typer.Option(help="Format of OUT.")] = "hasila",
    from_: Annotated[
        str | None, typer.Option("--from", help="Format of IN; told from the file by default.")
    ] = None,
    label_map: Annotated[
        str | None, typer.Option(help="A label map that ships (wojood, …), or a YAML file.")
    ] = None,
    pre_annotations: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="IN holds predictions of this model: write them for people to correct.",
        ),
    ] = None,
) -> None:
    """Convert annotated reports; say what the formats could not carry.

    Formats: hasila (JSONL), markup, conll, brat, doccano, label-studio, prodigy, inception,
    datasets.
    """
    from ..data.files import require_apart
    from ..data.formats import Losses, files_of, open_reports, pre_annotate, write_format
    from ..data.relabel import load_label_map, relabelled

    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")  # read when datasets loads
    require_apart(files_of([source], from_), {"the output": target})
    losses = Losses()
    reports: Iterator[Report] = (
        located.report for located in open_reports([source], from_, losses)
    )
    if label_map is not None:
        reports = relabelled(reports, load_label_map(label_map), losses)
    if pre_annotations is not None:
        count = pre_annotate(target, reports, to, pre_annotations, losses)
    else:
        count = write_format(target, reports, to, losses)
    out.print(f"{counted(count, 'report')}: {target}", markup=False, soft_wrap=True)
    for what, times in losses.most_common():
        err.print(plain(f"{what}: {times:,}"), style="yellow", soft_wrap=True)

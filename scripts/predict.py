"""``hasila predict``."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..data.files import atomic_text
from ..data.jsonl import report_from
from .console import err, out, quiet_libraries
from .show import show_reports

Tagged = tuple[dict[str, Any], int]


def predict(
    model: Annotated[Path, typer.Argument(help="A checkpoint: the folder `hasila train` wrote.")],
    inputs: Annotated[
        list[Path], typer.Argument(metavar="IN...", help="JSONL or .txt files, or folders of them.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="JSONL to write; without it a table is printed.")
    ] = None,
    text_field: Annotated[str, typer.Option(help="The field that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="The field that holds the id.")] = "id",
) -> None:
    """Find who, where and how many in articles."""
    from ..model import Extractor
    from ..predict import Rejected, predict_articles, read_articles

    quiet_libraries()
    extractor = Extractor.load(model)
    rejected: list[Rejected] = []
    rows = read_articles(inputs, text_field=text_field, id_field=id_field)
    with _progress() as progress:
        records = _counted(predict_articles(extractor, rows, rejected.append), progress)
        if output is None:
            found = [report_from(record, "prediction") for record in records]
        else:
            with atomic_text(output) as stream:
                for record in records:
                    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    for row in rejected:
        err.print(f"left out: {row}", style="yellow", markup=False, soft_wrap=True)
    if output is None:
        show_reports(found)
    else:
        out.print(f"{output}", markup=False, soft_wrap=True)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[articles]:,} articles, {task.fields[words]:,} words"),
        TextColumn("{task.fields[rate]:,.0f} words/s"),
        TimeElapsedColumn(),
        console=err,
    )


def _counted(tagged: Iterable[Tagged], progress: Progress) -> Iterator[dict[str, Any]]:
    task = progress.add_task("", articles=0, words=0, rate=0.0, total=None)
    total = 0
    for articles, (record, words) in enumerate(tagged, 1):
        yield record
        total += words
        rate = total / (progress.tasks[task].elapsed or 1)
        progress.update(task, articles=articles, words=total, rate=rate)

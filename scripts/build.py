"""``hasila build``: the reports that ship, from the batches people write."""

from pathlib import Path
from typing import Annotated

import typer

from ..data.errors import counted
from .console import out


def build(
    folder: Annotated[
        Path, typer.Argument(help="Where batches/*.txt lie and the parts go.")
    ] = Path("data/reports"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a part is not as built.")
    ] = False,
) -> None:
    """Check the annotated batches and split them into train, dev and test."""
    from ..data.corpus import read_batches, split, word_count
    from ..data.jsonl import read_reports, record_of, write_reports

    for part, reports in split(read_batches(folder / "batches")).items():
        path = folder / f"{part}.jsonl"
        if not check:
            write_reports(path, reports)
        elif not path.exists() or [*map(record_of, read_reports(path))] != [
            *map(record_of, reports)
        ]:
            out.print(f"{path} is not what the batches say: run `hasila build`", soft_wrap=True)
            raise typer.Exit(1)
        length = sum(word_count(report.text) for report in reports)
        sizes = counted(len(reports), "report"), counted(length, "word")
        out.print(f"{path}: {', '.join(sizes)}", soft_wrap=True)

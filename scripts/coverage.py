"""``hasila coverage``: which phenomena of the guidelines reports hold, and how often."""

from pathlib import Path
from typing import Annotated

import typer

from .console import out, plain


def coverage(
    paths: Annotated[list[Path], typer.Argument(help="Files of reports, or folders of them.")],
) -> None:
    """Count countries, events, manners and the phenomena of the guidelines; say what is rare."""
    from rich.table import Table

    from ..data.coverage import LEAST, coverage
    from ..data.formats import open_reports

    counts = coverage(located.report for located in open_reports(paths))
    for column, column_counts in counts.items():
        table = Table(column, "count", title=f"{column}: {len(column_counts)}")
        ordered = column_counts.items() if column == "phenomenon" else column_counts.most_common()
        for name, count in ordered:
            rare = column == "phenomenon" and count < LEAST
            table.add_row(plain(name), str(count), style="red" if rare else None)
        out.print(table)

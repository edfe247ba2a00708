"""``hasila stats``: what a set of reports holds."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ..data.errors import counted
from .console import out, plain


def stats(
    paths: Annotated[list[Path], typer.Argument(help="Files of reports, or folders of them.")],
    top: Annotated[int, typer.Option(min=0, help="How many surfaces of each label.")] = 15,
) -> None:
    """Count reports, words, spans, sources, countries, lengths and surfaces."""
    from rich.table import Column, Table

    from ..data.formats import open_reports
    from ..data.stats import stats

    found = stats(located.report for located in open_reports(paths))
    sizes = (len(found.lengths), "report"), (found.words, "word"), (found.labels.total(), "span")
    out.print(", ".join(counted(*size) for size in sizes))
    lengths = (f"{percentile} %: {words}" for percentile, words in found.percentiles.items())
    out.print("words a report, by percentile: " + ", ".join(lengths))
    for title, counts in (
        ("label", found.labels),
        ("source", found.sources),
        ("country", found.countries),
    ):
        table = Table(title, "spans" if title == "label" else "reports")
        for name, count in counts.most_common():
            table.add_row(plain(name), f"{count:,}")
        out.print(table)
    for label in sorted(found.labels):
        table = Table(Column(plain(f"{label}: most frequent")), "spans")
        of_label = (row for row in found.surfaces.most_common() if row[0][0] == label)
        for (_, surface), count in islice(of_label, top):
            table.add_row(plain(surface), f"{count:,}")
        out.print(table)

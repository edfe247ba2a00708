"""``hasila agree``: how far two annotations of the same reports agree."""

from pathlib import Path
from typing import Annotated

import typer

from ..data.errors import counted
from .console import out, plain


def agree(
    a: Annotated[Path, typer.Argument(help="One annotator's reports, in any format.")],
    b: Annotated[Path, typer.Argument(help="The other's, with the same ids.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave the list out.")] = False,
) -> None:
    """Strict span F1, kappa over words, and every disagreement in its context."""
    from rich.table import Table

    from ..data.formats import open_reports
    from ..eval.agreement import agreement
    from ..eval.cases import named

    found = agreement(*([located.report for located in open_reports([path])] for path in (a, b)))
    if not quiet:
        for disagreement in found.disagreements:
            out.print(plain(str(disagreement)), soft_wrap=True)
    table = Table("label", "strict F1", "A", "B", "both")
    for label, counts in [*found.scores.labels.items(), ("micro", found.scores.micro)]:
        sizes = (counts.gold, counts.predicted, int(counts.true_positives))
        table.add_row(plain(label), f"{counts.f1:.4f}", *map(str, sizes))
    out.print(table)
    out.print(f"Cohen's kappa over {counted(found.words.total(), 'word')}: {found.kappa:.4f}")
    for group, count in found.groups.most_common():
        out.print(f"{counted(count, 'disagreement')}: {group}")
    out.print(f"{counted(found.reports, 'report')} compared")
    for name, ids in (("A", found.only_a), ("B", found.only_b)):
        if ids:
            line = f"{counted(len(ids), 'report')} only in {name}, not compared: {named(ids)}"
            out.print(plain(line), soft_wrap=True)

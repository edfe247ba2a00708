"""``hasila check``: the gate over files in any format."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..data.errors import HasilaError, counted
from .console import out, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..data.jsonl import Located


def check(
    paths: Annotated[list[Path], typer.Argument(help="Files of reports, or folders of them.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Their format; told from each file by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find what is wrong with annotations; exit status 1 if training would refuse them.

    Give the files of all splits together to learn what leaks from one into another.
    """
    from ..data.formats import Losses, open_reports
    from ..data.gate import KINDS, check
    from ..data.jsonl import dumped

    losses, reports = Losses(), 0
    counts: Counter[str] = Counter()
    listed = []
    unread: list[str] = []

    def read() -> "Iterator[Located]":
        nonlocal reports
        for path in paths:
            try:
                for located in open_reports([path], from_, losses):
                    reports += 1
                    yield located
            except HasilaError as error:
                unread.append(str(error))

    for finding in check(read()):
        counts[finding.kind] += 1
        if as_json:
            listed.append(asdict(finding) | {"severity": finding.severity})
        else:
            style = "red" if finding.severity == "error" else None
            out.print(plain(str(finding)), style=style, soft_wrap=True)
    errors = sum(count for kind, count in counts.items() if KINDS[kind] == "error")
    if as_json:
        summary = {"reports": reports, "errors": errors, "counts": counts, "losses": losses}
        typer.echo(dumped(summary | {"findings": listed}))
    elif reports:
        for what, times in losses.most_common():
            out.print(plain(f"{what}: {times:,}"), soft_wrap=True)
        for kind, count in counts.most_common():
            out.print(f"{count:,} {kind} ({KINDS[kind]})")
        sizes = (reports, "report"), (errors, "error"), (counts.total() - errors, "warning")
        out.print(", ".join(counted(*size) for size in sizes))
    if unread:
        raise HasilaError("\n".join(dict.fromkeys(unread)))
    if errors:
        raise typer.Exit(1)

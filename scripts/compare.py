"""``hasila compare``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..data.errors import counted
from .console import out, plain
from .scoring import (
    From,
    Json,
    LabelMap,
    Rounds,
    Seed,
    load_gold,
    load_system,
    require_files,
    show_losses,
    write_text,
)

if TYPE_CHECKING:
    from ..eval import Comparison


def compare(
    gold: Annotated[Path, typer.Argument(help="The annotated reports.")],
    a: Annotated[Path, typer.Argument(help="What system A found in them.")],
    b: Annotated[Path, typer.Argument(help="What system B found in them.")],
    *,
    from_: From = None,
    label_map: LabelMap = None,
    json_to: Json = None,
    spans: Annotated[int, typer.Option(min=0, help="Differing spans to print; 0 for none.")] = 20,
    rounds: Rounds = 10_000,
    seed: Seed = 0,
) -> None:
    """Is system B better than A on the same gold reports, and where do they differ?"""
    from ..data.formats import Losses
    from ..data.jsonl import dumped
    from ..eval import Stamp
    from ..eval import compare as compare_systems

    require_files({"--json": json_to}, [gold, a, b])
    losses = Losses()
    reports, gold_file = load_gold([gold], losses)
    by_a, a_file = load_system("A", a, reports, losses, name=from_, label_map=label_map)
    by_b, b_file = load_system("B", b, reports, losses, name=from_, label_map=label_map)
    found = compare_systems(by_a, by_b, rounds=rounds, seed=seed)
    stamp = Stamp(
        f"{a.name} and {b.name}",
        data=gold_file + a_file + b_file,
        split=gold.name.split(".")[0],
        label_map=label_map or "none",
        losses=losses,
        rounds=rounds,
        seed=seed,
    )
    stamp = stamp.with_pairing(by_a, "A").with_pairing(by_b, "B")
    _show(found, spans)
    show_losses(stamp)
    if json_to is not None:
        record = {"stamp": asdict(stamp), **found.to_dict()}
        write_text(json_to, dumped(record, indent=2) + "\n")


def _show(found: "Comparison", spans: int) -> None:
    table = Table("strict F1", title=counted(found.reports, "report"))
    for name in ("A", "B", "B - A", "95 %", "p boot.", "p rand."):
        table.add_column(name, justify="right")
    for name, one in [*found.labels.items(), ("micro", found.micro)]:
        table.add_row(
            plain(name),
            f"{100 * one.f1_a:.2f}",
            f"{100 * one.f1_b:.2f}",
            f"{100 * one.delta:+.2f}",
            f"{100 * one.interval.low:+.2f} to {100 * one.interval.high:+.2f}",
            f"{one.p_bootstrap:.4f}",
            f"{one.p_randomisation:.4f}",
        )
    out.print(table)
    out.print("p: two-sided, by paired bootstrap and by approximate randomisation")
    out.print(counted(len(found.spans), "differing span"))
    if spans and found.spans:
        listed = Table("report", "span", "label", "surface", "side")
        for differing in found.spans[:spans]:
            report, span = differing.report, differing.span
            place = f"{span.start}–{span.end}"
            cells = report.id, place, span.label, report.surface(span), differing.side
            listed.add_row(*map(plain, cells))
        out.print(listed)

"""``hasila compare``."""

import json
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from .console import out
from .scoring import From, Json, LabelMap, Rounds, Seed, load, load_system

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
    from ..data.files import atomic_text
    from ..data.formats import Losses
    from ..eval import Stamp, pair
    from ..eval import compare as compare_systems

    reports, gold_file = load("gold", [gold])
    losses = Losses()
    by_a, a_file = load_system("A", a, from_, label_map, losses)
    by_b, b_file = load_system("B", b, from_, label_map, losses)
    found = compare_systems(pair(reports, by_a), pair(reports, by_b), rounds=rounds, seed=seed)
    _show(found, spans)
    if json_to is not None:
        files = gold_file + a_file + b_file
        stamp = Stamp(
            f"{a.name} and {b.name}",
            data=files,
            label_map=label_map or "none",
            losses=losses,
            rounds=rounds,
            seed=seed,
        )
        record = {"stamp": asdict(stamp), **found.to_dict()}
        with atomic_text(json_to) as stream:
            json.dump(record, stream, ensure_ascii=False, indent=2)
        out.print(f"written: {json_to}", markup=False, soft_wrap=True)


def _show(found: "Comparison", spans: int) -> None:
    table = Table("strict F1", title=f"{found.reports:,} reports")
    for name in ("A", "B", "B - A", "95 %", "p boot.", "p rand."):
        table.add_column(name, justify="right")
    for name, one in [*found.labels.items(), ("micro", found.micro)]:
        table.add_row(
            name,
            f"{100 * one.f1_a:.2f}",
            f"{100 * one.f1_b:.2f}",
            f"{100 * one.delta:+.2f}",
            f"{100 * one.interval.low:+.2f} to {100 * one.interval.high:+.2f}",
            f"{one.p_bootstrap:.4f}",
            f"{one.p_randomisation:.4f}",
        )
    out.print(table)
    out.print("p: two-sided, by paired bootstrap and by approximate randomisation")
    out.print(f"{len(found.spans):,} spans differ")
    if spans and found.spans:
        listed = Table("report", "span", "label", "surface", "side")
        for differing in found.spans[:spans]:
            report, span = differing.report, differing.span
            place = f"{span.start}–{span.end}"
            cells = report.id, place, span.label, report.surface(span), differing.side
            listed.add_row(*map(_plain, cells))
        out.print(listed)


def _plain(text: str) -> str:
    """Text of a report as one line of a terminal, which it must not control."""
    return escape("".join(" " if unicodedata.category(c) == "Cc" else c for c in text))

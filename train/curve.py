"""The picture of a run: training loss and dev scores over its steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


def draw_curve(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a Trainer's log as a PNG: loss on the left axis, strict dev F1 on the right."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    losses = figure.subplots()
    steps = [entry["step"] for entry in history if "loss" in entry]
    losses.plot(steps, [entry["loss"] for entry in history if "loss" in entry], color="0.6")
    losses.set(xlabel="step", ylabel="training loss", yscale="log")
    scores = losses.twinx()
    names = sorted({name for entry in history for name in entry if name.endswith("_f1")})
    for name in names:
        points = [(entry["step"], entry[name]) for entry in history if name in entry]
        strict = name == "eval_strict_f1"
        label = "micro" if strict else name.removeprefix("eval_").removesuffix("_f1")
        scores.plot(
            *zip(*points, strict=True), marker="o", linewidth=2.5 if strict else 1, label=label
        )
    scores.set(ylabel="strict dev F1", ylim=(0, 1))
    scores.legend(loc="lower right")
    figure.savefig(path, dpi=120)

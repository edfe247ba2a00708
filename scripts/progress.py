"""What is seen of a run while it runs: a bar on the screen, metrics in a file."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ..data.errors import counted

if TYPE_CHECKING:
    from ..predict import Progress as State


class PredictBar:
    """Shows the progress of ``hasila predict``; call it with every new state."""

    def __init__(self, console: Console, metrics_file: Path | None = None) -> None:
        self._metrics_file = metrics_file
        self._bar = Progress(
            BarColumn(24),
            TaskProgressColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bar.add_task("", total=None, state="reading")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, state: "State") -> None:
        """Show a state."""
        counts = state.counts
        parts = [
            counted(counts.articles, "article"),
            f"{state.words_per_second:,.0f} words/s",
            *(f"{label} {count:,}" for label, count in sorted(counts.spans.items())),
            *([f"[yellow]{counts.rejected:,} set aside[/]"] if counts.rejected else []),
        ]
        self._bar.update(
            self._task,
            total=state.size or None,
            completed=state.read,
            state=", ".join(parts),
        )
        if self._metrics_file:
            from ..predict.metrics import write_metrics

            write_metrics(self._metrics_file, state)

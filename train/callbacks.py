"""What a person sees of a run, and when it stops."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .trainer import METRIC


def stopped_early(history: Sequence[Mapping[str, Any]], patience: int) -> bool:
    """Whether the last ``patience`` evaluations brought nothing better than one before them.

    It looks at a run's log alone, so a resumed run decides as an uninterrupted one.

    >>> stopped_early([{"eval_strict_f1": f} for f in (0.5, 0.7, 0.6, 0.7)], patience=2)
    True
    """
    scores = [entry[f"eval_{METRIC}"] for entry in history if f"eval_{METRIC}" in entry]
    return bool(patience and scores and len(scores) - 1 - scores.index(max(scores)) >= patience)


class EarlyStopping(TrainerCallback):
    """Stops a run by `stopped_early`."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask for a stop."""
        if stopped_early(state.log_history, self.patience):
            control.should_training_stop = True


class ProgressBar(TrainerCallback):
    """Steps done, pieces a second, loss, time left; a line for each epoch's dev score.

    As a context it takes the bar down, however the run ends: the bar hides the cursor.
    """

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]} pieces/s  loss {task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.task: TaskID | None = None
        self.first_pieces = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.task is not None:
            self.progress.stop()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Start the bar, on one process only."""
        if state.is_world_process_zero:
            self.first_pieces = int(state.num_input_tokens_seen)
            self.task = self.progress.add_task(
                "",
                total=state.max_steps,
                completed=state.global_step,
                epoch="-",
                speed="-",
                loss="-",
            )
            self.progress.start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Move the bar."""
        if self.task is None:
            return
        elapsed = self.progress.tasks[0].elapsed
        pieces = int(state.num_input_tokens_seen) - self.first_pieces
        self.progress.update(
            self.task,
            completed=state.global_step,
            epoch=f"{state.epoch or 0:.1f}",
            speed=f"{pieces / elapsed:,.0f}" if elapsed else "-",
        )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Show the loss; print dev scores as they come."""
        if self.task is None or not logs:
            return
        if "loss" in logs:
            self.progress.update(self.task, loss=f"{logs['loss']:.3f}")
        if f"eval_{METRIC}" in logs:
            labels = "  ".join(
                f"{name.removeprefix('eval_').removesuffix('_f1')} {value:.3f}"
                for name, value in logs.items()
                if name.startswith("eval_") and name != f"eval_{METRIC}" and name.endswith("_f1")
            )
            f1 = logs[f"eval_{METRIC}"]
            self.progress.console.print(
                f"epoch {state.epoch or 0:.0f}: strict dev F1 {f1:.3f}  ({labels})"
            )

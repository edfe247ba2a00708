"""Hugging Face's Trainer, with our batches, our learning rates and our score."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from datasets import Dataset
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import Sampler
from transformers import PreTrainedModel, Trainer

from ..data.batches import length_grouped
from ..data.types import Report
from ..eval import Case, judged, score_cases
from ..model.extractor import Extractor
from .average import Averaging, moving_average
from .config import TrainConfig

METRIC = "strict_f1"
"""The score that early stopping and the choice of the best epoch look at."""

_AVERAGE = "average.safetensors"
_LAYER = re.compile(r"\.layers?\.(\d+)\.")


class TaggerTrainer(Trainer):
    """Trains a token classifier; evaluates it by extracting spans from whole reports.

    Evaluation takes the path predictions take, so the score that picks the best epoch is the one
    `hasila evaluate` prints. Every process of a distributed run scores all dev reports: they agree
    on when to stop, and no report is counted twice.

    What is evaluated, chosen and kept is a moving average of the weights (``ema_decay``), which the
    extractor computes with; the weights that are trained never see it.
    """

    def __init__(
        self,
        *,
        settings: TrainConfig,
        extractor: Extractor,
        windows: Dataset,
        dev: Sequence[Report],
        **rest: Any,
    ) -> None:
        # The Trainer insists on rows to evaluate on, though `evaluate` reads reports instead.
        super().__init__(model=extractor.model, train_dataset=windows, eval_dataset=windows, **rest)
        self.windows = windows
        self.settings = settings
        self.dev = dev
        self.average = AveragedModel(
            extractor.model, multi_avg_fn=moving_average(settings.ema_decay)
        ).eval()
        self.add_callback(Averaging(extractor.model, self.average))
        self.extractor = extractor
        self.extractor.model = cast("PreTrainedModel", self.average.module)

    def create_optimizer(self, *_: Any) -> torch.optim.Optimizer:
        """AdamW with one learning rate a layer."""
        if self.optimizer is None:
            groups = parameter_groups(cast("PreTrainedModel", self.model), self.settings)
            self.optimizer = torch.optim.AdamW(groups, fused=True)
        return self.optimizer

    def _get_train_sampler(self, *_: Any) -> Sampler[int]:
        return LengthGroupedSampler(
            [len(ids) for ids in self.windows["input_ids"]],
            self.args.train_batch_size * self.args.world_size,
            self.settings.seed,
        )

    def dev_cases(self) -> list[Case]:
        """The dev reports with what the model as it is finds in them, as evaluation judges it."""
        with self.accelerator.autocast():
            found = self.extractor.extract([report.text for report in self.dev])
        return [Case(r, judged(r, p.spans)) for r, p in zip(self.dev, found, strict=True)]

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """Strict scores on the dev reports, logged as ``eval_strict_f1`` and one F1 a label."""
        scores = score_cases(self.dev_cases())
        metrics = {f"{metric_key_prefix}_{METRIC}": scores.micro.f1}
        for label, counts in scores.labels.items():
            metrics[f"{metric_key_prefix}_{label}_f1"] = counts.f1
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save(self, output_dir: str | None = None, *rest: Any) -> None:
        super()._save(output_dir, *rest)
        if not self.args.should_save:  # one process of a distributed run writes for all
            return
        folder = Path(output_dir or str(self.args.output_dir))
        save_file(self.average.state_dict(), folder / _AVERAGE)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, *rest: Any) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, *rest)
        self._load_average(resume_from_checkpoint)

    def _load_best_model(self) -> None:
        self._load_average(self.state.best_model_checkpoint)

    def _load_average(self, checkpoint: str | None) -> None:
        self.average.load_state_dict(load_file(Path(checkpoint or "") / _AVERAGE))


class LengthGroupedSampler(Sampler[int]):
    """Like-long windows next to each other, in an order that seed and epoch alone decide.

    Args:
        lengths: pieces of each window.
        batch: windows that all processes together take in one step.
        seed: of the run.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths = lengths
        self.batch = batch
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; accelerate calls it."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        # Any one number that differs for every pair of seed and epoch.
        yield from length_grouped(self.lengths, self.batch, self.seed * 1_000_003 + self.epoch)


def parameter_groups(model: PreTrainedModel, settings: TrainConfig) -> list[dict[str, Any]]:
    """Parameters by learning rate and weight decay.

    The head learns at its own rate; the encoder's top layer at ``learning_rate``, each layer below
    at ``layer_decay`` times the one above, the embeddings below them all. Biases and layer norms
    are not decayed.
    """
    prefix = f"{model.base_model_prefix}."
    named = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    depths = [int(found[1]) for name, _ in named if (found := _LAYER.search(name))]
    top = max(depths, default=-1)
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, value in named:
        if not name.startswith(prefix):
            rate = settings.head_learning_rate
        else:
            found = _LAYER.search(name)
            below = top - int(found[1]) if found else top + 1
            rate = settings.learning_rate * settings.layer_decay**below
        decay = 0.0 if value.ndim < 2 else settings.weight_decay
        groups.setdefault((rate, decay), []).append(value)
    return [
        {"params": values, "lr": rate, "weight_decay": decay}
        for (rate, decay), values in groups.items()
    ]

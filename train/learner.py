"""The loop of a pre-training run: steps over blocks, held-out losses, checkpoints."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from ..data.errors import HasilaError, counted
from ..model.hardware import best_device, has_fast_bf16
from .blocks import Blocks
from .folder import Say
from .masked_lm import NO_TARGET, Batch, load_state, save_state, summed_loss
from .masking import WordMasker
from .pretrain_config import PretrainConfig, PretrainTrainConfig

_LOGS = 10  # lines printed from one checkpoint to the next
_HELDOUT_ROWS = 32  # whatever the batch size, so that held-out losses compare
_TARGETS = 64  # their number is padded to multiples of this: few shapes, see data/batches.py
_STRIDE = 1_000_003  # any number larger than a run has steps: no two seeds share a step's chance


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        step: steps done.
        pieces: pieces read in them, special ones included, padding not.
        seconds: time they took, without measuring and saving.
        history: losses, rates and speeds as they were logged.
    """

    step: int = 0
    pieces: int = 0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)


class Learner:
    """Trains a masked language model on blocks.

    Args:
        config: of the run.
        model: in fp32.
        masker: hides words.
        blocks: what is trained on.
        heldout: what the loss is measured on.

    Attributes:
        steps: the length of the run.
    """

    def __init__(
        self,
        config: PretrainConfig,
        model: PreTrainedModel,
        masker: WordMasker,
        blocks: Blocks,
        heldout: Blocks,
    ) -> None:
        self.settings = config.train
        self.device = best_device()
        self.model = model.to(self.device)  # type: ignore[arg-type]
        self.masker, self.blocks, self.heldout = masker, blocks, heldout
        self.optimizer = _optimizer(model, self.settings)
        fast, wish = has_fast_bf16(self.device), self.settings.precision
        self.bf16 = fast if wish == "auto" else wish == "bf16"
        rows = self.settings.batch_size * self.settings.accumulate
        pieces_a_step = rows * blocks.pieces / len(blocks)
        pieces = self.settings.pieces or (self.settings.epochs or 0) * blocks.pieces
        self.steps = max(1, round(pieces / pieces_a_step))
        self.log_steps = max(1, round(self.settings.checkpoint_every / pieces_a_step / _LOGS))

    def run(self, folder: Path, last: Path | None, say: Say) -> Progress:
        """Train to the end, from the start or from a checkpoint, whose weights the model has.

        Raises:
            HasilaError: the loss is lost.
        """
        if last is not None:
            done = Progress(**load_state(last, self.optimizer))
        else:
            done = Progress()
            self._measure(done, say)
        for start in range(done.step, self.steps, self.log_steps):
            self._train(done, range(start, min(start + self.log_steps, self.steps)), say)
            if done.step % (_LOGS * self.log_steps) == 0 or done.step == self.steps:
                self._measure(done, say)
                save_state(
                    folder / f"checkpoint-{done.step}", self.model, self.optimizer, asdict(done)
                )
        return done

    def _train(self, done: Progress, steps: range, say: Say) -> None:
        """Take some steps and log them together."""
        begun = time.monotonic()
        self.model.train()
        loss, asked, pieces = torch.zeros((), device=self.device), 0, 0
        for step in steps:
            batches = list(self._batches(step))
            loss += self._step(step, batches)
            asked += sum(batch.asked for batch in batches)
            pieces += sum(batch.pieces for batch in batches)
        mean = loss.item() / max(1, asked)  # waits for the device, so the time is true
        seconds = time.monotonic() - begun
        if not math.isfinite(mean):
            raise HasilaError(f"the loss is {mean} at step {steps.stop}: lower train.learning_rate")
        rate = rate_at(steps[-1], self.steps, self.settings)
        done.step, done.pieces, done.seconds = (
            steps.stop,
            done.pieces + pieces,
            done.seconds + seconds,
        )
        done.history.append(
            {
                "step": done.step,
                "pieces": done.pieces,
                "loss": mean,
                "learning_rate": rate,
                "pieces_per_second": pieces / seconds,
            }
        )
        left = (self.steps - done.step) * seconds / len(steps)
        say(
            f"step {done.step:,} of {self.steps:,}  loss {mean:.3f}  rate {rate:.1e}  "
            f"{pieces / seconds:,.0f} pieces/s  {left / 60:,.0f} min left"
        )

    def _step(self, step: int, batches: list[Batch]) -> Tensor:
        """One step of the optimizer; returns the loss added up over all targets: ()."""
        torch.manual_seed(self.settings.seed * _STRIDE + step)  # dropout, too, is the step's own
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(step, self.steps, self.settings)
        asked = max(1, sum(batch.asked for batch in batches))
        total = torch.zeros((), device=self.device)
        for batch in batches:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                loss = summed_loss(self.model, batch)
            (loss / asked).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total

    @torch.no_grad()
    def _measure(self, done: Progress, say: Say) -> None:
        """Log loss and perplexity of the held-out documents, the same words masked each time."""
        self.model.eval()
        chance = np.random.default_rng(0)
        loss, asked = torch.zeros((), device=self.device), 0
        for start in range(0, len(self.heldout), _HELDOUT_ROWS):
            rows = range(start, min(start + _HELDOUT_ROWS, len(self.heldout)))
            batch = self._masked(self.heldout, rows, chance)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                loss += summed_loss(self.model, batch)
            asked += batch.asked
        mean = loss.item() / max(1, asked)
        done.history.append(
            {
                "step": done.step,
                "pieces": done.pieces,
                "heldout_loss": mean,
                "heldout_perplexity": math.exp(mean),
            }
        )
        say(
            f"step {done.step:,}: held-out loss {mean:.4f}, perplexity {math.exp(mean):,.2f} "
            f"({counted(asked, 'masked piece')})"
        )

    def _batches(self, step: int) -> Iterator[Batch]:
        """What a step reads: the same whenever it is asked for."""
        size, seed = self.settings.batch_size, self.settings.seed
        for part in range(self.settings.accumulate):
            first = (step * self.settings.accumulate + part) * size
            rows = endless(range(first, first + size), len(self.blocks), seed)
            yield self._masked(self.blocks, rows, np.random.default_rng([seed, first]))

    def _masked(self, blocks: Blocks, rows: Sequence[int], chance: np.random.Generator) -> Batch:
        ids, first = blocks.rows(rows)
        there = ids != blocks.pad
        masked = self.masker(ids, first, chance)
        asked = len(masked.targets)
        padding = (0, -asked % _TARGETS)
        return Batch(
            ids=self._moved(masked.ids),
            attention=self._moved(there.astype(np.int64)),
            positions=self._moved(np.pad(masked.positions, padding)),
            targets=self._moved(np.pad(masked.targets, padding, constant_values=NO_TARGET)),
            asked=asked,
            pieces=int(there.sum()),
        )

    def _moved(self, values: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(values).to(self.device, non_blocking=True)


def rate_at(step: int, steps: int, settings: PretrainTrainConfig) -> float:
    """The learning rate of a step: it rises, holds, and falls to zero, each along a line.

    >>> settings = PretrainTrainConfig(pieces=1, learning_rate=0.1, warmup=0.25, decay=0.5)
    >>> [round(rate_at(step, 8, settings), 3) for step in range(8)]
    [0.05, 0.1, 0.1, 0.1, 0.1, 0.075, 0.05, 0.025]
    """
    up = (step + 1) / max(1.0, settings.warmup * steps)
    down = (steps - step) / max(1.0, settings.decay * steps)
    return settings.learning_rate * min(1.0, up, down)


def endless(places: range, count: int, seed: int) -> list[int]:
    """The numbers at some places of an endless row: all below ``count``, shuffled, again and again.

    >>> row = endless(range(6), 3, seed=0)
    >>> sorted(row[:3]), sorted(row[3:]), row[2:4] == endless(range(2, 4), 3, seed=0)
    ([0, 1, 2], [0, 1, 2], True)
    """
    return [int(_shuffled(count, seed, place // count)[place % count]) for place in places]


@lru_cache(maxsize=2)  # a batch may lie across two epochs
def _shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(count)


def _optimizer(model: PreTrainedModel, settings: PretrainTrainConfig) -> torch.optim.Optimizer:
    """AdamW as encoders are pre-trained with it; biases and layer norms are not decayed."""
    matrices = [value for value in model.parameters() if value.ndim > 1]
    vectors = [value for value in model.parameters() if value.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), fused=True)

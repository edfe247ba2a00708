"""A moving average of the weights: steadier than the last step's, and better on what is unseen.

(Polyak and Juditsky 1992; for fine-tuning a pretrained encoder it is worth most while the learning
rate is high, see docs/model.md.)
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from transformers import PreTrainedModel, TrainerCallback

_Tensors = tuple[Tensor, ...] | list[Tensor]


def moving_average(decay: float) -> Callable[[_Tensors, _Tensors, Tensor | int], None]:
    """Moves averages towards parameters by ``1 - decay``, faster while they are young.

    At step ``n`` the decay is at most ``(1 + n) / (10 + n)``, so that a short run forgets its
    beginning (as TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``).
    """

    def update(averages: _Tensors, parameters: _Tensors, steps: Tensor | int) -> None:
        step = int(steps)
        torch._foreach_lerp_(averages, parameters, 1 - min(decay, (1 + step) / (10 + step)))

    return update


class Averaging(TrainerCallback):
    """Takes the weights of every step into their average."""

    def __init__(self, model: PreTrainedModel, average: AveragedModel) -> None:
        self.model = model
        self.average = average

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Take them in."""
        self.average.update_parameters(self.model)

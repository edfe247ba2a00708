"""Weights in a quarter of the room: each row of a matrix as int8 with a scale of its own.

It is for storing and sending them; a loaded model computes with what they stand for, in the
numbers of the machine. (Symmetric, per channel, as in Krishnamoorthi 2018, "Quantizing deep
convolutional networks for efficient inference".)
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

QUANTIZED = "model.int8.safetensors"
"""The file of a checkpoint folder, in place of ``model.safetensors``."""

_SCALE = ".scale"
_LARGEST = 127


def save_quantized(weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write weights as `QUANTIZED`: matrices as int8 and scales, all else as it is."""
    stored: dict[str, Tensor] = {}
    for name, value in weights.items():
        if value.ndim != 2:
            stored[name] = value.contiguous()
            continue
        rows = value.float()
        scale = rows.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / _LARGEST
        stored[name] = (rows / scale[:, None]).round().to(torch.int8)
        stored[name + _SCALE] = scale
    save_file(stored, folder / QUANTIZED, metadata={"format": "pt"})


def load_quantized(folder: Path) -> dict[str, Tensor]:
    """The weights that `QUANTIZED` stands for, in fp32.

    Raises:
        OSError, SafetensorError: there is no such file, or it is damaged.
    """
    stored = load_file(folder / QUANTIZED)
    return {
        name: value * stored[name + _SCALE][:, None] if name + _SCALE in stored else value
        for name, value in stored.items()
        if not name.endswith(_SCALE)
    }

"""Weights in a quarter of the room, and on plain CPUs faster products (docs/performance.md).

A matrix is stored as int8 with a scale a row. That is all where a machine has something better to
compute with: the loaded model then computes with what the numbers stand for. (Symmetric, per
channel, as in Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient
inference".)

A linear layer whose inputs were watched is stored so that it can be multiplied as it is. Its inputs
become int8 too, by a range that is fixed beforehand, so that a text's result does not depend on
the texts beside it. A few input channels of a transformer are ten times wider than the others and
would leave those no digits: each is divided by its own width, which goes into the weights instead
(as in Xiao et al. 2023, "SmoothQuant", with alpha 1).
"""

import platform
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

QUANTIZED = "model.int8.safetensors"
"""The file of a checkpoint folder, in place of ``model.safetensors``."""

_SCALE, _WIDTH, _RANGE = ".scale", ".width", ".range"
_LARGEST = 127
_STEPS = 127  # seven bits for inputs: x86 adds pairs of products in int16, which eight overflow
_NARROWEST = 1e-3  # an input channel, so that none is divided by zero
_TINY = torch.finfo(torch.float32).tiny


def save_quantized(
    weights: Mapping[str, Tensor], folder: Path, inputs: Mapping[str, Tensor] | None = None
) -> None:
    """Write weights as `QUANTIZED`: matrices as int8 and scales, all else as it is.

    Args:
        weights: a model's, by name.
        folder: where to.
        inputs: by the name of a linear layer's weights, the lowest and highest value that each
            of its input channels takes, shape (2, channels).
    """
    stored: dict[str, Tensor] = {}
    for name, value in weights.items():
        if value.ndim != 2:
            stored[name] = value.contiguous()
            continue
        rows = value.float()
        if inputs and name in inputs:
            width = inputs[name].abs().amax(dim=0).clamp(min=_NARROWEST)
            low, high = inputs[name] / width
            stored[name + _WIDTH] = width
            stored[name + _RANGE] = torch.stack([low.amin(), high.amax()])
            rows = rows * width
        scale = rows.abs().amax(dim=1).clamp(min=_TINY) / _LARGEST
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
        name: _meant(name, stored) for name in stored if not name.endswith((_SCALE, _WIDTH, _RANGE))
    }


def _meant(name: str, stored: Mapping[str, Tensor]) -> Tensor:
    value = stored[name]
    if name + _SCALE in stored:
        value = value * stored[name + _SCALE][:, None]
    if name + _WIDTH in stored:
        value = value / stored[name + _WIDTH]
    return value


def watch_inputs(model: nn.Module) -> dict[str, Tensor]:
    """From now on, keep the range of each input channel of every linear layer but the last.

    Returns:
        What `save_quantized` takes as ``inputs``; filled while the model computes.
    """
    ranges: dict[str, Tensor] = {}

    def watch(name: str, layer: nn.Linear) -> None:
        def widen(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            rows = given[0].detach().float().flatten(0, -2)
            low, high = ranges.get(name, torch.zeros(2, layer.in_features))
            ranges[name] = torch.stack(
                [torch.minimum(low, rows.amin(dim=0)), torch.maximum(high, rows.amax(dim=0))]
            )

        layer.register_forward_pre_hook(widen)

    layers = [(n, one) for n, one in model.named_modules() if isinstance(one, nn.Linear)]
    for name, layer in layers[:-1]:  # the head is small, and what it says is looked at closest
        watch(f"{name}.weight", layer)
    return ranges


def has_int8_products() -> bool:
    """Whether PyTorch's int8 products (oneDNN's) are here and fast: on x86 CPUs."""
    here: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return here and platform.machine() in {"x86_64", "AMD64"}


def compute_in_int8(model: nn.Module, folder: Path) -> None:
    """Replace the linear layers whose inputs were watched by such that multiply int8 by int8."""
    stored = load_file(folder / QUANTIZED)
    for name, layer in list(model.named_modules()):
        weight = f"{name}.weight"
        if isinstance(layer, nn.Linear) and weight + _RANGE in stored:
            scale, width, limits = (stored[weight + end] for end in (_SCALE, _WIDTH, _RANGE))
            model.set_submodule(name, Int8Linear(stored[weight], scale, width, limits, layer.bias))


class Int8Linear(nn.Module):
    """A linear layer on a CPU: fp32 in and out, int8 products between, exact sums of them.

    Args:
        weight: int8, shape (outputs, inputs).
        scale: what a step of each row is worth, shape (outputs,).
        width: what each input channel is divided by first, shape (inputs,).
        limits: lowest and highest input after that; what lies beyond is cut off.
        bias: shape (outputs,), or none.
    """

    def __init__(
        self, weight: Tensor, scale: Tensor, width: Tensor, limits: Tensor, bias: Tensor | None
    ) -> None:
        super().__init__()
        low, high = limits.tolist()
        self.step = max(high - low, _TINY) / _STEPS
        self.zero = round(-low / self.step)
        self.factor = 1 / (width * self.step)
        self.shift = torch.tensor(self.zero + 0.5)  # so that cutting digits off rounds
        self.weight = torch.ops.onednn.qlinear_prepack(weight, None)
        self.scale = scale
        self.zeros = torch.zeros_like(scale, dtype=torch.int8)
        self.bias = bias

    def forward(self, inputs: Tensor) -> Tensor:
        """Shape (..., inputs) to (..., outputs)."""
        steps = torch.addcmul(self.shift, inputs, self.factor).clamp_(0, _STEPS).to(torch.uint8)
        product: Tensor = torch.ops.onednn.qlinear_pointwise(
            *(steps, self.step, self.zero, self.weight, self.scale, self.zeros, self.bias),
            *(1.0, 0, torch.float32, "none", [], "none"),  # fp32 out, nothing fused
        )
        return product

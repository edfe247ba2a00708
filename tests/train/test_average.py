import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hasila.train import load_config, train
from hasila.train.average import moving_average


def follow(decay: float, values: list[float]) -> float:
    """The average after these values, one a step, the first as it was."""
    average = [torch.tensor([values[0]])]
    for step, value in enumerate(values[1:], 1):
        moving_average(decay)(average, [torch.tensor([value])], step)
    return float(average[0])


def test_without_decay_the_average_is_the_last_value() -> None:
    assert follow(0.0, [1.0, 5.0, 0.1]) == pytest.approx(0.1)


def test_a_young_average_follows_faster_than_its_decay() -> None:
    assert follow(0.99, [0.0, 11.0]) == pytest.approx(9.0)  # 1 - 2 / 11 of the way
    assert follow(0.1, [0.0, 11.0]) == pytest.approx(9.9)


def test_an_old_average_moves_by_one_minus_decay() -> None:
    values = [1.0] * 5000
    assert follow(0.9, [*values, 2.0]) == pytest.approx(1.1, rel=1e-5)


def test_the_average_is_kept_and_never_trained_on(config_file: Path, tmp_path: Path) -> None:
    losses, weights = [], []
    for decay in (0, 0.9):
        output = tmp_path / str(decay)
        overrides = [f"output={output}", "train.epochs=2", f"train.ema_decay={decay}"]
        train(load_config(config_file, overrides))
        lines = map(json.loads, (output / "history.jsonl").read_text("utf-8").splitlines())
        losses.append([line["loss"] for line in lines if "loss" in line])
        weights.append(load_file(output / "model.safetensors"))
    assert losses[0] == losses[1]
    assert len(losses[0]) > 1
    assert not torch.equal(weights[0]["classifier.weight"], weights[1]["classifier.weight"])

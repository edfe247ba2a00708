from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import load_file

from hasila.data.errors import HasilaError
from hasila.data.types import Report
from hasila.model import Extractor, quantize_checkpoint, read_metadata, weights_path
from hasila.model.quantization import QUANTIZED, load_quantized, save_quantized


@pytest.fixture(scope="module")
def quantized(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantized")
    quantize_checkpoint(checkpoint, folder)
    return folder


@given(arrays("float32", (3, 5), elements=st.floats(-1e6, 1e6, width=32)))
def test_no_weight_moves_more_than_half_a_step_of_its_row(
    tmp_path_factory: pytest.TempPathFactory, values
) -> None:
    folder = tmp_path_factory.mktemp("weights")
    weights = {"matrix": torch.from_numpy(values), "bias": torch.from_numpy(values[0].copy())}
    save_quantized(weights, folder)
    found = load_quantized(folder)
    assert torch.equal(found["bias"], weights["bias"])
    step = weights["matrix"].abs().amax(dim=1, keepdim=True) / 127
    assert ((found["matrix"] - weights["matrix"]).abs() <= step * 0.5001 + 1e-30).all()


def test_matrices_take_a_byte_a_weight(quantized: Path, checkpoint: Path) -> None:
    whole, stored = load_file(checkpoint / "model.safetensors"), load_file(quantized / QUANTIZED)
    for name, value in whole.items():
        assert stored[name].dtype == (torch.int8 if value.ndim == 2 else torch.float32)
    assert weights_path(quantized).stat().st_mode == (quantized / "config.json").stat().st_mode
    assert weights_path(quantized).stat().st_size < 0.5 * weights_path(checkpoint).stat().st_size


def test_a_quantized_checkpoint_finds_what_the_whole_one_finds(
    quantized: Path, checkpoint: Path, reports: list[Report]
) -> None:
    texts = [report.text for report in reports]
    whole, small = (Extractor.load(path).extract(texts) for path in (checkpoint, quantized))
    spans = [(index, span.key) for index, one in enumerate(whole) for span in one.spans]
    found = [(index, span.key) for index, one in enumerate(small) for span in one.spans]
    assert len(spans) > 100
    assert len({*spans} ^ {*found}) <= 0.02 * len(spans)
    assert read_metadata(quantized) == read_metadata(checkpoint)


def test_an_output_that_holds_something_is_left_alone(checkpoint: Path, quantized: Path) -> None:
    for output in (quantized, quantized / "config.json", quantized / "config.json" / "below"):
        with pytest.raises(HasilaError, match=r"is no empty folder|cannot be written"):
            quantize_checkpoint(checkpoint, output)


def test_damaged_weights_are_one_clear_error(quantized: Path, tmp_path: Path) -> None:
    for file in quantized.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / QUANTIZED
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(HasilaError, match="cannot be loaded"):
        Extractor.load(tmp_path)
    save_quantized({"bert.weight": torch.ones(2, 2)}, tmp_path)
    with pytest.raises(HasilaError, match="cannot be loaded"):
        Extractor.load(tmp_path)

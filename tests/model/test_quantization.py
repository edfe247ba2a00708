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
from hasila.model.int8 import (
    QUANTIZED,
    Int8Linear,
    compute_in_int8,
    has_int8_products,
    load_quantized,
    save_quantized,
    watch_inputs,
)

needs_int8 = pytest.mark.skipif(not has_int8_products(), reason="needs an x86 CPU with oneDNN")


@pytest.fixture(scope="module")
def quantized(
    checkpoint: Path, reports: list[Report], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("quantized")
    quantize_checkpoint(checkpoint, folder, [report.text for report in reports])
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
        assert load_quantized(quantized)[name].shape == value.shape
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


@needs_int8
def test_int8_products_are_exact_at_their_limits() -> None:
    # Two products of 127 * 127 are what int16, in which x86 adds pairs, can just hold.
    weight = torch.full((4, 384), 127, dtype=torch.int8)
    weight[1::2] = -127
    ones = torch.ones(384)
    layer = Int8Linear(weight, torch.ones(4), ones, torch.tensor([0.0, 127.0]), None)
    found = layer(torch.full((5, 384), 127.0))
    assert torch.equal(found, torch.tensor([1.0, -1.0, 1.0, -1.0]).expand(5, 4) * 127 * 127 * 384)
    assert torch.equal(layer(torch.full((5, 384), 1e9)), found)  # cut off, not wrapped around


@needs_int8
def test_a_layer_that_computes_in_int8_stays_near_the_one_it_replaces(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(48, 32), torch.nn.GELU(), torch.nn.Linear(32, 3))
    inputs = torch.randn(200, 48)
    inputs[:, 7] *= 40  # one channel far wider than the rest, to which training gives small weights
    model[0].weight.data[:, 7] /= 40
    ranges = watch_inputs(model)
    expected = model(inputs)
    assert list(ranges) == ["0.weight"]
    assert torch.equal(ranges["0.weight"], torch.stack([inputs.amin(dim=0), inputs.amax(dim=0)]))
    save_quantized(model.state_dict(), tmp_path, ranges)
    compute_in_int8(model, tmp_path)
    assert [type(layer) for layer in model] == [Int8Linear, torch.nn.GELU, torch.nn.Linear]
    with torch.inference_mode():
        found = model(inputs)
        assert (found - expected).abs().mean() < 0.03 * expected.abs().mean()
        whole = model[0](inputs)
        assert torch.equal(model[0](inputs[3:4]), whole[3:4])  # whatever lies beside it


@needs_int8
def test_on_a_plain_cpu_a_quantized_checkpoint_computes_in_int8(
    quantized: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def numbers(folder: Path) -> str:
        return Extractor.load(folder, device="cpu").numbers

    monkeypatch.setattr("hasila.model.extractor.has_fast_bf16", lambda _: False)
    assert numbers(quantized) == "int8"
    assert numbers(checkpoint) == "float32"
    monkeypatch.setattr("hasila.model.extractor.has_int8_products", lambda: False)
    assert numbers(quantized) == "float32"
    monkeypatch.setattr("hasila.model.extractor.has_fast_bf16", lambda _: True)
    assert numbers(quantized) == "bfloat16"


def test_an_output_that_holds_something_is_left_alone(checkpoint: Path, quantized: Path) -> None:
    for output in (quantized, quantized / "config.json", quantized / "config.json" / "below"):
        with pytest.raises(HasilaError, match=r"is no empty folder|cannot be written"):
            quantize_checkpoint(checkpoint, output, ["نص"])


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

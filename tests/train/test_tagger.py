import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel

from hasila.data.errors import HasilaError
from hasila.model import LabelSet
from hasila.model.checkpoint import SHIPPED_TAGGER
from hasila.model.int8 import QUANTIZED, load_quantized, save_quantized
from hasila.train import packing_encoder
from hasila.train.config import ModelConfig
from hasila.train.masked_lm import load_masked_lm
from hasila.train.pretrain_config import PretrainModelConfig
from hasila.train.tagger import load_tagger

POINTER = (
    "version https://git-lfs.github.com/spec/v1\noid sha256:4cac19622fc3ada9c0fdeadb33f88f36\n"
)


def tagger(folder: Path, encoder: Path, tags: tuple[str, ...]) -> Path:
    """The encoder as somebody's tagger: with its tags, and a head of sevens."""
    shutil.copytree(encoder, folder)
    config = AutoConfig.from_pretrained(encoder, id2label=dict(enumerate(tags)))
    model = AutoModelForTokenClassification.from_pretrained(encoder, config=config)
    torch.nn.init.constant_(model.classifier.weight, 7)
    model.save_pretrained(folder)
    return folder


def masked_lm(encoder: str) -> PreTrainedModel:
    return load_masked_lm(PretrainModelConfig(encoder=encoder))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", POINTER),
        ("config.json", "[]"),
        ("tokenizer.json", '{"a": 1}'),
        ("tokenizer.json", POINTER),
        ("tokenizer_config.json", "[]"),
    ],
)
def test_a_damaged_encoder_is_one_clear_error(
    encoder: Path, tmp_path: Path, file: str, content: str
) -> None:
    damaged = shutil.copytree(encoder, tmp_path / "damaged")
    (damaged / file).write_text(content, "utf-8")
    with pytest.raises(HasilaError, match="damaged' cannot be loaded"):
        load_tagger(ModelConfig(encoder=str(damaged)), LabelSet())
    load = packing_encoder if file.startswith("tokenizer") else masked_lm
    with pytest.raises(HasilaError, match="cannot be loaded"):
        load(str(damaged))


@pytest.mark.parametrize("name", ["empty", "encoder.txt"])
def test_a_folder_or_file_without_an_encoder_is_one_clear_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir() if name == "empty" else path.write_text("x")
    for load in (lambda p: load_tagger(ModelConfig(encoder=p), LabelSet()), packing_encoder):
        with pytest.raises(HasilaError, match=rf"{name}': there is none in it; name a hub model"):
            load(str(path))


@pytest.mark.parametrize("count", [7, 9])
def test_a_tagger_of_other_labels_gets_a_new_head(
    encoder: Path, tmp_path: Path, count: int
) -> None:
    other = tagger(tmp_path / "other", encoder, tuple(f"X{index}" for index in range(count)))
    model, _ = load_tagger(ModelConfig(encoder=str(other), dropout=0.3), LabelSet())
    assert LabelSet.of(model.config) == LabelSet()
    assert model.config.hidden_dropout_prob == model.bert.encoder.layer[0].output.dropout.p == 0.3
    assert model.classifier.weight.shape == (7, 32)
    assert 0 < model.classifier.weight.abs().max() < 1
    was = load_file(encoder / "model.safetensors")
    assert all(torch.equal(value, was[name]) for name, value in model.bert.state_dict().items())


def test_a_tagger_of_our_labels_keeps_its_head(encoder: Path, tmp_path: Path) -> None:
    ours = tagger(tmp_path / "ours", encoder, LabelSet().tags)
    model, _ = load_tagger(ModelConfig(encoder=str(ours)), LabelSet())
    assert (model.classifier.weight == 7).all()


def test_training_can_go_on_from_the_tagger_that_ships() -> None:
    ours, _ = load_tagger(ModelConfig(encoder="shipped-tagger"), LabelSet())
    shipped = load_quantized(SHIPPED_TAGGER)
    assert all(torch.equal(value, shipped[name]) for name, value in ours.state_dict().items())
    other, _ = load_tagger(ModelConfig(encoder="shipped-tagger"), LabelSet(("LOC", "PERS")))
    assert other.classifier.weight.shape[0] == 5
    assert all(
        torch.equal(value, shipped[f"bert.{name}"])
        for name, value in other.bert.state_dict().items()
    )


def test_an_encoder_may_have_int8_weights(encoder: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    shutil.copytree(encoder, small, ignore=shutil.ignore_patterns("model.safetensors"))
    weights = load_file(encoder / "model.safetensors")
    save_quantized({f"bert.{name}": value for name, value in weights.items()}, small)
    tagger, _ = load_tagger(ModelConfig(encoder=str(small), dropout=0.3), LabelSet())
    assert tagger.config.hidden_dropout_prob == 0.3
    for model in (tagger, masked_lm(str(small))):
        stored = model.bert.state_dict()
        assert stored.keys() == weights.keys()
        for name, value in weights.items():
            assert torch.allclose(stored[name], value, atol=value.abs().max().item() / 200)
    learner = masked_lm(str(small))
    assert learner.get_input_embeddings().weight is learner.get_output_embeddings().weight
    (small / QUANTIZED).write_bytes(b"damaged")
    for load in (
        lambda: load_tagger(ModelConfig(encoder=str(small)), LabelSet()),
        lambda: masked_lm(str(small)),
    ):
        with pytest.raises(HasilaError, match="small' cannot be loaded"):
            load()

"""The AraBERT path for real: its shape, its kind of vocabulary, its shipped config."""

import json
from pathlib import Path

import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from hasila.data.jsonl import write_reports
from hasila.data.types import Report
from hasila.model import Extractor, read_metadata
from hasila.train import load_config, train


def test_an_encoder_of_araberts_shape_trains_saves_reloads_and_predicts(
    tokenizer: PreTrainedTokenizerFast, reports: list[Report], report_files: Path, tmp_path: Path
) -> None:
    encoder = tmp_path / "arabert"
    tokenizer.save_pretrained(encoder)
    stored = json.loads((encoder / "tokenizer.json").read_text("utf-8"))
    vocabulary = stored["model"]["vocab"]
    for index in range(len(vocabulary), 64_000):
        vocabulary[f"##{index}"] = index
    (encoder / "tokenizer.json").write_text(json.dumps(stored), "utf-8")
    torch.manual_seed(0)
    config = BertConfig(vocab_size=64_000)  # 12 layers of 768, as AraBERT base
    BertModel(config, add_pooling_layer=False).half().save_pretrained(encoder)

    output, dev = tmp_path / "run", tmp_path / "dev.jsonl"
    write_reports(dev, reports[:2])
    train(
        load_config(
            "arabert",
            [
                *(f"output={output}", f"model.encoder={encoder}", "train.epochs=1"),
                *(f"data.train=[{report_files}/dev.jsonl]", f"data.dev=[{dev}]"),
                *("model.window_pieces=62", "model.stride=16"),
            ],
        )
    )
    assert read_metadata(output).provenance["config"]["train"]["layer_decay"] == 0.95
    extractor = Extractor.load(output)
    assert extractor.model.config.hidden_size == 768
    assert extractor.model.config.num_hidden_layers == 12
    assert extractor.model.get_input_embeddings().weight.shape == (64_000, 768)
    texts = [report.text for report in reports[:4]]
    first, again = extractor.extract(texts), Extractor.load(output).extract(texts)
    assert first == again
    assert all(prediction.words > 10 for prediction in first)

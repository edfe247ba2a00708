"""What tests share: a tiny tokenizer and encoder, built here, saved and loaded by the real code."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from hasila.data.jsonl import write_reports
from hasila.data.types import Report, Span
from hasila.data.words import words

torch.set_num_threads(1)  # tiny models: threads would only wait for each other

# A busy machine is slow, not wrong: no test fails for the time it took.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_ACTORS = ["الجيش السوري", "قسد", "مدنيين", "مسلحي التنظيم", "جنود"]
_PLACES = ["حلب", "ريف دمشق", "مدينة الموصل", "عدن", "قطاع غزة"]
_NUMBERS = ["خمسة", "27", "١٥٠", "ثلاثة وعشرين", "عشرات"]


def make_report(seed: int) -> Report:
    """A short annotated report; every seed has other words, numbers and places in it."""
    actor = _ACTORS[seed % len(_ACTORS)]
    place = _PLACES[seed // 2 % len(_PLACES)]
    number = _NUMBERS[seed // 3 % len(_NUMBERS)]
    parts: list[tuple[str, str | None]] = [
        (f"الخبر {seed} {chr(0x0627 + seed % 20) * 3}: قتل ", None),
        (number, "NUMBER"),
        (" من ", None),
        (actor, "ACTOR"),
        (" في ", None),
        (place, "LOCATION"),
        (f" أمس.\nوقالت مصادر محلية إن القصف {seed % 7} تجدد قرب ", None),
        (_PLACES[(seed + 2) % len(_PLACES)], "LOCATION"),
        (" مساء.", None),
    ]
    text, spans = "", []
    for surface, label in parts:
        if label:
            spans.append(Span(len(text), len(text) + len(surface), label))
        text += surface
    return Report(id=f"r{seed}", text=text, spans=tuple(spans), source="test", date="2024-01-01")


def train_tokenizer(texts: list[str], vocabulary: int = 400) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer as AraBERT's, over the words of some texts."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        (text[start:end] for text in texts for start, end in words(text)),
        trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=special),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )


@pytest.fixture(scope="session")
def reports() -> list[Report]:
    """Forty annotated reports, no two alike."""
    return [make_report(seed) for seed in range(40)]


@pytest.fixture(scope="session")
def tokenizer(reports: list[Report]) -> PreTrainedTokenizerFast:
    """A tiny WordPiece tokenizer."""
    return train_tokenizer([report.text for report in reports])


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> Path:
    """The folder of a random encoder of 2 layers, as users have one of 12."""
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def report_files(tmp_path_factory: pytest.TempPathFactory, reports: list[Report]) -> Path:
    """A folder with ``train.jsonl`` (32 reports) and ``dev.jsonl`` (8)."""
    folder = tmp_path_factory.mktemp("reports")
    write_reports(folder / "train.jsonl", reports[:32])
    write_reports(folder / "dev.jsonl", reports[32:])
    return folder


@pytest.fixture(scope="session")
def config_file(
    tmp_path_factory: pytest.TempPathFactory, encoder: Path, report_files: Path
) -> Path:
    """The config of a run that takes a second; tests set its ``output``."""
    path = tmp_path_factory.mktemp("config") / "tiny.yaml"
    path.write_text(
        f"""
output: unset
data: {{train: ["{report_files}/train.jsonl"], dev: ["{report_files}/dev.jsonl"]}}
model: {{encoder: "{encoder}", window_pieces: 24, stride: 6}}
train: {{epochs: 6, batch_size: 4, learning_rate: 1e-2, head_learning_rate: 1e-2}}
""",
        "utf-8",
    )
    return path


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, config_file: Path) -> Path:
    """A checkpoint trained by the real code; it has learnt the tiny reports."""
    from hasila.train import load_config, train  # noqa: PLC0415 - heavy, and few tests need it

    output = tmp_path_factory.mktemp("run") / "tiny"
    train(load_config(config_file, [f"output={output}"]))
    return output

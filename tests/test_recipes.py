"""The recipes of what ships."""

import json
import runpy
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

from hasila.data.config import SHIPPED_REPORTS
from hasila.data.jsonl import read_reports
from hasila.data.types import Span
from hasila.model import LabelSet
from hasila.train.config import ModelConfig
from hasila.train.tagger import load_tagger

RECIPES = Path(__file__).parent.parent / "recipes"


def test_annotation_meets_its_article_and_nothing_else(tmp_path: Path) -> None:
    recipe = runpy.run_path(str(RECIPES / "conflict_news.py"))
    article = "قالت مصادر.\\nقتل مدني في حلب"
    rows = [
        {"id": "a", "start": 12, "end": 27, "spans": [[4, 8, "ACTOR"], [12, 15, "LOCATION"]]},
        {"id": "b", "start": 0, "end": 10, "spans": []},
    ]
    path = tmp_path / "annotation.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            digest = sha256(article.encode()).hexdigest()
            stream.write(json.dumps({"article": digest, **row}) + "\n")
    wanted = recipe["read_annotation"](path)
    first, second = recipe["joined"](wanted, ["نص آخر", article, article])
    assert first.text == "قتل مدني في حلب"
    assert [first.surface(span) for span in first.spans] == ["مدني", "حلب"]
    assert first.spans[0] == Span(4, 8, "ACTOR")
    assert (second.id, second.text, second.spans) == ("b", "قالت مصادر", ())
    assert not [*recipe["joined"](wanted, [article + " "])]


def test_the_annotation_that_ships_holds_no_text() -> None:
    recipe = runpy.run_path(str(RECIPES / "conflict_news.py"))
    rows, twice = (
        [row for part in recipe["read_annotation"](path).values() for row in part]
        for path in (recipe["ANNOTATION"], RECIPES / "conflict_news.second.jsonl.zst")
    )
    assert {row["id"] for row in twice} < {row["id"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows + twice:
        assert row.keys() == {"article", "id", "start", "end", "spans"}
        assert all(
            0 <= start < end <= row["end"] - row["start"]
            and label in {"ACTOR", "LOCATION", "NUMBER"}
            for start, end, label in row["spans"]
        )


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts of the reports that ship, one a line, ten times over."""
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    lines = [r.text.replace("\n", "\\n") for r in read_reports(SHIPPED_REPORTS / "train.jsonl")]
    path.write_text("\n".join(lines), "utf-8")
    return path


def unigram(texts: Path, folder: Path) -> Path:
    """A random encoder of four layers, its tokenizer a small Unigram trained on the texts."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=900, special_tokens=special, unk_token="<unk>")
    tokenizer.train([str(texts)], trainer)
    tokenizer.add_special_tokens(["<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{f"{name.strip('</>')}_token": name for name in ("<pad>", "<unk>", "<mask>")},
    ).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), num_hidden_layers=4, pad_token_id=1, **shape
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def test_an_encoder_gets_fewer_layers_and_words_as_pieces(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = unigram(texts, tmp_path / "old"), tmp_path / "new"
    arguments = [old, texts, new, "--layers", 3, "--words", 500, "--min-count", 2]
    monkeypatch.setattr("sys.argv", ["encoder.py", *map(str, arguments)])
    runpy.run_path(str(RECIPES / "encoder.py"), run_name="__main__")
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (old, new))
    assert len(after) == len(before) + 500
    assert after.mask_token_id == before.mask_token_id
    added = [piece for piece, place in after.get_vocab().items() if place >= len(before)]
    assert len(added) == 500
    for piece in added:
        ids = [tokenizer([[piece[1:]]], is_split_into_words=True) for tokenizer in (before, after)]
        assert len(ids[0]["input_ids"][0]) > len(ids[1]["input_ids"][0]) == 3
    model, _ = load_tagger(ModelConfig(encoder=str(new)), LabelSet())
    assert model.config.num_hidden_layers == len(model.bert.encoder.layer) == 3
    was = load_file(old / "model.safetensors")
    for name, value in model.bert.state_dict().items():
        assert torch.allclose(value[: len(was[name])], was[name], atol=2e-2), name
    lengths = model.get_input_embeddings().weight[len(before) :].norm(dim=1)
    assert lengths.min() > 0.9 * lengths.max() > 0

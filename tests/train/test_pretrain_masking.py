from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from hasila.data.errors import HasilaError
from hasila.data.pieces import Encoder
from hasila.train.blocks import Blocks, split
from hasila.train.masked_lm import Batch, load_masked_lm, masked_logits, summed_loss
from hasila.train.masking import WordMasker
from hasila.train.packing import PackedCorpus, pack, packing_encoder, vocabulary_sha256
from hasila.train.pretrain_config import PretrainModelConfig


@pytest.fixture(scope="module")
def packer(encoder: Path) -> Encoder:
    return packing_encoder(str(encoder))


@pytest.fixture(scope="module")
def corpus(
    packer: Encoder, corpus_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> PackedCorpus:
    path = tmp_path_factory.mktemp("corpus") / "corpus.safetensors"
    pack([corpus_file], packer, path)
    return PackedCorpus(path, vocabulary_sha256(packer.tokenizer))


@given(width=st.integers(5, 64), every=st.integers(2, 40))
def test_blocks_lose_nothing_and_repeat_nothing(
    corpus: PackedCorpus, packer: Encoder, width: int, every: int
) -> None:
    train, held = split(corpus, every)
    assert sorted([*train, *held]) == sorted(train + held)
    read = []
    for runs in (train, held):
        blocks = Blocks(corpus, runs, packer, width)
        laid = [at for start, end in blocks.spans for at in range(start, end)]
        wanted = [
            at for run in runs for at in range(corpus.bounds[run[0]], corpus.bounds[run[1]] - 1)
        ]
        assert laid == wanted  # all but each run's last separator
        read += laid
        ids, first = blocks.rows(range(len(blocks)))
        assert ids.shape == first.shape == (len(blocks), width)
        assert blocks.pieces == int((ids != blocks.pad).sum())
    assert len(read) == len(set(read))


@given(width=st.integers(12, 64))
def test_blocks_hold_whole_words(corpus: PackedCorpus, packer: Encoder, width: int) -> None:
    blocks = Blocks(corpus, [(0, len(corpus))], packer, width)
    ids, first = blocks.rows(range(len(blocks)))
    assert (ids[:, 0] == packer.prefix[0]).all()
    assert first[:, 1].all()
    lengths = (ids != blocks.pad).sum(axis=1)
    assert (ids[np.arange(len(ids)), lengths - 1] == packer.suffix[0]).all()


def test_a_word_longer_than_a_block_is_cut(packer: Encoder, tmp_path: Path) -> None:
    glued = "حلبعدنقتل" * 9
    (tmp_path / "long.txt").write_text(f"قتل {glued} من\n", "utf-8")
    pack([tmp_path / "long.txt"], packer, tmp_path / "long.safetensors")
    corpus = PackedCorpus(tmp_path / "long.safetensors", vocabulary_sha256(packer.tokenizer))
    longest = max(map(len, packer.encode([glued])[0].pieces))
    blocks = Blocks(corpus, [(0, 1)], packer, width=8)
    assert longest > 8
    assert blocks.pieces == corpus.bounds[-1] - 1 + 2 * len(blocks)


def test_too_few_documents_to_hold_some_out(corpus: PackedCorpus) -> None:
    with pytest.raises(HasilaError, match="too few to hold out one in 500"):
        split(corpus, 500)


@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 0.95))
def test_words_are_masked_whole_or_not_at_all(
    corpus: PackedCorpus, packer: Encoder, seed: int, share: float
) -> None:
    ids, first = Blocks(corpus, [(0, len(corpus))], packer, 48).rows(range(8))
    masker = WordMasker(packer.tokenizer, share)
    before = ids.copy()
    masked = masker(ids, first, np.random.default_rng(seed))
    assert (ids == before).all()
    flat, shown = ids.ravel(), masked.ids.ravel()
    chosen = np.zeros(flat.size, bool)
    chosen[masked.positions] = True
    assert (flat[masked.positions] == masked.targets).all()
    assert (shown[~chosen] == flat[~chosen]).all()
    special = set(packer.tokenizer.all_special_ids)
    assert not special & set(masked.targets.tolist())
    words = np.split(np.arange(flat.size), np.flatnonzero(first.ravel())[1:])
    assert max(map(len, words)) > 3
    for word in words:
        assert chosen[word].all() or not chosen[word].any()
        hidden = shown[word] == masker.mask
        assert hidden.all() or not hidden.any()
    again = masker(ids, first, np.random.default_rng(seed))
    assert all((one == other).all() for one, other in zip(masked, again, strict=True))


def test_the_shares_are_those_asked_for(corpus: PackedCorpus, packer: Encoder) -> None:
    blocks = Blocks(corpus, [(0, len(corpus))], packer, 64)
    ids, first = blocks.rows([index % len(blocks) for index in range(1500)])
    masker = WordMasker(packer.tokenizer, 0.2)
    masked = masker(ids, first, np.random.default_rng(0))
    eligible = ~np.isin(ids, packer.tokenizer.all_special_ids)
    assert len(masked.targets) / eligible.sum() == pytest.approx(0.2, abs=0.01)
    shown = masked.ids.ravel()[masked.positions]
    hidden = shown == masker.mask
    kept = shown == masked.targets
    assert hidden.mean() == pytest.approx(0.8, abs=0.02)
    assert kept.mean() == pytest.approx(0.1, abs=0.02)
    assert (~hidden & ~kept).mean() == pytest.approx(0.1, abs=0.02)


SHAPE = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}


@pytest.mark.parametrize(
    "model", [BertForMaskedLM(BertConfig(**SHAPE)), RobertaForMaskedLM(RobertaConfig(**SHAPE))]
)
def test_gathering_first_gives_the_logits_and_the_loss_of_the_whole(model: PreTrainedModel) -> None:
    model.eval()
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 50, (3, 20), generator=generator)
    attention = torch.ones_like(ids)
    attention[1, 15:] = 0
    positions, targets = torch.tensor([0, 7, 33, 59]), torch.tensor([9, 8, 7, 6])
    batch = Batch(ids, attention, positions, targets, asked=4, pieces=55)
    labels = torch.full((60,), -100)
    labels[positions] = targets
    whole = model(input_ids=ids, attention_mask=attention, labels=labels.view(3, 20))
    assert torch.allclose(
        masked_logits(model, batch), whole.logits.view(60, 50)[positions], atol=1e-6
    )
    loss = summed_loss(model, batch).item() / 4
    assert loss == pytest.approx(whole.loss.item(), rel=1e-5)


def test_a_new_head_is_tied_to_the_embeddings(encoder: Path) -> None:
    model = load_masked_lm(PretrainModelConfig(encoder=str(encoder), dropout=0.25))
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert model.config.hidden_dropout_prob == 0.25
    assert model.dtype == torch.float32


def test_other_kinds_of_models_are_refused(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    shape = DistilBertConfig(vocab_size=len(tokenizer), dim=16, n_layers=1, n_heads=2)
    DistilBertForMaskedLM(shape).save_pretrained(tmp_path)
    with pytest.raises(HasilaError, match="neither BERT- nor RoBERTa-like"):
        load_masked_lm(PretrainModelConfig(encoder=str(tmp_path)))
    with pytest.raises(HasilaError, match="cannot be loaded"):
        load_masked_lm(PretrainModelConfig(encoder=str(tmp_path / "none")))

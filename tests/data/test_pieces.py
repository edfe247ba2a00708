import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from hasila.data import pieces
from hasila.data.normalise import normalise
from hasila.data.pieces import Encoder
from hasila.data.types import Report
from hasila.data.words import words


def test_pieces_are_those_of_the_tokenizer_on_pre_split_words(
    tokenizer: PreTrainedTokenizerFast, reports: list[Report]
) -> None:
    encoder = Encoder(tokenizer, limit=62, stride=8)
    for report, encoded in zip(reports, encoder.encode([r.text for r in reports]), strict=True):
        split = [normalise(report.text[start:end]) for start, end in words(report.text)]
        expected = tokenizer(split, is_split_into_words=True)
        assert len(encoded.windows) == 1
        assert encoder.with_specials(encoded, encoded.windows[0]) == expected["input_ids"]
        firsts = [word for word in expected.word_ids() if word is not None]
        assert [len(word) for word in encoded.pieces] == [
            firsts.count(index) for index in range(len(split))
        ]


@given(st.text(max_size=40))
def test_no_word_is_without_a_piece(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    (encoded,) = Encoder(tokenizer, limit=20, stride=4).encode([text])
    assert len(encoded.pieces) == len(encoded.offsets)
    assert all(encoded.pieces)


def test_a_word_whose_pieces_vanish_becomes_unknown(tokenizer: PreTrainedTokenizerFast) -> None:
    (encoded,) = Encoder(tokenizer, limit=20, stride=4).encode(["\u200f قتل \u064b"])
    assert encoded.pieces[0] == encoded.pieces[2] == (tokenizer.unk_token_id,)
    assert encoded.unknown_pieces == 2


def test_a_word_longer_than_a_window_is_cut_to_its_head_and_counted(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    long = "".join("حلبدمشقعدنقسد" for _ in range(7))
    (encoded,) = Encoder(tokenizer, limit=10, stride=2).encode([f"قتل {long} حلب"])
    assert encoded.cut_words == 1
    assert [len(word) for word in encoded.pieces][1] == 10
    assert encoded.offsets[1] == (4, 4 + len(long))


def test_forgetting_words_changes_nothing(
    tokenizer: PreTrainedTokenizerFast, reports: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [report.text for report in reports]
    before = Encoder(tokenizer, limit=24, stride=6).encode(texts)
    monkeypatch.setattr(pieces, "_REMEMBERED", 1)
    forgetful = Encoder(tokenizer, limit=24, stride=6)
    assert [forgetful.encode([text])[0] for text in texts] == before

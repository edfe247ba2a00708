import gzip
import tempfile
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from hasila.data.errors import HasilaError
from hasila.data.pieces import Encoder
from hasila.train.packing import PackedCorpus, pack, packing_encoder, vocabulary_sha256

TEXTS = ["قتل 27 من قسد في حلب.\nوقالت مصادر", "خمسة جنود", "مدنيين  في\n\nعدن مساء"]


@pytest.fixture(scope="module")
def packer(encoder: Path) -> Encoder:
    return packing_encoder(str(encoder))


def write_lines(path: Path, texts: list[str]) -> Path:
    lines = "".join(text.replace("\n", "\\n") + "\n" for text in texts).encode()
    if path.suffix == ".gz":
        lines = gzip.compress(lines)
    if path.suffix == ".zst":
        lines = zstandard.compress(lines)
    path.write_bytes(lines)
    return path


def packed(path: Path, packer: Encoder) -> PackedCorpus:
    return PackedCorpus(path, vocabulary_sha256(packer.tokenizer))


def words_of(corpus: PackedCorpus, document: int) -> list[tuple[int, ...]]:
    """The pieces of each word of a document, its separator last."""
    ids, first = corpus.read(*corpus.bounds[document : document + 2])
    words: list[tuple[int, ...]] = []
    for piece, begins in zip(ids.tolist(), first.tolist(), strict=True):
        words = [*words, (piece,)] if begins else [*words[:-1], (*words[-1], piece)]
    return words


@given(
    texts=st.lists(
        st.text(st.sampled_from("قتل27من .\n،ـabّ")).filter(lambda text: text.strip()), min_size=1
    )
)
def test_a_packed_corpus_holds_the_words_the_encoder_sees(
    texts: list[str], packer: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    pack([write_lines(folder / "a.txt", texts)], packer, folder / "a.safetensors")
    corpus = packed(folder / "a.safetensors", packer)
    separator = tuple(packer.suffix)
    assert [words_of(corpus, document) for document in range(len(corpus))] == [
        [*encoded.pieces, separator] for encoded in packer.encode(texts)
    ]
    assert corpus.words == sum(len(encoded.pieces) for encoded in packer.encode(texts))


def test_however_texts_come_the_corpus_is_the_same(packer: Encoder, tmp_path: Path) -> None:
    whole = pack([write_lines(tmp_path / "all.txt", TEXTS)], packer, tmp_path / "all.safetensors")
    first = write_lines(tmp_path / "first.txt.gz", TEXTS[:1])
    middle = write_lines(tmp_path / "middle.txt.zst", [TEXTS[1], "", " "])
    last = write_lines(tmp_path / "last.txt", TEXTS[2:])
    pack([first], packer, tmp_path / "first.safetensors.zst")
    parts = pack(
        [tmp_path / "first.safetensors.zst", middle, last], packer, tmp_path / "parts.safetensors"
    )
    assert parts == whole
    assert whole.startswith("3 documents, 15 words")
    one, other = load_file(tmp_path / "all.safetensors"), load_file(tmp_path / "parts.safetensors")
    assert one["pieces"].dtype == "uint16"
    assert all((one[name] == other[name]).all() for name in ("pieces", "lengths"))


def test_large_vocabularies_take_four_bytes_a_piece(tmp_path: Path) -> None:
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{n}" for n in range(40_000))]
    model = models.WordPiece({name: at for at, name in enumerate(names)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", mask_token="[MASK]"
    ).save_pretrained(tmp_path)
    encoder = packing_encoder(str(tmp_path))
    encoder._known = {"أ": (5,), "ب": (39_999, 32_768)}  # words that such a vocabulary splits
    pack([write_lines(tmp_path / "a.txt", ["أ ب"])], encoder, tmp_path / "a.safetensors")
    assert load_file(tmp_path / "a.safetensors")["pieces"].dtype == "uint32"
    assert words_of(packed(tmp_path / "a.safetensors", encoder), 0) == [
        (5,),
        (39_999, 32_768),
        (3,),
    ]


def test_what_cannot_be_packed_is_told(packer: Encoder, tmp_path: Path) -> None:
    output = tmp_path / "out.safetensors"
    with pytest.raises(HasilaError, match=r"empty\.txt: there are no documents in it"):
        pack([write_lines(tmp_path / "empty.txt", ["", "  "])], packer, output)
    with pytest.raises(HasilaError, match=r"none\.txt"):
        pack([tmp_path / "none.txt"], packer, output)
    text = write_lines(tmp_path / "a.txt", TEXTS)
    pack([text], packer, tmp_path / "a.safetensors.zst")
    with pytest.raises(HasilaError, match=r"a\.safetensors\.zst: is both what is read and"):
        pack([text, tmp_path / "a.safetensors.zst"], packer, tmp_path / "a.safetensors.zst")
    whole = (tmp_path / "a.safetensors.zst").read_bytes()
    (tmp_path / "cut.safetensors.zst").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HasilaError, match=r"cut\.safetensors\.zst: the file is damaged"):
        pack([tmp_path / "cut.safetensors.zst"], packer, output)
    (tmp_path / "fake.safetensors").write_text("not a corpus", "utf-8")
    with pytest.raises(HasilaError, match=r"fake\.safetensors: not a packed corpus"):
        pack([tmp_path / "fake.safetensors"], packer, output)
    assert not output.exists()
    for name in ("c.bin", "c.safetensors.gz", "c"):
        with pytest.raises(HasilaError, match=r"name a packed corpus NAME\.safetensors"):
            pack([text], packer, tmp_path / name)


def test_a_large_pack_takes_little_memory_and_no_room_elsewhere(
    packer: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = write_lines(tmp_path / "long.txt", [" ".join(TEXTS * 3000)])
    once, many, again = (tmp_path / f"{name}.safetensors" for name in ("once", "many", "again"))
    pack([long], packer, once)
    pack([once] * 100, packer, many)
    carried = many.with_name("many.safetensors.zst")
    carried.write_bytes(zstandard.compress(many.read_bytes()))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    tracemalloc.start()
    pack([carried], packer, again)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert again.stat().st_size > 8e6
    assert peak < again.stat().st_size / 2
    one, other = load_file(many), load_file(again)
    assert all((one[name] == other[name]).all() for name in ("pieces", "lengths"))


def test_a_corpus_of_another_vocabulary_is_refused(packer: Encoder, tmp_path: Path) -> None:
    pack([write_lines(tmp_path / "a.txt", TEXTS)], packer, tmp_path / "a.safetensors")
    with pytest.raises(HasilaError, match="another tokenizer"):
        pack([tmp_path / "a.safetensors"], packing_encoder("shipped"), tmp_path / "b.safetensors")


def test_an_encoder_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(HasilaError, match="its tokenizer knows no pieces of words"):
        packing_encoder(str(tmp_path))

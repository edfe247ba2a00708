import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import pipeline

from hasila.data.errors import HasilaError
from hasila.data.types import Prediction, Report
from hasila.data.words import is_mark, words
from hasila.model import Extractor

PARTS = st.lists(
    st.sampled_from(
        ["قتل 27 من مدنيين", "في حلب.", "\n", "قسد", "ـ ـ", "\u200f", "😀", "x" * 70, "؟"]
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def extractor(checkpoint: Path) -> Extractor:
    return Extractor.load(checkpoint, device="cpu")


def same(left: Prediction, right: Prediction) -> bool:
    """Equal but for the rounding of sums in another order."""
    return (
        [span.key for span in left.spans] == [span.key for span in right.spans]
        and left.words == right.words
        and np.allclose(
            [span.confidence for span in left.spans],
            [span.confidence for span in right.spans],
            atol=2e-3,
        )
    )


def test_it_finds_what_it_learnt(extractor: Extractor, reports: list[Report]) -> None:
    found = extractor.extract([report.text for report in reports])
    hits = sum(
        len({s.key for s in prediction.spans} & {s.key for s in report.spans})
        for prediction, report in zip(found, reports, strict=True)
    )
    assert hits / sum(len(report.spans) for report in reports) > 0.8
    for prediction, report in zip(found, reports, strict=True):
        for span in prediction.spans:
            assert report.text[span.start : span.end] == span.surface
            assert 0 < span.confidence <= 1


@settings(deadline=None, max_examples=25)
@given(st.lists(PARTS.map(" ".join), max_size=6), st.randoms())
def test_a_text_is_judged_alike_in_any_company(
    extractor: Extractor, texts: list[str], chance: random.Random
) -> None:
    alone = [extractor.extract([text])[0] for text in texts]
    order = list(range(len(texts)))
    chance.shuffle(order)
    extractor.batch_pieces = chance.choice([16, 64, 4096])
    together = extractor.extract([texts[index] for index in order])
    for index, prediction in zip(order, together, strict=True):
        assert same(prediction, alone[index])
        assert prediction.words == len(words(texts[index]))
        for span in prediction.spans:
            inner = words(span.surface)
            assert not is_mark(span.surface[slice(*inner[0])])
            assert not is_mark(span.surface[slice(*inner[-1])])
        edges = [offset for span in prediction.spans for offset in span.offsets]
        assert edges == sorted(edges)


def test_a_long_article_loses_no_word(extractor: Extractor) -> None:
    text = " ".join(f"قتل {number} من مدنيين في حلب" for number in range(3400))
    encoded = extractor.encoder.encode([text])[0]
    assert len(words(text)) >= 20_000
    decided = [word for owned in encoded.owned for word in range(*owned)]
    assert decided == [*range(len(words(text)))]
    (prediction,) = extractor.extract([text])
    assert prediction.words == len(words(text))
    assert prediction.spans[-1].end == len(text)


def test_what_a_window_cannot_hold_is_counted(extractor: Extractor) -> None:
    (prediction,) = extractor.extract(["قتل " + "حلبعدنقسد" * 10 + " في حلب"])
    assert prediction.cut_words == 1
    assert prediction.words == 4


def test_nothing_in_nothing_out(extractor: Extractor) -> None:
    assert extractor.extract([]) == []
    assert [p.spans for p in extractor.extract(["", " \n"])] == [(), ()]


def test_the_checkpoint_loads_in_a_plain_pipeline(checkpoint: Path, reports: list[Report]) -> None:
    tagger = pipeline("token-classification", str(checkpoint), aggregation_strategy="first")
    found = tagger(reports[0].text)
    assert {entity["entity_group"] for entity in found} <= {"ACTOR", "LOCATION", "NUMBER"}
    assert found


def test_a_folder_without_its_marker_is_no_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    for file in checkpoint.iterdir():
        if file.is_file() and file.name != "hasila.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(HasilaError, match=r"no complete checkpoint .*--resume"):
        Extractor.load(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
@pytest.mark.parametrize("content", ["version https://git-lfs.github.com/spec/v1", '{"a": 1}', ""])
def test_a_damaged_file_is_one_clear_error(
    checkpoint: Path, tmp_path: Path, name: str, content: str
) -> None:
    for file in checkpoint.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(HasilaError, match="cannot be loaded"):
        Extractor.load(tmp_path)

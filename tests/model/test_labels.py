import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig

from hasila.data.errors import HasilaError
from hasila.data.types import LABELS, Report, Span
from hasila.data.words import words
from hasila.model.labels import LabelSet, runs


def test_the_tags_are_flat_iob2() -> None:
    assert LabelSet().tags == (
        "O",
        *("B-ACTOR", "I-ACTOR", "B-LOCATION", "I-LOCATION", "B-NUMBER", "I-NUMBER"),
    )


def test_spans_survive_the_way_through_tags(reports: list[Report]) -> None:
    labels = LabelSet()
    for report in reports:
        offsets = words(report.text)
        tags, lost = labels.tag(offsets, report.spans)
        assert not lost
        begins, ends = runs(tags)
        found = tuple(
            Span(offsets[first][0], offsets[last][1], LABELS[(tags[first] - 1) // 2])
            for first, last in zip(begins, ends, strict=True)
        )
        assert found == report.spans


@pytest.mark.parametrize(
    "span",
    [
        *(Span(1, 3, "ACTOR"), Span(0, 2, "ACTOR"), Span(4, 3, "ACTOR")),
        *(Span(0, 3, "PERSON"), Span(0, 7, "NUMBER")),
    ],
)
def test_a_span_no_tags_can_express_is_named(span: Span) -> None:
    kept = Span(4, 7, "LOCATION")
    tags, lost = LabelSet().tag(words("قتل حلب"), [span, kept])
    overlapping = span.end > kept.start
    assert lost == ([kept] if overlapping else [span])
    assert tags[1] == (6 if overlapping else 3)


@given(st.lists(st.sampled_from("OBIbi"), max_size=30))
def test_runs_are_the_spans_of_valid_tags(marks: list[str]) -> None:
    tags, expected = [], []
    for index, mark in enumerate(marks):
        before = tags[-1] if tags else 0
        if mark in "Ii" and before:  # go on with whatever was begun
            tags.append(before + before % 2)
            expected[-1][1] = index
        elif mark == "O" or mark in "Ii":
            tags.append(0)
        else:
            tags.append(1 if mark == "B" else 3)
            expected.append([index, index])
    begins, ends = runs(np.array(tags, dtype=np.int64))
    assert [[a, b] for a, b in zip(begins, ends, strict=True)] == expected


def test_the_labels_of_a_checkpoint_are_in_the_order_of_its_head() -> None:
    tags = {4: "I-A", 0: "O", 3: "B-A", 2: "I-Z", 1: "B-Z"}
    assert LabelSet.of(BertConfig(id2label=tags)).labels == ("Z", "A")


def test_a_checkpoint_with_other_tags_is_refused() -> None:
    config = BertConfig(id2label={0: "B-PER", 1: "I-PER", 2: "O"})
    with pytest.raises(HasilaError, match="B-PER"):
        LabelSet.of(config)

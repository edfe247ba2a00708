"""Predictions as `hasila predict` writes them."""

import json

import pytest

from hasila.data.errors import HasilaError
from hasila.data.formats import Losses
from hasila.data.types import PredictedSpan, Span
from hasila.eval import read_predictions


def lines(path, *records) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + "\n", "utf-8")


def test_spans_are_read_with_their_confidence_and_texts_are_optional(tmp_path) -> None:
    path = tmp_path / "found.jsonl"
    span = {"start": 0, "end": 3, "label": "ACTOR"}
    lines(
        path,
        {"id": "1", "spans": [span | {"confidence": 0.75}]},
        {"id": 2, "text": "نص", "spans": [span, span | {"confidence": 0.75}]},
        {"id": "3"},
    )
    first, second, third = read_predictions([path])
    assert first.spans == (PredictedSpan(0, 3, "ACTOR"),)
    assert first.spans[0].confidence == 0.75
    assert second.spans == (Span(0, 3, "ACTOR"), PredictedSpan(0, 3, "ACTOR"))
    assert (second.id, second.text) == ("2", "نص")
    assert third.spans == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "found.jsonl:1: not valid JSON"),
        ("[]", "found.jsonl:1: expected an object"),
        ('{"spans": []}', '"id" is missing'),
        ('{"id": "1", "spans": 3}', '"spans" must be a list'),
        ('{"id": "1", "spans": [3]}', "span 1: expected"),
        (
            '{"id": "1", "spans": [{"start": 0, "end": 1, "label": "A", "confidence": 1.5}]}',
            "report 1: .*confidence",
        ),
    ],
)
def test_mistakes_are_named(tmp_path, line: str, message: str) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(HasilaError, match=message):
        list(read_predictions([path]))


def test_other_formats_are_told_by_their_files(tmp_path) -> None:
    path = tmp_path / "found.conll"
    path.write_text("قتل\tO\n27\tI-NUMBER\n", "utf-8")
    losses = Losses()
    (report,) = read_predictions([path], None, losses)
    assert report.text == "قتل 27"
    assert report.spans == (Span(4, 6, "NUMBER"),)
    assert sum(losses.values()) > 0


def test_a_folder_is_read_as_its_files_are(tmp_path) -> None:
    for name in "ab":
        lines(tmp_path / f"{name}.jsonl", {"id": name, "spans": []})
    assert [report.id for report in read_predictions([tmp_path])] == ["a", "b"]

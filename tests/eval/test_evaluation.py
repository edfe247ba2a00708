"""An evaluation put together, and its JSON and Markdown."""

import json

import pytest
from hypothesis import given, settings
from span_strategies import Corpus, any_spans, corpora

from hasila.data.errors import HasilaError
from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval import (
    Case,
    DataFile,
    Pairing,
    Stamp,
    evaluate,
    human_ceiling,
    pair,
    score,
    to_dict,
    to_markdown,
)
from hasila.eval.tags import iob2, seqeval_scores

TEXT = "a " * 12


def word_spans(spans: list[Span]) -> tuple[Span, ...]:
    """Spans over words as spans over the characters of `TEXT`."""
    return tuple(Span(2 * s.start, 2 * s.end - 1, s.label) for s in spans)


def paired(corpus: Corpus) -> Pairing:
    cases = (
        Case(Report(str(i), TEXT, word_spans(gold), source="ab"[i % 2]), word_spans(found))
        for i, (gold, found) in enumerate(corpus)
    )
    return Pairing(tuple(cases))


@settings(max_examples=30)
@given(corpora())
def test_every_view_of_the_same_spans_agrees(corpus: Corpus) -> None:
    found = evaluate(paired(corpus), Stamp("x"), rounds=100)
    strict = score((g for g, _ in corpus), (p for _, p in corpus))
    assert found.scores == strict
    assert found.strategies["strict"] == strict
    assert found.seqeval.f1 == pytest.approx(strict.micro.f1)
    assert found.seqeval.precision == pytest.approx(strict.micro.precision)
    assert (found.seqeval.lost_gold, found.seqeval.lost_predicted) == (0, 0)
    for breakdown in found.breakdowns:
        assert breakdown.table.scores.micro == strict.micro
    assert sum(found.confusion.values()) >= strict.micro.gold


@given(any_spans())
def test_tags_are_valid_iob2_and_lose_what_overlaps(spans: list[Span]) -> None:
    offsets = [(2 * i, 2 * i + 1) for i in range(12)]
    tags, lost = iob2(offsets, word_spans(spans))
    assert sum(tag.startswith("B-") for tag in tags) + lost == len(spans)
    for before, tag in zip(["O", *tags], tags, strict=False):
        assert not tag.startswith("I-") or before[2:] == tag[2:]


def test_spans_off_word_edges_are_lost_to_tags_and_counted() -> None:
    report = Report("1", "قُتل 27 شخصاً", (Span(5, 7, "NUMBER"),))
    found = seqeval_scores([Case(report, (Span(5, 6, "NUMBER"), Span(5, 7, "NUMBER")))])
    assert (found.precision, found.lost_predicted) == (1, 1)


REPORTS = [
    Report(str(i), "قتل 27 مدنياً في حلب", (Span(4, 6, "NUMBER"), Span(17, 20, "LOCATION")))
    for i in range(6)
]


def predictions() -> list[Report]:
    """Report 0 is left out; the others have a right NUMBER and a wrong label."""
    found = (
        PredictedSpan(4, 6, "NUMBER", confidence=0.9),
        PredictedSpan(17, 20, "ACTOR", confidence=0.6),
    )
    return [Report(r.id, r.text, found) for r in REPORTS[1:]] + [Report("x", "نص")]


def test_json_and_markdown_hold_every_part(tmp_path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text("{}\n")
    stamp = Stamp("system | <b>", data=(DataFile.of("gold", path, REPORTS),), split="dev")
    found = evaluate(
        pair(REPORTS, predictions()),
        stamp,
        training=REPORTS[:1],
        annotators=(REPORTS, REPORTS[:3]),
        min_precision=0.9,
        rounds=100,
        seed=5,
    )
    record = json.loads(json.dumps(to_dict(found)))
    assert record["scores"]["micro"]["true_positives"] == 5
    assert record["errors"]["counts"] == dict.fromkeys(record["errors"]["counts"], 0) | {
        "missed": 2,
        "wrong label": 5,
    }
    assert record["errors"]["list"][0]["report"] == "0"
    assert record["errors"]["list"][2]["gold"] == [
        {"start": 17, "end": 20, "label": "LOCATION", "surface": "حلب"}
    ]
    assert {"gold": "LOCATION", "predicted": "ACTOR", "spans": 5} in record["confusion"]
    seen = {row["group"]: row["gold"] for row in record["breakdowns"]["seen"]}
    assert seen == {"seen": 12, "seen as another label": 0}
    assert record["calibration"]["review"]["confidence"] == 0.9
    assert (record["ceiling"]["micro"]["f1"], record["ceiling"]["reports"]) == (1, 3)
    data = record["stamp"]["data"][0]
    assert (data["name"], data["reports"], data["spans"]) == ("gold.jsonl", 6, 12)
    assert len(data["sha256"]) == 64
    assert (record["stamp"]["seed"], record["stamp"]["rounds"]) == (5, 100)
    assert set(record["stamp"]["losses"].values()) == {0, 1}

    text = to_markdown(found)
    assert "# Evaluation of system \\| &lt;b>" in text
    assert "Two annotators agree at strict F1 100.0" in text
    assert "| wrong label | 5 |" in text
    for heading in ("Matching", "Errors", "Confusion", "Source", "Calibration", "Protocol"):
        assert f"\n## {heading}" in text


def test_a_group_of_few_reports_has_no_interval() -> None:
    few = evaluate(pair(REPORTS[:4], predictions()[:4]), Stamp("x"), rounds=100)
    assert few.labels.intervals == {}
    many = evaluate(pair(REPORTS, predictions()), Stamp("x"), rounds=100)
    assert set(many.labels.intervals) == {"ACTOR", "LOCATION", "NUMBER"}


def test_the_ceiling_is_over_the_reports_both_annotated() -> None:
    assert human_ceiling(REPORTS, REPORTS[:2], rounds=100).scores.micro.f1 == 1
    assert human_ceiling(REPORTS, REPORTS[:2], rounds=100).reports == 2
    with pytest.raises(HasilaError, match="no prediction has"):
        human_ceiling(REPORTS, [Report("other", "نص")])

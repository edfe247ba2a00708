"""An evaluation put together, and its JSON and Markdown."""

import json

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
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
    to_html,
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
    ceiling = record["ceiling"]
    assert (ceiling["micro"]["f1"], ceiling["reports"], ceiling["scored"]) == (1, 3, 3)
    data = record["stamp"]["data"][0]
    assert (data["name"], data["reports"], data["spans"]) == ("gold.jsonl", 6, 12)
    assert len(data["sha256"]) == 64
    assert (record["stamp"]["seed"], record["stamp"]["rounds"]) == (5, 100)
    assert set(record["stamp"]["losses"].values()) == {0, 1}

    text = to_markdown(found)
    assert "# Evaluation of system \\| &lt;b&gt;" in text
    assert "on 3 reports, all of them among those scored." in text
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
    with pytest.raises(HasilaError, match="no report is on both sides"):
        human_ceiling(REPORTS, [Report("other", "نص")])


def test_a_ceiling_on_other_reports_says_so() -> None:
    two = [Report("0", REPORTS[0].text, REPORTS[0].spans), Report("n", "نص آخر")]
    cases = ((two, "2 reports, 1 of them among"), (two[1:], "1 other report than those scored"))
    for annotated, said in cases:
        found = evaluate(
            pair(REPORTS, predictions()), Stamp("x"), annotators=(annotated, annotated), rounds=100
        )
        assert said in to_markdown(found)
        assert said in to_html(found)


def test_runs_are_scored_and_their_losses_told() -> None:
    runs = pair(REPORTS, REPORTS), pair(REPORTS, REPORTS[:3])
    found = evaluate(runs[0], Stamp("x"), others=runs[1:], rounds=100)
    record = to_dict(found)
    assert record["runs"]["values"] == (1, pytest.approx(2 / 3))
    assert record["runs"]["mean"] == pytest.approx(5 / 6)
    assert [*record["stamp"]["lost"].values()] == [("3", "4", "5")]
    assert all(name.startswith("run 2: ") for name in record["stamp"]["lost"])
    for text in (to_markdown(found), to_html(found)):
        assert "2 runs: mean 83.33" in text
        assert "3 (3, 4, 5)" in text


HOSTILE = "![a](http://e.x/p.png) [b](http://e.x) `c` *d* _e_ ~~f~~ <g> &lt; |h| \\| $i$"


def test_text_of_a_report_is_no_markdown() -> None:
    text = f"قتل {HOSTILE}"
    report = Report("1", text, (Span(4, len(text), HOSTILE),), source=HOSTILE)
    found = evaluate(pair([report], [Report("1", "")]), Stamp(HOSTILE), rounds=100)
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(to_markdown(found))
    inside = [child for token in parsed for child in token.children or ()]
    ours = {"strong_open", "strong_close"}  # micro and macro
    assert {child.type for child in inside} - ours <= {"text", "text_special"}
    lines = ["".join(c.content for c in token.children or ()) for token in parsed]
    assert HOSTILE in lines
    assert f"Evaluation of {HOSTILE}" in lines


def test_lone_surrogates_can_be_written_as_utf8() -> None:
    report = Report("1", "نص \ud800", (Span(0, 4, "ACTOR"),), source="\udfff")
    found = evaluate(pair([report], [Report("1", "")]), Stamp("x"), rounds=100)
    assert "\\ud800" in to_markdown(found).encode().decode()
    assert "\\udfff" in to_html(found).encode().decode()

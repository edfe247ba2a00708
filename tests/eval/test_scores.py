"""Strict scores, with seqeval as the oracle."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2
from span_strategies import WORDS, Corpus, corpora

from hasila.data.types import Span
from hasila.eval import Counts, Scores, score


def iob2(spans: Sequence[Span]) -> list[str]:
    tags = ["O"] * WORDS
    for span in spans:
        tags[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
        tags[span.start] = f"B-{span.label}"
    return tags


def scored(corpus: Corpus) -> Scores:
    return score((gold for gold, _ in corpus), (found for _, found in corpus))


@given(corpora())
def test_equals_seqeval_strict_iob2(corpus: Corpus) -> None:
    ours = scored(corpus)
    if not ours.labels:  # seqeval raises on a corpus without a span
        return
    theirs = classification_report(
        [iob2(gold) for gold, _ in corpus],
        [iob2(found) for _, found in corpus],
        mode="strict",
        scheme=IOB2,
        output_dict=True,
        zero_division=0,
    )
    rows = ours.labels | {"micro avg": ours.micro, "macro avg": ours.macro}
    assert set(theirs) - {"weighted avg"} == set(rows)
    for name, counts in rows.items():
        assert theirs[name]["precision"] == pytest.approx(counts.precision)
        assert theirs[name]["recall"] == pytest.approx(counts.recall)
        assert theirs[name]["f1-score"] == pytest.approx(counts.f1)


@given(corpora())
def test_the_corpus_twice_scores_the_same(corpus: Corpus) -> None:
    once, twice = scored(corpus), scored(corpus + corpus)
    assert twice == once + once
    assert twice.micro.f1 == once.micro.f1
    assert twice.macro == once.macro


@given(corpora(), st.randoms())
def test_the_order_of_spans_and_reports_is_irrelevant(corpus: Corpus, random) -> None:
    shuffled = [(random.sample(g, len(g)), random.sample(p, len(p))) for g, p in corpus]
    random.shuffle(shuffled)
    assert scored(shuffled) == scored(corpus)


def test_lost_gold_is_missed() -> None:
    gold = [[Span(0, 4, "ACTOR"), Span(90, 95, "ACTOR")], [Span(0, 3, "NUMBER")]]
    found = score(gold, [[Span(0, 4, "ACTOR")], []])
    assert found.micro == Counts(1, 3, 1)
    assert found.labels["NUMBER"] == Counts(0, 1, 0)


def test_a_report_without_a_prediction_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([[], [Span(0, 4, "ACTOR")]], [[]])


def test_nothing_at_all_scores_zero() -> None:
    nothing = score([[]], [[]])
    assert nothing.micro.f1 == 0
    assert nothing.macro.f1 == 0
    assert nothing.to_dict()["labels"] == {}


def test_macro_is_the_mean_over_labels() -> None:
    found = score([[Span(0, 4, "ACTOR"), Span(5, 7, "NUMBER")]], [[Span(0, 4, "ACTOR")]])
    assert found.to_dict()["macro"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}

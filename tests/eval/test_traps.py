"""Known ways to get a wrong score, each with a test that ours is right.

docs/evaluation.md lists them; `test_the_table_lists_these_tests` holds the two together.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from nervaluate import Evaluator
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from hasila.data.errors import HasilaError
from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval import (
    Counts,
    Overlap,
    Partial,
    Stamp,
    Strict,
    evaluate,
    find_errors,
    pair,
    score,
    tally,
    to_markdown,
)
from hasila.eval.certainty import intervals
from hasila.eval.tags import iob2, seqeval_scores

DOCUMENT = Path(__file__).parents[2] / "docs" / "evaluation.md"
A, L = "ACTOR", "LOCATION"


def nervaluate(gold: list[list[Span]], found: list[list[Span]]) -> dict:
    """nervaluate's figures for spans over words; its offsets are inclusive."""
    sides = [
        [[{"label": s.label, "start": s.start, "end": s.end - 1} for s in r] for r in side]
        for side in (gold, found)
    ]
    return Evaluator(*sides, tags=[A, L], loader="dict").evaluate()["overall"]


def test_orphan_inside_tags_earn_nothing() -> None:
    """seqeval's default repairs an I- without its B- into an entity, and pays for it."""
    gold, found = [["B-ACTOR", "I-ACTOR"]], [["I-ACTOR", "I-ACTOR"]]
    assert f1_score(gold, found) == 1
    assert f1_score(gold, found, mode="strict", scheme=IOB2) == 0
    # Our tags never hold one: every I- follows a tag of its label.
    tags, _ = iob2([(0, 1), (2, 3), (4, 5)], [Span(0, 3, A), Span(4, 5, L)])
    assert tags == ["B-ACTOR", "I-ACTOR", "B-LOCATION"]


def test_a_scheme_without_strict_mode_is_not_strict() -> None:
    """``scheme=IOB2`` alone is ignored: without ``mode="strict"`` the lax figure comes back."""
    gold, found = [["B-ACTOR", "I-ACTOR"]], [["I-ACTOR", "I-ACTOR"]]
    assert f1_score(gold, found, scheme=IOB2) == f1_score(gold, found) == 1
    report = Report("1", "a b", (Span(0, 3, A),))
    ours = seqeval_scores(pair([report], [Report("1", "", ())]).cases)
    assert (ours.precision, ours.recall, ours.f1) == (0, 0, 0)


def test_partial_matches_are_not_counted_twice() -> None:
    """Two halves of one gold span are one match and one spurious span, not two matches."""
    gold, halves = [[Span(0, 10, A)]], [[Span(0, 5, A), Span(5, 10, A)]]
    assert tally(gold, halves, Overlap()).micro == Counts(1, 1, 2)
    assert tally(gold, halves, Partial()).micro == Counts(0.5, 1, 2)


def test_the_order_of_spans_changes_nothing() -> None:
    """nervaluate takes the first span that overlaps, so what comes first decides."""
    gold = [Span(0, 4, A), Span(4, 6, A)]
    found = [Span(0, 6, A), Span(0, 2, A)]
    scores = [tally([g], [f], Overlap()) for g in (gold, gold[::-1]) for f in (found, found[::-1])]
    assert scores == [scores[0]] * 4
    assert scores[0].micro == Counts(2, 2, 2)
    theirs = {nervaluate([gold], [f])["ent_type"].correct for f in (found, found[::-1])}
    assert theirs == {1, 2}


def test_an_overlapping_prediction_does_not_take_the_gold_of_an_exact_one() -> None:
    """nervaluate lets an earlier wrong span use it up; then the exact one is spurious."""
    gold, found = [[Span(0, 4, A)]], [[Span(0, 2, A), Span(0, 4, A)]]
    assert nervaluate(gold, found)["strict"].correct == 0
    assert tally(gold, found, Strict()).micro == Counts(1, 1, 2)


def test_touching_spans_do_not_overlap() -> None:
    """Ends are exclusive: `[0, 4)` and `[4, 9)` share no character."""
    gold, found = [Span(0, 4, A)], [Span(4, 9, A)]
    assert tally([gold], [found], Overlap()).micro.true_positives == 0
    assert [error.kind for error in find_errors(gold, found)] == ["missed", "spurious"]


def test_truncated_gold_is_missed_not_forgotten() -> None:
    """Scores are taken on the report's spans: what lies past a model's limit still counts."""
    text = "قتل مدني " * 500
    spans = tuple(Span(9 * i + 4, 9 * i + 8, A) for i in range(500))
    seen = spans[:100]  # a model that reads the first 200 words
    found = evaluate(
        pair([Report("1", text, spans)], [Report("1", text, seen)]), Stamp("x"), rounds=100
    )
    assert found.scores.micro == Counts(100, 500, 100)
    assert found.error_counts["missed"] == 400


def test_an_empty_report_adds_no_perfect_score() -> None:
    """Nothing to find and nothing found is 0 of 0, and must not lift an average."""
    one = [Span(0, 4, A)], [Span(0, 4, L)]
    assert score([one[0], []], [one[1], []]) == score([one[0]], [one[1]])
    assert score([[]], [[]]).micro.f1 == 0


def test_spurious_spans_in_an_empty_report_count() -> None:
    assert score([[]], [[Span(0, 4, A)]]).micro == Counts(0, 0, 1)


def test_a_label_only_in_the_test_set_counts() -> None:
    """A tag vocabulary from training would drop it; here it is missed, and weighs on macro."""
    found = score([[Span(0, 4, A), Span(5, 9, "WEAPON")]], [[Span(0, 4, A)]])
    assert found.labels["WEAPON"] == Counts(0, 1, 0)
    assert found.macro.f1 == 0.5


def test_a_label_only_in_the_predictions_counts() -> None:
    found = score([[Span(0, 4, A)]], [[Span(0, 4, A), Span(5, 9, "WEAPON")]])
    assert found.micro.precision == 0.5
    assert found.macro.f1 == 0.5


def test_the_duplicated_tail_of_a_distributed_evaluation_is_refused() -> None:
    """A distributed sampler repeats reports until every process has as many."""
    report = Report("7", "قتل مدني", (Span(4, 8, A),))
    with pytest.raises(HasilaError, match="report 7 is twice"):
        pair([report], [report, report])
    # A format without ids numbers its reports, so that no id tells which came twice.
    numbered = [Report(f"found-{i}", report.text, report.spans) for i in (1, 2)]
    with pytest.raises(HasilaError, match="found-2: its text is more often"):
        pair([report], numbered)


def test_a_lost_report_is_missed_and_named() -> None:
    """An inner join over ids would drop it, and the score would rise."""
    gold = [Report(name, "قتل مدني", (Span(4, 8, A),)) for name in "12"]
    pairing = pair(gold, gold[:1])
    found = evaluate(pairing, Stamp("x"), rounds=100)
    assert found.scores.micro == Counts(1, 2, 1)
    assert pairing.unpredicted == ("2",)
    assert [*found.stamp.lost.values()] == [("2",)]
    assert "| 1 (2) |" in to_markdown(found)


def test_adjacent_spans_of_one_label_stay_two() -> None:
    """With IO tags, or B- forgotten, they would merge into one and match a merged prediction."""
    gold, merged = [Span(0, 1, A), Span(2, 3, A)], [Span(0, 3, A)]
    assert score([gold], [merged]).micro == Counts(0, 2, 1)
    assert iob2([(0, 1), (2, 3)], gold)[0] == ["B-ACTOR", "B-ACTOR"]
    assert [error.kind for error in find_errors(gold, merged)] == ["merged"]


def test_ratios_are_not_averaged_over_reports() -> None:
    """The mean of F1 over reports or batches is another figure than F1."""
    short = [Span(0, 4, A)], [Span(0, 4, A)]
    long = [Span(9 * i, 9 * i + 4, A) for i in range(9)], []
    golds, founds = zip(short, long, strict=True)
    mean = sum(score([g], [f]).micro.f1 for g, f in (short, long)) / 2
    assert mean == 0.5
    assert score(golds, founds).micro.f1 == pytest.approx(2 / 11)


def test_the_corpus_twice_scores_the_same() -> None:
    gold, found = [[Span(0, 4, A), Span(5, 9, L)]], [[Span(0, 4, A), Span(5, 8, L)]]
    assert score(gold * 2, found * 2).to_dict()["macro"] == score(gold, found).to_dict()["macro"]
    assert score(gold * 2, found * 2).micro.f1 == score(gold, found).micro.f1


def test_the_same_span_predicted_twice_is_right_once() -> None:
    assert score([[Span(0, 4, A)]], [[Span(0, 4, A)] * 2]).micro == Counts(1, 1, 2)


def test_words_outside_spans_earn_nothing() -> None:
    """Finding nothing is 90 % right by tokens, and worth nothing."""
    tags, _ = iob2([(2 * i, 2 * i + 1) for i in range(10)], [Span(0, 1, A)])
    assert sum(tag == "O" for tag in tags) / len(tags) == 0.9
    assert score([[Span(0, 1, A)]], [[]]).micro.f1 == 0


def test_predictions_off_word_edges_weigh_on_precision() -> None:
    """Converted to tags they vanish, and precision rises; as spans they stay."""
    gold = Report("1", "قتل المدنيين", (Span(4, 12, A),))
    found = evaluate(
        pair([gold], [Report("1", "", (Span(4, 12, A), Span(6, 8, A)))]), Stamp("x"), rounds=100
    )
    assert found.seqeval.precision == 1
    assert found.seqeval.lost_predicted == 1
    assert found.scores.micro.precision == 0.5


def test_offsets_count_code_points() -> None:
    """A tool that counts UTF-16 units is off by one for every emoji before a span."""
    text = "😀😀 قتل مدني"
    gold = Report("1", text, (Span(7, 11, A),))
    assert gold.surface(gold.spans[0]) == "مدني"
    with pytest.raises(HasilaError, match="outside its text"):
        pair([gold], [Report("1", "", (Span(9, 13, A),))])


def test_a_prediction_equals_gold_whatever_its_confidence() -> None:
    """Two dataclasses of different classes are never equal; keys are."""
    found = PredictedSpan(0, 4, A, surface="x", confidence=0.3)
    assert score([[Span(0, 4, A)]], [[found]]).micro == Counts(1, 1, 1)
    assert find_errors([Span(0, 4, A)], [found]) == []


def test_spans_of_one_report_are_not_independent() -> None:
    """Drawing spans instead of reports makes intervals far too narrow when errors cluster."""
    clustered = np.zeros((20, 1, 3))
    clustered[:, 0] = [[20 * (i % 2), 20, 20] for i in range(20)]  # all right, or all wrong
    scattered = np.repeat(clustered, 20, axis=0) / 20  # as if every span were a report
    by_report, by_span = (intervals(c, 1000)[0].f1 for c in (clustered, scattered))
    assert by_report.high - by_report.low > 3 * (by_span.high - by_span.low)


def test_the_table_lists_these_tests() -> None:
    here = {name for name in globals() if name.startswith("test_")} - {
        "test_the_table_lists_these_tests"
    }
    listed = re.findall(r"^\|.*\| `(test_\w+)` \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert len(listed) >= 12
    assert set(listed) == here
    assert len(listed) == len(here)

"""Error kinds: every wrong span in exactly one error."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from span_strategies import any_spans, flat_spans

from hasila.data.types import Span
from hasila.eval import confusion, find_errors, score
from hasila.eval.errors import NONE

A, L = "ACTOR", "LOCATION"


@pytest.mark.parametrize(
    ("gold", "found", "kinds"),
    [
        ([(0, 9, A)], [(0, 9, A)], []),
        ([(0, 9, A)], [], ["missed"]),
        ([], [(0, 9, A)], ["spurious"]),
        ([(0, 9, A)], [(0, 9, L)], ["wrong label"]),
        ([(0, 9, A)], [(3, 9, A)], ["too short"]),
        ([(3, 9, A)], [(0, 9, A)], ["too long"]),
        ([(0, 6, A)], [(3, 9, A)], ["shifted"]),
        ([(0, 6, A)], [(3, 9, L)], ["label and boundary"]),
        ([(0, 9, A)], [(0, 4, A), (5, 9, L)], ["split"]),
        ([(0, 4, A), (5, 9, A)], [(0, 9, A)], ["merged"]),
        # A chain: each gold span is paired with the prediction it shares most with.
        ([(0, 6, A), (7, 9, A)], [(0, 5, A), (5, 9, A)], ["too short", "too long"]),
        ([(0, 6, A), (6, 9, L), (9, 12, L)], [(1, 6, A), (6, 12, L)], ["too short", "merged"]),
        # Touching is not overlapping.
        ([(0, 4, A)], [(4, 9, A)], ["missed", "spurious"]),
    ],
)
def test_kinds(gold, found, kinds) -> None:
    expected, claimed = ([Span(*span) for span in spans] for spans in (gold, found))
    assert [error.kind for error in find_errors(expected, claimed)] == kinds


@given(any_spans(), any_spans(), st.randoms())
def test_every_wrong_span_is_in_exactly_one_error(gold, found, random) -> None:
    listed = find_errors(gold, found)
    right = Counter(gold) & Counter(found)
    assert Counter(s for error in listed for s in error.gold) == Counter(gold) - right
    assert Counter(s for error in listed for s in error.predicted) == Counter(found) - right
    shuffled = find_errors(random.sample(gold, len(gold)), random.sample(found, len(found)))
    assert Counter(shuffled) == Counter(listed)


@given(flat_spans(), flat_spans())
def test_the_confusion_adds_up_to_the_counts(gold, found) -> None:
    table = confusion(gold, found)
    for label, counts in score([gold], [found]).labels.items():
        assert sum(n for (row, _), n in table.items() if row == label) == counts.gold
        assert sum(n for (_, column), n in table.items() if column == label) == counts.predicted
        assert table[label, label] >= counts.true_positives
    assert table[NONE, NONE] == 0

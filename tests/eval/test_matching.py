"""Matching strategies, with brute force and nervaluate as oracles."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator
from span_strategies import Corpus, any_spans, corpora

from hasila.data.types import Span
from hasila.eval import STRATEGIES, Boundary, Overlap, Partial, Strict, score, tally
from hasila.eval.matching import Strategy, assign, share

strategies = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.name)


def total(gold: Sequence[Span], predicted: Sequence[Span], strategy: Strategy) -> float:
    return sum(match.credit for match in assign(gold, predicted, strategy))


@strategies
@given(any_spans().map(lambda spans: spans[:5]), any_spans().map(lambda spans: spans[:5]))
def test_no_other_pairing_is_worth_more(
    strategy: Strategy, gold: list[Span], found: list[Span]
) -> None:
    few, many = sorted((gold, found), key=len)
    flip = few is found

    def worth(chosen: Sequence[Span]) -> float:
        pairs = zip(few, chosen, strict=True)
        return sum(strategy.credit(b, a) if flip else strategy.credit(a, b) for a, b in pairs)

    best = max(worth(chosen) for chosen in permutations(many, len(few)))
    assert total(gold, found, strategy) == pytest.approx(best)


@strategies
@given(any_spans(), any_spans(), st.randoms())
def test_order_changes_nothing(strategy, gold, found, random) -> None:
    shuffled = random.sample(gold, len(gold)), random.sample(found, len(found))
    assert tally([gold], [found], strategy) == tally([shuffled[0]], [shuffled[1]], strategy)


@given(any_spans(), any_spans())
def test_strict_assignment_is_the_strict_score(gold, found) -> None:
    assert tally([gold], [found], Strict()) == score([gold], [found])


@given(any_spans(), any_spans())
def test_laxer_strategies_never_score_less(gold, found) -> None:
    strict, boundary, overlap, partial = (
        tally([gold], [found], s).micro.true_positives for s in STRATEGIES
    )
    assert strict <= boundary
    assert strict <= partial + 1e-9
    assert partial <= overlap + 1e-9


@strategies
@given(corpora())
def test_the_corpus_twice_scores_the_same(strategy: Strategy, corpus: Corpus) -> None:
    gold, found = zip(*corpus, strict=True)
    once = tally(gold, found, strategy)
    twice = tally(gold + gold, found + found, strategy)
    assert twice.micro.f1 == pytest.approx(once.micro.f1)
    assert twice.micro.gold == 2 * once.micro.gold


@given(corpora())
def test_equals_nervaluate_strict_and_exact(corpus: Corpus) -> None:
    """On flat predictions, where its greedy choice takes no gold span from a later equal one."""
    gold, found = zip(*corpus, strict=True)
    if not any(gold):  # it divides nothing then
        return
    # Its offsets are inclusive, its order matters, and it wants the labels told.
    as_dicts = [
        [
            [{"label": s.label, "start": s.start, "end": s.end - 1} for s in sorted(spans)]
            for spans in side
        ]
        for side in (gold, found)
    ]
    labels = ["ACTOR", "LOCATION", "NUMBER"]
    theirs = Evaluator(*as_dicts, tags=labels, loader="dict").evaluate()["overall"]
    for name, strategy in (("strict", Strict()), ("exact", Boundary())):
        ours = tally(gold, found, strategy).micro
        assert theirs[name].correct == ours.true_positives
        assert theirs[name].precision == pytest.approx(ours.precision)
        assert theirs[name].recall == pytest.approx(ours.recall)
        assert theirs[name].f1 == pytest.approx(ours.f1)


def test_partial_credit_is_the_share_of_characters() -> None:
    gold, found = Span(0, 10, "ACTOR"), Span(5, 20, "ACTOR")
    assert share(gold, found) == 5 / 20
    assert total([gold], [found], Partial()) == 0.25
    assert total([gold], [Span(5, 20, "NUMBER")], Partial()) == 0
    assert share(gold, Span(10, 20, "ACTOR")) == 0


def test_an_empty_span_matches_only_its_equal() -> None:
    empty = Span(3, 3, "ACTOR")
    assert total([empty], [empty], Strict()) == 1
    assert total([Span(0, 5, "ACTOR"), empty], [empty], Overlap()) == 1
    assert total([Span(0, 5, "ACTOR")], [empty], Overlap()) == 0

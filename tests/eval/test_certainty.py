"""Intervals and tests between systems."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from hasila.eval.certainty import difference, intervals, ratios_of, resample, spread


def counts_of(recall: float, reports: int = 200, groups: int = 2, *, seed: int = 7) -> np.ndarray:
    """Reports with 5 to 15 gold spans and as many claims, a share of them right.

    Another seed is another system on the same reports.
    """
    gold = np.random.default_rng(1).integers(5, 16, (reports, groups))
    right = np.random.default_rng(seed).binomial(gold, recall)
    return np.stack([right, gold, gold], axis=-1).astype(float)


def test_ratios_are_made_from_sums_and_0_by_0_is_0() -> None:
    sums = np.array([[3.0, 4, 6], [0, 0, 2], [0, 0, 0]])
    assert ratios_of(sums).tolist() == [[0.5, 0.75, 0.6], [0, 0, 0], [0, 0, 0]]


def test_a_resample_draws_as_many_reports_as_there_are() -> None:
    counts = np.ones((50, 1, 3))
    assert (resample(counts, 300) == 50).all()


def test_intervals_agree_with_scipy() -> None:
    counts = counts_of(0.8, groups=1)

    def f1(index: np.ndarray) -> float:
        return ratios_of(counts[index, 0].sum(axis=-2))[..., 2]

    theirs = bootstrap(
        (np.arange(200),), f1, n_resamples=4000, method="percentile", vectorized=False, rng=3
    ).confidence_interval
    ours = intervals(counts, 4000)[0].f1
    assert ours.low == pytest.approx(theirs.low, abs=0.003)
    assert ours.high == pytest.approx(theirs.high, abs=0.003)


def test_the_same_seed_gives_the_same_interval_and_intervals_hold_the_score() -> None:
    counts = counts_of(0.8)
    assert intervals(counts, 500, seed=3) == intervals(counts, 500, seed=3)
    for group, found in enumerate(intervals(counts, 500)):
        f1 = ratios_of(counts[:, group].sum(axis=0))[2]
        assert found.f1.low < f1 < found.f1.high


def test_a_group_in_one_report_is_not_judged_by_resamples_without_it() -> None:
    counts = np.zeros((100, 1, 3))
    counts[0, 0] = 3, 4, 4
    assert intervals(counts, 500)[0].f1 == (0.75, 0.75)


def test_no_reports_have_no_interval() -> None:
    assert intervals(np.zeros((0, 1, 3)), 10)[0].f1 == (0, 0)


def test_a_system_is_not_better_than_itself() -> None:
    counts = counts_of(0.8)
    same = difference(counts, counts, 500)
    assert same.delta == 0
    assert same.p_bootstrap == same.p_randomisation == 1


def test_a_clear_difference_is_found_and_its_sign_is_bs_gain() -> None:
    found = difference(counts_of(0.7, seed=1), counts_of(0.9, seed=2), 1000)
    assert found.delta == pytest.approx(0.2, abs=0.05)
    assert found.interval.low > 0.1
    assert max(found.p_bootstrap, found.p_randomisation) == pytest.approx(1 / 1001)


def test_chance_is_called_significant_as_often_as_the_level_says() -> None:
    below = [
        difference(
            counts_of(0.8, 40, seed=2 * seed), counts_of(0.8, 40, seed=2 * seed + 1), 200, seed=seed
        ).p_randomisation
        < 0.1
        for seed in range(200)
    ]
    assert 5 <= sum(below) <= 40  # 20 expected; a test that is 3 times off fails


def test_spread_over_seeds() -> None:
    found = spread([0.8, 0.9, 0.85])
    assert (found.mean, found.deviation) == (pytest.approx(0.85), pytest.approx(0.05))
    assert spread([0.8]).deviation == 0
    assert str(found) == "3 runs: mean 85.00, standard deviation 5.00, from 80.00 to 90.00"
    with pytest.raises(ValueError, match="no values"):
        spread([])

"""How sure a score is: bootstrap intervals, and tests between two systems, over reports.

Reports are the unit, for spans of one report stand and fall together. Every resample adds up the
counts of its reports and divides once; counts are cached per report, so a resample is a row of
weights times a matrix.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .breakdown import CountArray

Floats = npt.NDArray[np.float64]

ROUNDS = 10_000
_CHUNK = 256  # rounds at once: keeps the weights of 10,000 reports at 20 MB


class Interval(NamedTuple):
    """The ends of a 95 % interval."""

    low: float
    high: float


class Intervals(NamedTuple):
    """Intervals of the three ratios."""

    precision: Interval
    recall: Interval
    f1: Interval


def ratios_of(sums: Floats) -> Floats:
    """Precision, recall and F1 on the last axis for counts on the last axis; 0/0 is 0.

    Args:
        sums: shape (…, 3): true positives, gold, predicted.
    """
    right, gold, predicted = np.moveaxis(sums, -1, 0)
    denominators = np.stack([predicted, gold, (gold + predicted) / 2], axis=-1)
    divided: Floats = np.divide(
        right[..., None], denominators, out=np.zeros_like(denominators), where=denominators > 0
    )
    return divided


def _weights(reports: int, rounds: int, seed: int) -> Iterator[Floats]:
    """How often each report is drawn in each round, in chunks of shape (≤ 256, reports)."""
    random = np.random.default_rng(seed)
    for first in range(0, rounds, _CHUNK):
        size = min(_CHUNK, rounds - first)
        drawn = random.integers(reports, size=(size, reports))
        drawn += np.arange(size)[:, None] * reports
        tallied = np.bincount(drawn.ravel(), minlength=size * reports)
        yield tallied.reshape(size, reports).astype(np.float64)


def resample(counts: CountArray, rounds: int = ROUNDS, seed: int = 0) -> Floats:
    """The counts of bootstrap resamples of the reports.

    Args:
        counts: shape (reports, groups, 3).
        rounds: how many resamples.
        seed: equal seeds draw equal reports, whatever the counts: that pairs two systems.

    Returns:
        Shape (rounds, groups, 3).
    """
    reports, groups, _ = counts.shape
    flat = counts.reshape(reports, groups * 3)
    if not reports:
        return np.zeros((rounds, groups, 3))
    chunks = [weights @ flat for weights in _weights(reports, rounds, seed)]
    return np.concatenate(chunks).reshape(rounds, groups, 3)


def intervals(counts: CountArray, rounds: int = ROUNDS, seed: int = 0) -> list[Intervals]:
    """The 95 % percentile intervals of each group's ratios (Efron 1979).

    A resample that has none of a group's spans says nothing about it and is left out.
    """
    resampled = resample(counts, rounds, seed)
    ratios = ratios_of(resampled)
    ratios[resampled[..., 1:].sum(axis=-1) == 0] = np.nan
    return [_interval(ratios[:, group]) for group in range(ratios.shape[1])]


def macro_intervals(counts: CountArray, rounds: int = ROUNDS, seed: int = 0) -> Intervals:
    """The intervals of the mean over groups; groups a resample has no span of are left out."""
    resampled = resample(counts, rounds, seed)
    present = resampled[..., 1:].sum(axis=-1) > 0  # (rounds, groups)
    ratios = np.where(present[..., None], ratios_of(resampled), 0).sum(axis=1)
    groups = present.sum(axis=1)[:, None]
    return _interval(np.divide(ratios, groups, out=np.full_like(ratios, np.nan), where=groups > 0))


def _interval(ratios: Floats) -> Intervals:
    """Of samples of shape (rounds, 3)."""
    known = ratios[~np.isnan(ratios[:, 0])]
    if not len(known):
        return Intervals(*[Interval(0.0, 0.0)] * 3)
    low, high = np.quantile(known, [0.025, 0.975], axis=0).tolist()
    return Intervals(*(Interval(*ends) for ends in zip(low, high, strict=True)))


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better system B does than A in F1, and whether that is more than chance.

    ``interval`` and ``p_bootstrap`` are of the paired bootstrap, ``p_randomisation`` of approximate
    randomisation; both p-values are two-sided and never 0 (one is added to their counts).
    """

    f1_a: float
    f1_b: float
    interval: Interval
    p_bootstrap: float
    p_randomisation: float

    @property
    def delta(self) -> float:
        """F1 of B minus F1 of A."""
        return self.f1_b - self.f1_a


def difference(a: CountArray, b: CountArray, rounds: int = ROUNDS, seed: int = 0) -> Difference:
    """Compare the micro F1 of two systems on the same reports.

    The paired bootstrap draws the same reports for both; its p-value is the share of resamples
    whose difference strays from the observed one by as much as that is from 0 (Berg-Kirkpatrick
    et al. 2012, two-sided). Approximate randomisation swaps the systems' results on a random half
    of the reports, as if it did not matter whose they are (Noreen 1989, Yeh 2000).

    Args:
        a: counts of system A, shape (reports, groups, 3).
        b: counts of system B on the same reports, of the same shape or with other groups.
        rounds: resamples, and swaps.
        seed: of both.
    """
    totals_a, totals_b = a.sum(axis=1), b.sum(axis=1)  # (reports, 3)
    f1_a, f1_b = (float(ratios_of(t.sum(axis=0))[2]) for t in (totals_a, totals_b))
    observed = f1_b - f1_a
    both = np.stack([totals_a, totals_b], axis=1)
    drawn = ratios_of(resample(both, rounds, seed))[..., 2]
    deltas = drawn[:, 1] - drawn[:, 0]
    low, high = np.quantile(deltas, [0.025, 0.975]).tolist()
    swapped = _randomised(totals_a, totals_b, rounds, seed)
    return Difference(
        f1_a,
        f1_b,
        Interval(low, high),
        _p_value(deltas - observed, observed),
        _p_value(swapped, observed),
    )


def _randomised(a: Floats, b: Floats, rounds: int, seed: int) -> Floats:
    """F1 differences after swapping the systems in random reports, shape (rounds,)."""
    random = np.random.default_rng(seed)
    gained = b - a
    deltas = []
    for first in range(0, rounds, _CHUNK):
        size = min(_CHUNK, rounds - first)
        swap = random.integers(2, size=(size, len(a))).astype(np.float64)
        moved = swap @ gained
        swapped_a, swapped_b = a.sum(axis=0) + moved, b.sum(axis=0) - moved
        deltas.append(ratios_of(swapped_b)[:, 2] - ratios_of(swapped_a)[:, 2])
    return np.concatenate(deltas)


def _p_value(chance: Floats, observed: float) -> float:
    # Rounding must not turn "as far" into "not as far": equal systems have p = 1.
    beyond = np.count_nonzero(np.abs(chance) >= abs(observed) - 1e-12)
    return float((beyond + 1) / (len(chance) + 1))


@dataclass(frozen=True, slots=True)
class Spread:
    """A score over several seeds; ``deviation`` is the sample's, n - 1 in the denominator."""

    values: tuple[float, ...]
    mean: float
    deviation: float
    low: float
    high: float

    def __str__(self) -> str:
        ends = f"from {100 * self.low:.2f} to {100 * self.high:.2f}"
        return (
            f"{len(self.values)} runs: mean {100 * self.mean:.2f}, standard deviation "
            f"{100 * self.deviation:.2f}, {ends}"
        )


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of a score over runs that differ in their seed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values to average")
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Spread(tuple(values), float(np.mean(values)), deviation, min(values), max(values))

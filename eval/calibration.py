"""Whether confidence can be acted on: calibration of spans, and a threshold to review below.

A span's confidence claims how likely it is to be strictly right. Expected calibration error is the
gap between claim and truth, averaged over bins of equal width by their size (Naeini et al. 2015,
Guo et al. 2017). A temperature T maps confidence c to ``sigmoid(logit(c) / T)``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from ..data.types import PredictedSpan
from .cases import Case
from .scores import Counts

Floats = npt.NDArray[np.float64]

BINS = 10
_TINY = 1e-6  # confidences of 0 and 1 have no finite logit


@dataclass(frozen=True, slots=True)
class Bin:
    """The spans whose confidence is in ``(low, high]``; the first bin holds 0 too."""

    low: float
    high: float
    spans: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """What keeping only the spans at or above a confidence leaves."""

    confidence: float
    counts: Counts


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration of a system's spans.

    ``ece_scaled`` is the error after scaling by a temperature that was fitted on the other half of
    the reports, so it is no praise of itself; ``temperature`` is fitted on all of them.
    """

    spans: int
    bins: tuple[Bin, ...]
    ece: float
    temperature: float
    ece_scaled: float
    thresholds: tuple[Threshold, ...]

    def review_threshold(self, min_precision: float) -> Threshold | None:
        """The lowest confidence whose spans reach a precision; None if none does.

        >>> empty = Calibration(0, (), 0.0, 1.0, 0.0, ())
        >>> empty.review_threshold(0.95) is None
        True
        """
        reached = [t for t in self.thresholds if t.counts.precision >= min_precision]
        return min(reached, key=lambda t: t.confidence, default=None)

    def table(self, steps: int = 20) -> list[Threshold]:
        """A few thresholds for a table or a curve, evenly spread over the spans."""
        last = len(self.thresholds) - 1
        chosen = {round(step * last / steps) for step in range(steps + 1)} if last >= 0 else set()
        return [self.thresholds[index] for index in sorted(chosen)]


def calibrate(cases: Sequence[Case]) -> Calibration | None:
    """Calibration over all predicted spans; None if a span comes without confidence."""
    confidences, right, halves = [], [], []
    for index, case in enumerate(cases):
        expected = Counter(span.key for span in case.report.spans)
        for span in case.predicted:
            if not isinstance(span, PredictedSpan):
                return None
            confidences.append(span.confidence)
            right.append(expected[span.key] > 0)
            halves.append(index % 2)
            expected[span.key] -= 1
    if not confidences:
        return None
    claimed, true, half = np.array(confidences), np.array(right, dtype=float), np.array(halves)
    scaled = claimed.copy()
    for side in (0, 1):
        if (half == side).any() and (half != side).any():
            fitted = fit_temperature(claimed[half != side], true[half != side])
            scaled[half == side] = scale(claimed[half == side], fitted)
    gold = sum(len(case.report.spans) for case in cases)
    bins = reliability(claimed, true)
    return Calibration(
        spans=len(claimed),
        bins=bins,
        ece=expected_error(bins),
        temperature=fit_temperature(claimed, true),
        ece_scaled=expected_error(reliability(scaled, true)),
        thresholds=_thresholds(claimed, true, gold),
    )


def scale(confidence: Floats, temperature: float) -> Floats:
    """Confidence at a temperature: above 1 it gets less sure, below 1 surer."""
    scaled: Floats = expit(logit(np.clip(confidence, _TINY, 1 - _TINY)) / temperature)
    return scaled


def fit_temperature(confidence: Floats, right: Floats) -> float:
    """The temperature under which what came true was most likely, from 0.05 to 20."""

    def loss(log_temperature: float) -> float:
        p = np.clip(scale(confidence, float(np.exp(log_temperature))), _TINY, 1 - _TINY)
        return float(-np.mean(right * np.log(p) + (1 - right) * np.log1p(-p)))

    ends = (float(np.log(0.05)), float(np.log(20)))
    return float(np.exp(minimize_scalar(loss, bounds=ends, method="bounded").x))


def reliability(confidence: Floats, right: Floats) -> tuple[Bin, ...]:
    """The non-empty bins of a reliability diagram; ``right`` is 1 where a span is, else 0."""
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    place = np.digitize(confidence, inner, right=True)
    return tuple(
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            spans=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for index in range(BINS)
        if (inside := place == index).any()
    )


def expected_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the bins' gaps, weighted by their spans."""
    total = sum(b.spans for b in bins)
    return sum(b.spans * abs(b.confidence - b.accuracy) for b in bins) / total if total else 0.0


def _thresholds(confidence: Floats, right: Floats, gold: int) -> tuple[Threshold, ...]:
    """One at every confidence there is, ascending: no finer step changes what is kept."""
    order = np.argsort(-confidence, kind="stable")
    levels, last = np.unique(-confidence[order], return_index=True)
    kept = np.append(last[1:], len(order))
    true = np.cumsum(right[order])[kept - 1]
    rows = zip((-levels).tolist(), true.astype(int).tolist(), kept.tolist(), strict=True)
    found = [Threshold(level, Counts(tp, gold, size)) for level, tp, size in rows]
    return tuple(reversed(found))

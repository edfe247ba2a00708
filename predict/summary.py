"""What a run did, for people and for programs."""

import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.ranges import Ranges, drift, signals
from .counts import Counts

_WATCHED = ("ACTOR", "LOCATION")  # of numbers, no surface says anything by being frequent
_ENOUGH = 20  # articles; averages over fewer say little about what is usual


@dataclass(frozen=True, slots=True)
class Summary:
    """What a finished run did.

    Attributes:
        output: the file written.
        quarantine: the file of rows left out, if there are any.
        counts: over the whole input, also what earlier, interrupted runs of it did.
        seconds: this run took, the model's loading not counted.
        words_now: of the articles this run tagged itself.
        drift: what is unlike the development reports of the model, in words.
    """

    output: Path
    quarantine: Path | None
    counts: Counts
    seconds: float
    words_now: int
    drift: tuple[str, ...]

    @property
    def words_per_second(self) -> float:
        """Of this run."""
        return self.words_now / max(self.seconds, 1e-9)

    @property
    def most_frequent(self) -> dict[str, list[tuple[str, int]]]:
        """The actors and places found most often."""
        return {label: self.counts.most_frequent(label) for label in _WATCHED}

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        counts = self.counts.to_dict()
        spans, confidence = sum(self.counts.spans.values()), counts.pop("confidence")
        counts = {name: counts[name] for name in counts if name not in ("surfaces", "fields")}
        return counts | {
            "mean_confidence": round(confidence / spans, 4) if spans else None,
            "seconds": round(self.seconds, 2),
            "words_per_second": round(self.words_per_second, 1),
            "peak_memory_bytes": peak_memory(),
            "most_frequent": self.most_frequent,
            "drift": list(self.drift),
            "output": str(self.output),
            "quarantine": str(self.quarantine) if self.quarantine else None,
        }


def drifted(counts: Counts, usual: Ranges) -> tuple[str, ...]:
    """What is unlike the reports the model was developed on; nothing is said of few articles."""
    if counts.articles < _ENOUGH:
        return ()
    averages = signals(
        counts.words, counts.pieces, counts.unknown_pieces, counts.spans, counts.confidence
    )
    return tuple(drift(averages, usual))


def peak_memory() -> int:
    """The most memory this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

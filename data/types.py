"""The types every room speaks: spans of a text, annotated reports, predictions.

Offsets are half-open ``[start, end)``, in Unicode code points of the raw text, so that
``text[start:end]`` is the span. `docs/guidelines.md` says what the labels mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Label = Literal["ACTOR", "LOCATION", "NUMBER"]
LABELS: tuple[Label, ...] = get_args(Label)

Bound = Literal["exact", "approx", "at_least", "at_most", "range", "vague"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)

Counted = Literal[
    "killed",
    "wounded",
    "detained",
    "missing",
    "displaced",
    "abducted",
    "released",
    "people",
    "attacks",
    "items",
    "measure",
    "money",
    "percent",
    "other",
]
COUNTED: tuple[Counted, ...] = get_args(Counted)

Offsets = tuple[int, int]
"""A half-open range of code points of a raw text."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a NUMBER says: its value, what it counts, who and where.

    ``low`` and ``high`` are None where the report leaves that end open ("at least 27" has no high).
    ``who`` and ``where`` are the offsets of the ACTOR and LOCATION spans it speaks of.
    """

    low: float | None
    high: float | None
    bound: Bound
    of: Counted
    who: tuple[Offsets, ...] = ()
    where: tuple[Offsets, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of a text: ``text[start:end]``. Spans sort by `key`, predicted or not.

    The label is a plain string because other systems' labels pass through here too; that ours are
    among `LABELS` is for the gate to check.
    """

    start: int
    end: int
    label: str
    quantity: Quantity | None = field(default=None, compare=False)

    @property
    def offsets(self) -> Offsets:
        """``(start, end)``."""
        return self.start, self.end

    @property
    def key(self) -> tuple[int, int, str]:
        """``(start, end, label)``: what strict scores compare."""
        return self.start, self.end, self.label

    def __lt__(self, other: "Span") -> bool:
        # Not the dataclass's own order: that knows no order between a span and a predicted one.
        return self.key < other.key


@dataclass(frozen=True, slots=True)
class PredictedSpan(Span):
    """A span a model found, with the text it covers and how sure the model is (0 to 1)."""

    surface: str = field(default="", compare=False)
    confidence: float = field(default=1.0, compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """An annotated report. ``meta`` holds every other field of its record, untouched."""

    id: str
    text: str
    spans: tuple[Span, ...] = ()
    source: str | None = None
    date: str | None = None
    country: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def surface(self, span: Span) -> str:
        """The text of one of its spans."""
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model found in one text.

    ``words`` is the number of words the model decided, which is all the text has;
    ``cut_words`` of them were longer than a window and were judged by their beginning.
    """

    spans: tuple[PredictedSpan, ...]
    words: int
    cut_words: int = 0

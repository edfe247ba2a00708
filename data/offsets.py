"""Offsets as other tools count them, and how to tell that a file counts them so.

Ours are code points of the raw text. JavaScript and Java tools count UTF-16 units, some count
UTF-8 bytes, and editors that change line ends leave counts of another text behind. Each is a
`Unit`: how many units a character is worth.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import accumulate
from typing import Literal, get_args

from .types import Offsets

Unit = Literal["UTF-16 units", "UTF-8 bytes", r"\r\n as one", r"\n as two"]
UNITS: tuple[Unit, ...] = get_args(Unit)


def unit_starts(text: str, unit: Unit) -> list[int]:
    """The offset, counted in a unit, of each code-point boundary of a text (its length + 1)."""
    match unit:
        case "UTF-16 units":
            widths: Iterable[int] = (2 if char > "\uffff" else 1 for char in text)
        case "UTF-8 bytes":
            widths = (1 + (c > "\x7f") + (c > "\u07ff") + (c > "\uffff") for c in text)
        case r"\r\n as one":
            widths = (
                0 if c == "\r" and text[i + 1 : i + 2] == "\n" else 1 for i, c in enumerate(text)
            )
        case _:
            widths = (2 if c == "\n" and text[i - 1 : i] != "\r" else 1 for i, c in enumerate(text))
    return [0, *accumulate(widths)]


def to_code_points(starts: Sequence[int], offset: int) -> int | None:
    r"""A unit's offset as code points; None inside a character or outside the text.

    ``starts`` is what `unit_starts` returned. Where a character is worth nothing (the ``\r`` of
    ``\r\n``), the boundary before it is meant.
    """
    point = bisect_left(starts, offset)
    return point if point < len(starts) and starts[point] == offset else None


def unit_that_fits(
    text: str, spans: Sequence[Offsets], edges: tuple[Container[int], Container[int]]
) -> Unit | None:
    """The unit in which every span of a text begins and ends at a word's edge, if there is one.

    To ask only where spans are off the edges in code points. ``edges`` are the offsets at which
    words begin and at which they end.
    """
    for unit in UNITS:
        starts = unit_starts(text, unit)
        if starts[-1] == len(text):  # nothing in the text that this unit counts differently
            continue
        moved = [
            (to_code_points(starts, start), to_code_points(starts, end)) for start, end in spans
        ]
        if all(start in edges[0] and end in edges[1] for start, end in moved):
            return unit
    return None

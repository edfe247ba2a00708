"""Annotated reports written as the inline markup that `markup` reads."""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from .errors import HasilaError
from .files import atomic_text
from .jsonl import FIELDS
from .markup import LETTERS, value_of
from .types import Quantity, Report, Span


def write_markup(path: Path, reports: Iterable[Report]) -> int:
    """Write reports as markup, all or nothing; return how many.

    Raises:
        HasilaError: the markup cannot express a report (spans that overlap or cross lines, a NUMBER
            without a value, a line that begins with ``===``, a field that is not a line of text).
    """
    count = 0
    with atomic_text(path) as stream:
        for report in reports:
            stream.write(markup_of(report))
            count += 1
    return count


def markup_of(report: Report) -> str:
    """A report as markup, with an empty line at its end.

    Raises:
        HasilaError: the markup cannot express it.
    """
    if report.id.strip().splitlines() != [report.id]:
        raise _inexpressible(report, "its id is no line of text")
    fields = {name: getattr(report, name) for name in FIELDS} | dict(report.meta)
    header = {key: value for key, value in fields.items() if value is not None}
    names = _names(report)
    pieces, end = [], 0
    for span in sorted(report.spans):
        if not end <= span.start < span.end <= len(report.text):
            raise _inexpressible(report, f"span [{span.start}, {span.end}) overlaps or is outside")
        if "\n" in report.surface(span):
            raise _inexpressible(report, f"span [{span.start}, {span.end}) goes over a line's end")
        surface = _escaped(report.surface(span))
        pieces += [
            _escaped(report.text[end : span.start]),
            f"{{{surface}|{_code(report, span, names)}}}",
        ]
        end = span.end
    body = "".join(pieces) + _escaped(report.text[end:])
    for key, value in header.items():
        if not isinstance(value, str) or f"{key}: {value}".strip().splitlines() != [
            f"{key}: {value}"
        ]:
            raise _inexpressible(report, f"field {key!r} is no line of text: {value!r}")
    if body.strip("\n") != body or not body or re.search("^===", body, re.MULTILINE):
        raise _inexpressible(
            report,
            "its text is empty, begins or ends with an empty line, or has a line that begins ===",
        )
    lines = "".join(f"{key}: {value}\n" for key, value in header.items())
    return f"=== {report.id}\n{lines}\n{body}\n\n"


def _names(report: Report) -> dict[tuple[int, int, str], str]:
    """A1, L2, … for the spans that a NUMBER of the report points at."""
    targets = {
        (*offsets, letter)
        for span in report.spans
        if (quantity := span.quantity)
        for letter, all_offsets in (("A", quantity.who), ("L", quantity.where))
        for offsets in all_offsets
    }
    count = {"A": 0, "L": 0}
    names = {}
    for start, end, letter in sorted(targets):
        count[letter] += 1
        names[start, end, letter] = f"{letter}{count[letter]}"
    there = {(*span.offsets, LETTERS.get(span.label)) for span in report.spans}
    if missing := [target for target in sorted(targets) if target not in there]:
        raise _inexpressible(report, f"a NUMBER points at {missing[0]}, where no such span is")
    return names


def _code(report: Report, span: Span, names: dict[tuple[int, int, str], str]) -> str:
    if letter := LETTERS.get(span.label):
        return names.get((*span.offsets, letter), letter)
    quantity = span.quantity
    if span.label != "NUMBER" or quantity is None:
        raise _inexpressible(report, f"{span.label} [{span.start}, {span.end}) needs a value")
    refs = [names[*offsets, "A"] for offsets in quantity.who]
    refs += [names[*offsets, "L"] for offsets in quantity.where]
    value = _written(quantity)
    if value_of(value) != (quantity.low, quantity.high, quantity.bound):
        raise _inexpressible(report, f"the value of [{span.start}, {span.end}) has no VALUE")
    return " ".join(["N", value, quantity.of, *refs])


def _written(quantity: Quantity) -> str:
    low, high = (
        "" if end is None else f"{Decimal(str(end)):f}" for end in (quantity.low, quantity.high)
    )
    match quantity.bound:
        case "range":
            return f"{low}..{high}"
        case "vague":
            return f"?{low}..{high}" if low or high else "?"
        case "at_most":
            return f"<={high}"
        case bound:
            return {"exact": "", "approx": "~", "at_least": ">="}[bound] + low


def _escaped(text: str) -> str:
    return re.sub(r"([{}|\\])", r"\\\1", text)


def _inexpressible(report: Report, why: str) -> HasilaError:
    return HasilaError(f"report {report.id} cannot be written as markup: {why}")

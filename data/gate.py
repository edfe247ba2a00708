"""The gate: what is wrong with annotated reports, found before anything is trained on them.

Reports come as a stream and leave as soon as they are checked; what is kept of each is its id, its
place and a fingerprint of its text. Errors are what training refuses; warnings are for a person to
judge. Nothing is changed or dropped.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .duplicates import TextIndex
from .errors import HasilaError, counted
from .jsonl import Located
from .normalise import normalised
from .offsets import unit_that_fits
from .types import LABELS, Offsets, Quantity, Report, Span
from .words import is_mark, words

Severity = Literal["error", "warning"]

KINDS: dict[str, Severity] = {
    "empty": "error",
    "outside-text": "error",
    "unknown-label": "error",
    "off-word-edge": "error",
    "edge-punctuation": "error",
    "overlap": "error",
    "offset-unit": "error",
    "quantity-off-number": "error",
    "dangling-reference": "error",
    "bad-mask": "error",
    "low-above-high": "error",
    "duplicate-id": "error",
    "duplicate-text-across": "error",
    "duplicate-text": "warning",
    "near-duplicate-across": "warning",
    "near-duplicate": "warning",
    "no-words": "warning",
}
"""Every kind of finding, with how grave it is. "Across" means: in two of the files given."""

_SHOWN = 20  # errors that one message of `require_clean` lists
_CONTEXT = 20  # characters shown on either side of a span


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one report; ``line`` is 0 where its format has no lines."""

    kind: str
    file: str
    line: int
    report: str
    message: str

    @property
    def severity(self) -> Severity:
        """Whether training refuses it."""
        return KINDS[self.kind]

    @property
    def place(self) -> str:
        """``file:line``, or the file alone."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        return f"{self.place}: report {self.report}: {self.severity}: {self.kind}: {self.message}"


def check(located: Iterable[Located]) -> Iterator[Finding]:
    """All findings, as a stream; those about near-duplicates come when every report was seen.

    Files are told apart by `Located.file`: give the files of all splits together to learn what
    leaks from one into another.
    """
    seen: list[tuple[str, int, str]] = []
    first_with: dict[str, int] = {}
    texts = TextIndex()
    for file, line, report in located:
        number = len(seen)
        seen.append((file, line, report.id))
        spans = words(report.text)
        found = list(_problems(report, spans))
        if (earlier := first_with.setdefault(report.id, number)) != number:
            found.append(("duplicate-id", f"{_named(seen[earlier])} has the same id"))
        same = texts.add(normalised(report.text, spans))
        if same is not None:
            kind = "duplicate-text" if seen[same][0] == file else "duplicate-text-across"
            found.append((kind, f"{_named(seen[same])} has the same words"))
        for kind, message in found:
            yield Finding(kind, file, line, report.id, message)
    yield from _near(texts, seen)


def require_clean(located: Iterable[Located]) -> Counter[str]:
    """Check reports that are to be trained on; the number of warnings of each kind.

    Raises:
        HasilaError: there are errors; the message counts them by kind and lists the first.
    """
    warnings: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    shown: list[str] = []
    for finding in check(located):
        if finding.severity == "warning":
            warnings[finding.kind] += 1
            continue
        errors[finding.kind] += 1
        if len(shown) < _SHOWN:
            shown.append(str(finding))
    if errors:
        counts = ", ".join(f"{count} {kind}" for kind, count in errors.most_common())
        listed = "\n  ".join(shown)
        more = "\n  …" if errors.total() > len(shown) else ""
        raise HasilaError(
            f"the annotations have {counted(errors.total(), 'error')} ({counts}); "
            f"`hasila check` lists them all:\n  {listed}{more}"
        )
    return warnings


def _problems(report: Report, spans: Sequence[Offsets]) -> Iterator[tuple[str, str]]:
    """Kind and message of what is wrong within one report."""
    if not spans:
        yield "no-words", "the text has no words"
    edges = dict(spans), {end: start for start, end in spans}
    misplaced = list(_misplaced(report, spans, edges))
    offsets = [span.offsets for span in report.spans]
    off = sum(kind in ("outside-text", "off-word-edge") for kind, _ in misplaced)
    if off and (unit := unit_that_fits(report.text, offsets, edges)):
        yield (
            "offset-unit",
            f"{off} of {len(offsets)} spans do not begin and end with words, but all would if "
            f"offsets counted {unit}: count Unicode code points of the text as it stands here",
        )
    else:
        yield from misplaced
    reach: Span | None = None
    for span in sorted(report.spans):
        if span.label not in LABELS:
            yield "unknown-label", f"{span.label!r} is not one of {', '.join(LABELS)}"
        if reach and span.start < reach.end:
            yield "overlap", f"{_shown(report, span)} overlaps {_shown(report, reach)}"
        reach = span if reach is None or span.end > reach.end else reach
        if span.quantity:
            yield from _wrong_quantity(report, span, span.quantity)
    yield from wrong_masks(report)


def _misplaced(
    report: Report, spans: Sequence[Offsets], edges: tuple[dict[int, int], dict[int, int]]
) -> Iterator[tuple[str, str]]:
    """Spans that are not whole words with a letter or digit in the first and the last.

    ``edges``: the end of the word that begins at an offset, the start of the one that ends there.
    """
    text = report.text
    for span in report.spans:
        start, end = span.offsets
        if start >= end:
            yield "empty", f"{span.label} [{start}, {end}) has no characters"
        elif start < 0 or end > len(text):
            yield (
                "outside-text",
                f"{span.label} [{start}, {end}) is outside the text of "
                f"{counted(len(text), 'character')}",
            )
        elif start not in edges[0] or end not in edges[1]:
            touched = [word for word in spans if word[0] < end and word[1] > start]
            advice = f"; the words it touches are {_quoted(text, touched)}" if touched else ""
            yield (
                "off-word-edge",
                f"{_shown(report, span)} does not begin and end with words{advice}",
            )
        else:
            first, last = text[start : edges[0][start]], text[edges[1][end] : end]
            if bare := [word for word in {first, last} if is_mark(word)]:
                marks = " and ".join(map(repr, sorted(bare)))
                yield "edge-punctuation", f"{_shown(report, span)} has {marks} at its edge"


def _wrong_quantity(report: Report, span: Span, quantity: Quantity) -> Iterator[tuple[str, str]]:
    if span.label != "NUMBER":
        yield "quantity-off-number", f"{_shown(report, span)} has a value and is no NUMBER"
    low, high = quantity.low, quantity.high
    if low is not None and high is not None and low > high:
        yield "low-above-high", f"{_shown(report, span)} has low {low:g} above high {high:g}"
    for field, label, targets in (
        ("who", "ACTOR", quantity.who),
        ("where", "LOCATION", quantity.where),
    ):
        there = {other.offsets for other in report.spans if other.label == label} if targets else ()
        for start, end in targets:
            if (start, end) not in there:
                yield (
                    "dangling-reference",
                    f"{_shown(report, span)}: {field} [{start}, {end}) is no {label} of the report",
                )


def wrong_masks(report: Report) -> Iterator[tuple[str, str]]:
    """Kind and message of what `relabel` writes, and training and scores read, if it is wrong."""
    masked = report.meta.get("masked", [])
    for offsets in masked if isinstance(masked, list) else [masked]:
        match offsets:
            case [int(start), int(end)] if 0 <= start < end <= len(report.text):
                pass
            case _:
                yield (
                    "bad-mask",
                    f"masked: {offsets!r:.80} is no [start, end] within the text; masked is a "
                    "list of the stretches of which the annotation says nothing",
                )
    unannotated = report.meta.get("unannotated", [])
    if not isinstance(unannotated, list) or any(label not in LABELS for label in unannotated):
        yield (
            "bad-mask",
            f"unannotated: {unannotated!r:.80} is no list of some of {', '.join(LABELS)}",
        )


def _near(texts: TextIndex, seen: Sequence[tuple[str, int, str]]) -> Iterator[Finding]:
    """One finding a report: its likest earlier one, if possible in another file."""
    likest: dict[int, tuple[bool, float, int]] = {}
    for first, second, similarity in texts.near():
        across = seen[first][0] != seen[second][0]
        likest[second] = max(likest.get(second, (False, 0.0, -1)), (across, similarity, first))
    for number, (across, similarity, first) in sorted(likest.items()):
        kind = "near-duplicate-across" if across else "near-duplicate"
        message = f"{_named(seen[first])} is much the same text (similarity {similarity:.2f})"
        yield Finding(kind, *seen[number], message)


def _named(place: tuple[str, int, str]) -> str:
    file, line, report = place
    return f"report {report} ({file}:{line})" if line else f"report {report} ({file})"


def _quoted(text: str, spans: Sequence[Offsets]) -> str:
    start, end = spans[0][0], spans[-1][1]
    return f"[{start}, {end}) {text[start:end]!r}"


def _shown(report: Report, span: Span) -> str:
    """A span with its surroundings, on one line."""
    text, start, end = report.text, max(0, span.start), max(0, span.end)
    before, inside, after = (
        text[max(0, start - _CONTEXT) : start],
        text[start:end],
        text[end:][:_CONTEXT],
    )
    flat = " ".join(f"{before}⟦{inside}⟧{after}".split())
    return f"{span.label} [{span.start}, {span.end}) …{flat}…"

"""An evaluation as one self-contained HTML page with an error browser.

Nothing of a report is trusted: Jinja2 escapes it in the tables, the error browser writes it with
``textContent`` from an escaped JSON block, and the page's content security policy allows no request
and no script but its own, by hash.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..data.errors import counted
from ..data.jsonl import writable
from ..data.types import PredictedSpan, Span
from .evaluation import FEWEST_REPORTS, Evaluation
from .markdown import confusion_labels, stamp_rows
from .matching import STRATEGIES


def to_html(evaluation: Evaluation) -> str:
    """The page, as text."""
    # html.j2 ends in .j2, so escaping is switched on for all, and off for our two own files alone.
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "count": "{:,}".format, "plural": counted}
    environment.globals |= {"axis": axis}
    script, style = (_source(environment, name) for name in ("report.js", "report.css"))
    page = environment.get_template("report.html.j2").render(
        evaluation=evaluation,
        strategies=STRATEGIES,
        confusion=_confusion(evaluation),
        stamp=list(stamp_rows(evaluation.stamp)),
        calibration=_calibration(evaluation),
        facets=[evaluation.labels, *evaluation.breakdowns],
        fewest=FEWEST_REPORTS,
        kinds=[(kind, count) for kind, count in evaluation.error_counts.items() if count],
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src '{_hash(script)}'",
        script=Markup(script),  # noqa: S704 - our own file
        style=Markup(style),  # noqa: S704 - our own file
        data=Markup(_json(browser_data(evaluation))),  # noqa: S704 - escaped by _json
    )
    return writable(page)


def browser_data(evaluation: Evaluation) -> dict[str, Any]:
    """What the error browser shows: reports with errors, their spans, and the errors.

    Offsets count code points, as everywhere; the script cuts texts by code points too.
    """
    place: dict[str, int] = {}
    reports: list[dict[str, Any]] = []
    errors = []
    for case, error in evaluation.errors:
        if case.report.id not in place:
            place[case.report.id] = len(reports)
            reports.append(
                {
                    "id": case.report.id,
                    "source": case.report.source or "",
                    "text": case.report.text,
                    "gold": _in_order(case.report.spans),
                    "predicted": _in_order(case.predicted),
                }
            )
        errors.append(
            {
                "report": place[case.report.id],
                "kind": error.kind,
                "gold": _in_order(error.gold),
                "predicted": _in_order(error.predicted),
            }
        )
    return {"reports": reports, "errors": errors}


def _in_order(spans: Iterable[Span]) -> list[list[int | str | float]]:
    return [_span(span) for span in sorted(spans)]


def _span(span: Span) -> list[int | str | float]:
    row: list[int | str | float] = [span.start, span.end, span.label]
    return [*row, span.confidence] if isinstance(span, PredictedSpan) else row


def _json(value: object) -> str:
    r"""JSON that no HTML parser can leave early: ``</script>`` becomes ``\u003c/script>``."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 - given above
    return environment.loader.get_source(environment, name)[0]


def _hash(script: str) -> str:
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def axis(value: float, width: float = 100) -> str:
    """A ratio as a coordinate of an SVG that is so wide."""
    return f"{value * width:.2f}"


def _confusion(evaluation: Evaluation) -> dict[str, Any]:
    """Rows with their counts and the share of the row that each is."""
    names = confusion_labels(evaluation)
    rows = []
    for row in names:
        counts = [evaluation.confusion[row, column] for column in names]
        total = sum(counts) or 1
        rows.append((row, [(count, count / total) for count in counts]))
    return {"names": names, "rows": rows}


def _calibration(evaluation: Evaluation) -> Mapping[str, Any] | None:
    found = evaluation.calibration
    if found is None:
        return None
    curve = found.table(100)
    return {
        "found": found,
        "review": found.review_threshold(evaluation.min_precision),
        "table": found.table(10),
        "precision": list(_line((t.confidence, t.counts.precision) for t in curve)),
        "recall": list(_line((t.confidence, t.counts.recall) for t in curve)),
    }


def _line(points: Iterable[tuple[float, float]]) -> Iterator[str]:
    """Points of a polyline in a 100 × 100 box, y upwards."""
    for x, y in points:
        yield f"{axis(x)},{axis(1 - y)}"

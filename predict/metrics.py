"""A run's numbers for Prometheus, in a text file that node_exporter's textfile collector reads."""

from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    write_to_textfile,
)

from .run import Progress
from .summary import peak_memory

# The file is made anew each time: when a counter in it began says nothing.
disable_created_metrics()  # type: ignore[no-untyped-call]


def write_metrics(path: Path, state: Progress) -> None:
    """Replace the file by the present numbers, at once, so that no scrape sees half of them."""
    registry = CollectorRegistry()
    counts = state.counts
    for name, value, says in (
        ("articles", counts.articles, "Articles tagged."),
        ("words", counts.words, "Words tagged."),
        ("quarantined", counts.rejected, "Rows set aside."),
    ):
        Counter(f"hasila_{name}", says, registry=registry).inc(value)
    spans = Counter("hasila_spans", "Spans found.", ["label"], registry=registry)
    for label, count in sorted(counts.spans.items()):
        spans.labels(label).inc(count)
    for name, level, says in (
        ("words_per_second", state.words_per_second, "Speed of this run."),
        ("input_bytes", state.size, "Size of the input; 0 if not known."),
        ("input_read_bytes", state.read, "Of the input, read."),
        ("peak_memory_bytes", peak_memory(), "The most memory the process has held."),
    ):
        Gauge(f"hasila_{name}", says, registry=registry).set(level)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry)

"""``hasila predict``."""

import json
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..data.errors import HasilaError
from ..data.files import atomic_text
from ..data.jsonl import report_from
from .console import err, out, quiet_libraries
from .progress import PredictBar
from .show import show_reports

if TYPE_CHECKING:
    from ..model import Extractor
    from ..predict import Source, Summary

_SHOWN = 20  # articles in the table that is printed where no output is named


def predict(  # noqa: PLR0917 - options, given by name
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="[MODEL] IN...",
            help="MODEL: a checkpoint, the folder `hasila train` wrote; without one, the tagger "
            "that ships. IN: JSONL, CSV (both also .gz, .zst), Parquet, .txt and .html files, "
            "folders of them, saved datasets, or - for JSONL on standard input.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            help=".jsonl, .csv (both also .gz, .zst), .parquet or, for Label Studio, "
            ".json. Without it the first articles are printed as a table."
        ),
    ] = None,
    to: Annotated[
        str, typer.Option(help="jsonl, csv, spans (a CSV row a span), parquet or label-studio.")
    ] = "",
    text_field: Annotated[str, typer.Option(help="The field that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="The field that holds the id.")] = "id",
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row, set none aside.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=0, help="Batches computed side by side; 0 chooses.")
    ] = 0,
    batch_pieces: Annotated[
        int, typer.Option(min=0, help="Word pieces in a batch, padding included; 0 chooses.")
    ] = 0,
    engine: Annotated[
        str, typer.Option(help="local, or ray: the machines of a Ray cluster.")
    ] = "local",
    gpus: Annotated[
        float, typer.Option(min=0, help="With ray: share of a GPU each worker takes.")
    ] = 0.0,
    summary_file: Annotated[
        Path | None, typer.Option(help="Write the summary as JSON too.")
    ] = None,
    metrics_file: Annotated[
        Path | None, typer.Option(help="Keep Prometheus metrics in this file while running.")
    ] = None,
) -> None:
    """Find who, where and how many in articles; killed at any moment, the same command goes on."""
    from ..model import Extractor
    from ..model.hardware import best_workers, keep_freed_memory
    from ..predict import SINKS, Fields, Interrupted, Job, Source, local_engine, run, sink_of

    model, inputs = _model_and_inputs(given)
    fields = Fields(text_field, id_field)
    source = Source(inputs, fields, lambda note: err.print(note, markup=False, soft_wrap=True))
    if to and to not in SINKS:
        raise HasilaError(f"--to {to}: choose {', '.join(SINKS)}")
    if engine not in ("local", "ray") or (engine == "ray" and output is None):
        raise HasilaError("--engine is local or ray; ray writes files: name one with --output")
    quiet_libraries()
    keep_freed_memory()
    side_by_side = workers or best_workers()
    load = partial(Extractor.load, model, batch_pieces=batch_pieces, workers=side_by_side)
    if output is None:
        return _show(load(), source)
    if engine == "ray":
        from ..predict.cluster import ray_engine

        compute = ray_engine(model, workers=workers, gpus=gpus, batch_pieces=batch_pieces)
    else:
        compute = local_engine(load())
    job = Job(model, output, to or sink_of(output), fields, strict)
    with PredictBar(err, metrics_file) as bar:
        try:
            summary = run(job, source, compute, bar)
        except Interrupted as stopped:
            err.print(str(stopped), markup=False, soft_wrap=True)
            raise typer.Exit(130) from None
    if summary_file:
        with atomic_text(summary_file) as stream:
            json.dump(summary.to_dict(), stream, ensure_ascii=False, indent=1)
    return _report(summary)


def _model_and_inputs(given: list[Path]) -> tuple[Path, list[Path]]:
    """The checkpoint, which may be left out, and the articles."""
    from ..model import SHIPPED, checkpoint_path, is_checkpoint

    first, *others = given
    if str(first) != SHIPPED and not is_checkpoint(first):
        return checkpoint_path(SHIPPED), given
    if not others:
        raise HasilaError(f"{first}: is a model; name the articles to read after it")
    return checkpoint_path(first), others


def _show(extractor: "Extractor", source: "Source") -> None:
    """Print the first articles as a table."""
    from ..predict import Article, tagged

    articles = list(islice((row for row in source if isinstance(row, Article)), _SHOWN))
    predictions = extractor.extract([article.text for article in articles])
    show_reports(
        report_from({**tagged(article, found), "id": article.id, "text": article.text}, article.id)
        for article, found in zip(articles, predictions, strict=True)
    )


def _report(summary: "Summary") -> None:
    """Say what was done."""
    counts = summary.counts
    found = ", ".join(f"{count:,} {label}" for label, count in sorted(counts.spans.items()))
    out.print(
        f"{counts.articles:,} articles, {counts.words:,} words: {found or 'no spans'}; "
        f"{summary.words_per_second:,.0f} words/s"
    )
    for label, surfaces in summary.most_frequent.items():
        if surfaces:
            listed = "، ".join(f"{surface} {count:,}" for surface, count in surfaces)
            out.print(f"most frequent {label}: {listed}", markup=False, soft_wrap=True)
    notes = [f"warning: unlike the model's development reports: {note}" for note in summary.drift]
    if counts.cut_words:
        notes.append(f"{counts.cut_words:,} words longer than a window were judged by their head")
    if counts.had_spans:
        notes.append(f'{counts.had_spans:,} articles had a field "spans": it was replaced')
    if summary.quarantine:
        notes.append(f"{counts.rejected:,} bad rows were set aside: {summary.quarantine}")
    for note in notes:
        err.print(note, style="yellow", markup=False, soft_wrap=True)
    out.print(f"written: {summary.output}", markup=False, soft_wrap=True)

"""``hasila predict``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..data.errors import HasilaError, counted
from ..data.files import atomic_text, require_writable
from ..data.jsonl import dumped
from ..data.types import Report
from .console import err, out, quiet_libraries
from .progress import PredictBar
from .show import show_reports

if TYPE_CHECKING:
    from ..model import Extractor
    from ..predict import PredictConfig, Source, Summary
    from ..predict.local import Engine

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
            help=".jsonl, .csv or, for Label Studio, .json (all also .gz, .zst), or .parquet. "
            "Without it the first articles are printed as a table."
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="A file with the options below as keys (batch_pieces: 2048), or the bare name of "
            "a shipped one: ray. Options given here win over it."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv, spans (a CSV row a span), parquet or label-studio; by default what "
            "the output's ending says."
        ),
    ] = None,
    text_field: Annotated[
        str | None, typer.Option(help='The field that holds the text, by default "text".')
    ] = None,
    id_field: Annotated[
        str | None, typer.Option(help='The field that holds the id, by default "id".')
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option(
            "--strict/--no-strict",
            help="Stop at the first bad row; by default bad rows are set aside.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Batches computed side by side; 0, the default, chooses.")
    ] = None,
    batch_pieces: Annotated[
        int | None,
        typer.Option(help="Word pieces in a batch, padding included; 0, the default, chooses."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="local, the default, or ray: the machines of a Ray cluster."),
    ] = None,
    gpus: Annotated[
        float | None,
        typer.Option(help="With ray: share of a GPU each worker takes; by default 0, none."),
    ] = None,
    summary_file: Annotated[
        Path | None, typer.Option(help="Write the summary as JSON too.")
    ] = None,
    metrics_file: Annotated[
        Path | None, typer.Option(help="Keep Prometheus metrics in this file while running.")
    ] = None,
) -> None:
    """Find who, where and how many in articles; killed at any moment, the same command goes on."""
    from ..model.hardware import keep_freed_memory
    from ..predict import (
        Interrupted,
        Job,
        Source,
        load_predict_config,
        require_unread,
        run,
        sink_of,
    )

    settings = load_predict_config(
        config,
        engine=engine,
        workers=workers,
        batch_pieces=batch_pieces,
        gpus=gpus,
        to=to,
        text_field=text_field,
        id_field=id_field,
        strict=strict,
    )
    model, inputs = _model_and_inputs(given)
    say = partial(err.print, markup=False, soft_wrap=True)
    source = Source(inputs, settings.fields, say)
    quiet_libraries()
    keep_freed_memory()
    files = {"--summary-file": summary_file, "--metrics-file": metrics_file}
    if output is None:
        for option, value in {"--to": to, **files}.items():
            if value is not None:
                raise HasilaError(f"{option} is for what is written: name a file with --output")
        if settings.engine == "ray":
            raise HasilaError("engine ray writes files: name one with --output")
        return _show(model, settings, source)
    sink = sink_of(output, settings.to)
    job = Job(model, output, sink, settings.fields, settings.strict)
    asked = {option: path for option, path in files.items() if path}
    require_unread(source, job.written | asked)
    for path in (job.output, job.quarantine, *asked.values()):
        require_writable(path)
    compute = _engine(model, settings)
    try:
        with PredictBar(err, metrics_file) as bar:
            summary = run(job, source, compute, bar)
    except (Interrupted, KeyboardInterrupt) as stopped:
        say(str(stopped) or "stopped; the same command goes on")
        raise typer.Exit(130) from None
    if summary_file:
        _write_summary(summary_file, summary)
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


def _engine(model: Path, settings: "PredictConfig") -> "Engine":
    """What turns articles into spans."""
    from ..predict import local_engine

    if settings.engine == "local":
        return local_engine(_extractor(model, settings))
    from ..predict.cluster import ray_engine

    return ray_engine(
        model,
        workers=settings.workers,
        gpus=settings.gpus,
        batch_pieces=settings.batch_pieces,
    )


def _extractor(model: Path, settings: "PredictConfig") -> "Extractor":
    """The model, on this machine."""
    from ..model import Extractor
    from ..model.hardware import best_workers

    workers = settings.workers or best_workers()
    return Extractor.load(model, batch_pieces=settings.batch_pieces, workers=workers)


def _show(model: Path, settings: "PredictConfig", source: "Source") -> None:
    """Print the first articles as a table; say what bad rows were met before the last of them."""
    from ..predict import Article, no_article

    articles: list[Article] = []
    bad, first = 0, None
    for row in source:
        if isinstance(row, Article):
            articles.append(row)
            if len(articles) == _SHOWN:
                break
        elif settings.strict:
            raise HasilaError(f"{row} (without --strict such rows are passed over)")
        else:
            bad, first = bad + 1, first or row
    if first and not articles:
        raise no_article(bad, first)
    predictions = _extractor(model, settings).extract([article.text for article in articles])
    show_reports(
        Report(article.id, article.text, found.spans)
        for article, found in zip(articles, predictions, strict=True)
    )
    if first:
        _note(f"{counted(bad, 'bad row')} passed over; the first: {first}")


def _write_summary(path: Path, summary: "Summary") -> None:
    try:
        with atomic_text(path) as stream:
            stream.write(dumped(summary.to_dict(), indent=1))
    except OSError as error:
        raise HasilaError(f"{path}: cannot be written: {error.strerror}") from error


def _report(summary: "Summary") -> None:
    """Say what was done."""
    counts = summary.counts
    found = ", ".join(f"{count:,} {label}" for label, count in sorted(counts.spans.items()))
    out.print(
        f"{counted(counts.articles, 'article')}, {counted(counts.words, 'word')}: "
        f"{found or 'no spans'}; {summary.words_per_second:,.0f} words/s"
    )
    for label, surfaces in summary.most_frequent.items():
        if surfaces:
            listed = "، ".join(f"{surface} {count:,}" for surface, count in surfaces)
            out.print(f"most frequent {label}: {listed}", markup=False, soft_wrap=True)
    notes = [f"warning: unlike the model's development reports: {note}" for note in summary.drift]
    if counts.cut_words:
        notes.append(
            f"{counted(counts.cut_words, 'word')} longer than a window, judged by the head"
        )
    if counts.had_spans:
        notes.append(f'{counted(counts.had_spans, "article")} had a field "spans": it was replaced')
    if summary.quarantine:
        notes.append(f"{counted(counts.rejected, 'bad row')} set aside: {summary.quarantine}")
    for note in notes:
        _note(note)
    out.print(f"written: {summary.output}", markup=False, soft_wrap=True)


def _note(text: str) -> None:
    err.print(text, style="yellow", markup=False, soft_wrap=True)

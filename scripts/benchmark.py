"""``hasila benchmark``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from .console import out, quiet_libraries
from .scoring import Json, write_text

if TYPE_CHECKING:
    from ..eval.benchmarks import Benchmark, BenchmarkScores

_DEV_SHARE = 10
"""Where a corpus has no dev split, the last of so many parts of train chooses the epoch."""


def benchmark(
    name: Annotated[str, typer.Argument(help="anercorp or wojood-flat.")],
    *,
    data: Annotated[Path, typer.Option(help="The folder of its files; they are yours to get.")],
    encoder: Annotated[
        str,
        typer.Option(help="shipped, shipped-tagger, a local folder, or a name on the hub."),
    ] = "aubmindlab/bert-base-arabertv02",
    config: Annotated[str, typer.Option(help="The config to train by.")] = "arabert",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override a key: --set train.epochs=5")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The run folder; runs/benchmark-NAME by default.")
    ] = None,
    all_of_train: Annotated[
        bool,
        typer.Option(
            "--all-of-train",
            help="Train on the part that chooses the epoch too: in effect the last is kept.",
        ),
    ] = False,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Run on files that are not the published ones.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    json_to: Json = None,
) -> None:
    """Train and score a public benchmark by its published protocol, figures beside ours."""
    from ..data.errors import HasilaError
    from ..data.files import require_apart, require_writable
    from ..data.jsonl import dumped
    from ..data.provenance import file_sha256
    from ..eval import Stamp
    from ..eval.benchmarks import BENCHMARKS, benchmark_scores, load_benchmark
    from ..eval.stamp import DataFile
    from ..model import Extractor, LabelSet, weights_path
    from ..train import load_config, train

    if name not in BENCHMARKS:
        raise HasilaError(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    chosen = BENCHMARKS[name]
    if all_of_train and "dev" in chosen.files:
        raise HasilaError(f"{name} has a dev split: --all-of-train is for those without one")
    if json_to is not None:
        require_apart((data / file for file in chosen.files.values()), {"--json": json_to})
        require_writable(json_to)
    splits = load_benchmark(chosen, data, verify=not unverified)
    reports = {split: [one.report for one in part] for split, part in splits.items()}
    if "dev" not in reports:
        held_out = len(reports["train"]) // _DEV_SHARE or 1
        reports["dev"] = reports["train"][-held_out:]
        if not all_of_train:
            reports["train"] = reports["train"][:-held_out]
    folder = output or Path("runs") / f"benchmark-{name}"
    paths = {split: data / chosen.files.get(split, chosen.files["train"]) for split in reports}
    run = load_config(
        config,
        [
            *(set_ or ()),
            f"output={json.dumps(str(folder))}",
            f"model.encoder={json.dumps(encoder)}",
            *(f"data.{split}={json.dumps([str(paths[split])])}" for split in ("train", "dev")),
        ],
    )
    quiet_libraries()
    train(run, resume=resume, reports=reports, labels=LabelSet(chosen.labels))
    found = Extractor.load(folder).extract([one.report.text for one in splits["test"]])
    scores = benchmark_scores(splits["test"], [one.spans for one in found])
    _show(chosen, encoder, scores)
    out.print("trained on all of train" if all_of_train else chosen.note, soft_wrap=True)
    if json_to is not None:
        stamp = Stamp(
            system=encoder,
            weights=f"SHA-256 {file_sha256(weights_path(folder))}",
            data=tuple(
                DataFile.of(split, data / file, [one.report for one in splits[split]])
                for split, file in chosen.files.items()
            ),
            split="test",
            matching="seqeval micro over the file's tokens",
            decoding="first piece of a word decides; Viterbi over valid IOB2",
        )
        record = {"benchmark": chosen.title, "scores": asdict(scores), "stamp": asdict(stamp)}
        write_text(json_to, dumped(record, indent=2) + "\n")


def _show(benchmark: "Benchmark", encoder: str, scores: "BenchmarkScores") -> None:
    table = Table("system", title=f"{benchmark.title}, test, seqeval micro")
    for column in ("precision", "recall", "F1", "strict F1"):
        table.add_column(column, justify="right")
    table.add_column("source")
    ours = (scores.precision, scores.recall, scores.f1, scores.strict_f1)
    table.add_row(encoder, *(f"{100 * value:.2f}" for value in ours), "this run")
    for known in benchmark.published:
        table.add_row(known.system, "", "", known.f1, "", known.source)
    out.print(table)

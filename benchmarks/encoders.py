r"""Encoders against each other and against a CRF, over growing shares of the reports.

Every system is trained on the same nested shares, neural ones once a seed with as many steps as on
all reports, their best epoch chosen on DEV; all are scored on TEST, which decided nothing. What is
done is kept in the output folder: a stopped benchmark goes on when started again.

    pip install -e '.[dev]'
    python benchmarks/encoders.py TRAIN.jsonl DEV.jsonl TEST.jsonl \
        --encoders shipped runs/encoder --seeds 0 1 2
"""

import argparse
import json
import math
import random
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sklearn_crfsuite
from rich.console import Console
from rich.table import Table

from hasila.data.jsonl import read_reports, write_reports
from hasila.data.normalise import normalise
from hasila.data.types import Report, Span
from hasila.data.words import words
from hasila.eval import score
from hasila.model import Extractor, LabelSet
from hasila.scripts.console import quiet_libraries
from hasila.train import Config, load_config, train_seeds

LABELS = LabelSet()


def main() -> None:
    """Train what is missing, print the table, write ``results.json``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("train", "dev", "test"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--encoders", nargs="*", default=["shipped"])
    parser.add_argument("--config", default="default", help="how taggers are trained")
    parser.add_argument("--shares", nargs="+", type=float, default=[0.25, 0.5, 1.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("runs/encoders"))
    given = parser.parse_args()
    quiet_libraries()
    test = list(read_reports(given.test))
    found: dict[str, list[list[float]]] = {name: [] for name in ("CRF", *given.encoders)}
    for share in given.shares:
        path = shared(given.train, share, given.output)
        found["CRF"].append([f1(test, Crf(list(read_reports(path))).tag(test))])
        for encoder in given.encoders:
            name = f"{Path(encoder).name}-{path.stem}"
            config = load_config(
                given.config,
                [
                    f"output={given.output / name}",
                    f"model.encoder={encoder}",
                    f"data.train=[{path}]",
                    f"data.dev=[{given.dev}]",
                ],
            )
            folders = trained(config, share, given.seeds)
            found[encoder].append([f1(test, neural(folder, test)) for folder in folders])
    table = Table("system", *(f"{share:.0%}" for share in given.shares), title="strict micro F1")
    for name, rows in found.items():
        table.add_row(name, *(shown(values) for values in rows))
    Console().print(table)
    (given.output / "results.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")


def shared(path: Path, share: float, folder: Path) -> Path:
    """A file with a share of the reports; each share holds the smaller ones."""
    reports = list(read_reports(path))
    random.Random(0).shuffle(reports)  # noqa: S311 - a reproducible order, no secret
    subset = folder / f"train-{share:.0%}.jsonl".replace("%", "")
    write_reports(subset, reports[: round(share * len(reports))])
    return subset


def trained(config: Config, share: float, seeds: Sequence[int]) -> list[Path]:
    """The checkpoints of all seeds, each with as many steps as all reports would take."""
    tree = config.model_dump()
    tree["train"]["epochs"] = math.ceil(config.train.epochs / share)
    train_seeds(Config.model_validate(tree), seeds, resume=True)
    return [Path(config.output) / f"seed-{seed}" for seed in seeds]


def neural(folder: Path, reports: Sequence[Report]) -> list[list[Span]]:
    """The spans a checkpoint finds."""
    found = Extractor.load(folder).extract([report.text for report in reports])
    return [list(prediction.spans) for prediction in found]


def f1(gold: Sequence[Report], predicted: Sequence[Sequence[Span]]) -> float:
    """Strict micro F1."""
    return score((report.spans for report in gold), predicted).micro.f1


def shown(values: Sequence[float]) -> str:
    """Mean and, of several, the standard deviation over seeds."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean


class Crf:
    """A linear-chain CRF over words, as such baselines are built: forms, affixes, neighbours."""

    def __init__(self, reports: Sequence[Report]) -> None:
        """Train on reports."""
        self.crf = sklearn_crfsuite.CRF(c1=0.1, c2=0.1, max_iterations=100)
        cut = [words(report.text) for report in reports]
        self.crf.fit(
            [features(report.text) for report in reports],
            [
                [LABELS.tags[tag] for tag in LABELS.tag(offsets, report.spans)[0]]
                for report, offsets in zip(reports, cut, strict=True)
            ],
        )

    def tag(self, reports: Sequence[Report]) -> list[list[Span]]:
        """The spans found in each report."""
        tags = self.crf.predict([features(report.text) for report in reports])
        return [
            list(spans(report.text, found)) for report, found in zip(reports, tags, strict=True)
        ]


def features(text: str) -> list[dict[str, Any]]:
    """The features of each word."""
    forms = [normalise(text[start:end]) for start, end in words(text)]
    rows = []
    for index, form in enumerate(forms):
        row: dict[str, Any] = {"bias": 1.0, "digits": form.isdigit(), "length": min(len(form), 10)}
        for size in range(1, 5):
            row |= {f"head{size}": form[:size], f"tail{size}": form[-size:]}
        for step in range(-3, 4):
            near = index + step
            row[f"word{step}"] = forms[near] if 0 <= near < len(forms) else "-"
        row["before"] = f"{row['word-1']} {form}"
        row["after"] = f"{form} {row['word1']}"
        rows.append(row)
    return rows


def spans(text: str, tags: Sequence[str]) -> Iterator[Span]:
    """The spans of a row of tags; an I- that nothing began begins one."""
    start = end = 0
    label = ""
    for (begin, stop), tag in zip([*words(text), (0, 0)], [*tags, "O"], strict=True):
        if label and tag != f"I-{label}":
            yield Span(start, end, label)
            label = ""
        if tag != "O":
            start = start if label else begin
            end, label = stop, tag[2:]


if __name__ == "__main__":
    main()

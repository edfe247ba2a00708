r"""The tagger that ships, from the annotated reports to the folder under ``model/``.

A teacher is trained on the annotated reports and reads raw conflict news; a second tagger learns
from what it was sure of, from public NER corpora and from the reports; the last stage is the
reports alone, once a seed, from where the second tagger stands; what ships is the mean of weights.
Whatever is complete in the output folder is kept: a stopped recipe goes on when started again.

    hasila convert anercorp/train.conll ner/anercorp.jsonl --label-map anercorp   # and others
    python recipes/tagger.py --train news/train.jsonl shipped --dev news/dev.jsonl \
        --ner ner/anercorp.jsonl ner/aqmar.jsonl ner/wojood.jsonl --corpus conflict.txt.zst
"""

import argparse
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from rich.progress import track
from safetensors.torch import load_file

from hasila.data.files import numbered_lines
from hasila.data.jsonl import read_reports, write_reports
from hasila.data.types import Report, Span
from hasila.model import Extractor, quantize_checkpoint, read_metadata, save_checkpoint
from hasila.train import judged, load_config, train

SURE = 0.8
"""Confidence from which the teacher's word is taken; below, nobody learns from these words."""


def main() -> None:
    """Run all stages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", nargs="+", required=True, help="annotated reports, or shipped")
    parser.add_argument("--dev", nargs="+", required=True)
    parser.add_argument("--ner", nargs="+", default=[], help="public corpora, with our labels")
    parser.add_argument("--corpus", type=Path, required=True, help="one document a line")
    parser.add_argument("--words", type=int, default=250_000, help="of the corpus, to label")
    parser.add_argument("--encoder", default="shipped")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("runs/tagger"))
    given = parser.parse_args()

    def stage(name: str, encoder: str, files: Sequence[str], **settings: object) -> Path:
        folder = given.output / name
        overrides = [
            f"output={folder}",
            f"model.encoder={encoder}",
            f"data.train=[{','.join(files)}]",
            f"data.dev=[{','.join(given.dev)}]",
            *(f"train.{key}={value}" for key, value in settings.items()),
        ]
        train(load_config("default", overrides), resume=True)
        return folder

    teacher = stage("teacher", given.encoder, given.train, epochs=7)
    labelled = given.output / "labelled.jsonl"
    if not labelled.exists():
        write_reports(labelled, self_labelled(teacher, given.corpus, given.words))
    student = stage("student", given.encoder, [str(labelled), *given.ner, *given.train], epochs=1)
    finals = [
        stage(f"final-{seed}", str(student), given.train, epochs=4, learning_rate=2e-4, seed=seed)
        for seed in given.seeds
    ]
    mean(finals, given.output / "mean", given.dev)
    shutil.rmtree(given.output / "shipped", ignore_errors=True)
    quantize_checkpoint(given.output / "mean", given.output / "shipped")


def mean(checkpoints: Sequence[Path], output: Path, dev: Sequence[str]) -> None:
    """A checkpoint with the mean of several checkpoints' weights, scored and calibrated on dev."""
    extractor = Extractor.load(checkpoints[0])
    states = [load_file(folder / "model.safetensors") for folder in checkpoints]
    extractor.model.load_state_dict(
        {name: torch.stack([s[name] for s in states]).mean(dim=0) for name in states[0]}
    )
    made_of = {
        "mean of": [read_metadata(folder).provenance for folder in checkpoints],
    }
    reports = [report for path in dev for report in read_reports(Path(path))]
    extractor.metadata = extractor.metadata.model_copy(update={"temperature": 1.0})
    found = extractor.extract([report.text for report in reports])
    metadata = judged(extractor, reports, found, made_of)
    output.mkdir(parents=True, exist_ok=True)
    save_checkpoint(output, extractor.model, extractor.encoder.tokenizer, metadata)


def self_labelled(teacher: Path, corpus: Path, words: int) -> Iterator[Report]:
    """Documents with the spans the teacher is sure of; the others are masked."""
    extractor = Extractor.load(teacher)
    documents = list(sampled(corpus, words))
    for start in track(range(0, len(documents), 64), "labelling"):
        texts = documents[start : start + 64]
        for number, (text, found) in enumerate(
            zip(texts, extractor.extract(texts), strict=True), start
        ):
            unsure = [list(span.offsets) for span in found.spans if span.confidence < SURE]
            yield Report(
                f"{corpus.name}-{number}",
                text,
                tuple(Span(*s.offsets, s.label) for s in found.spans if s.confidence >= SURE),
                meta={"masked": unsure},
            )


def sampled(corpus: Path, words: int) -> Iterator[str]:
    """Documents of report length in random order, until there are enough words."""
    documents = [line.replace("\\n", "\n").strip() for _, line in numbered_lines(corpus)]
    random.Random(0).shuffle(documents)  # noqa: S311 - a reproducible order, no secret
    for text in documents:
        length = len(text.split())
        if 40 <= length <= 400:
            yield text
            words -= length
        if words <= 0:
            return


if __name__ == "__main__":
    main()

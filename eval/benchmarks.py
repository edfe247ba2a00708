"""Benchmarks that people cite: their files, verified; their protocol; the published figures.

A benchmark is scored as published: seqeval micro F1 in its default, lenient mode over the *file's*
tokens, with the file's own tags as gold. Our model cuts text into finer words; a predicted span
covers every token it touches. The strict figure stands beside it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from ..data.errors import HasilaError
from ..data.files import numbered_lines, some
from ..data.types import Offsets, Report, Span


@dataclass(frozen=True, slots=True)
class Published:
    """A figure from the literature, in percent with the digits it is given with, and its source."""

    system: str
    f1: str
    source: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Files of a folder by split, with their `content_sha256` where one version is *the* one."""

    title: str
    labels: tuple[str, ...]
    files: Mapping[str, str]
    checksums: Mapping[str, str]
    published: tuple[Published, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a file: its text with single spaces, its tokens and their tags as they are."""

    report: Report
    tokens: tuple[Offsets, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """Micro figures of seqeval over the file's tokens."""

    precision: float
    recall: float
    f1: float
    strict_f1: float


_WOJOOD = (
    *("CARDINAL", "CURR", "DATE", "EVENT", "FAC", "GPE", "LANGUAGE", "LAW", "LOC", "MONEY", "NORP"),
    *("OCC", "ORDINAL", "ORG", "PERCENT", "PERS", "PRODUCT", "QUANTITY", "TIME", "UNIT", "WEBSITE"),
)
# Files and commits of these sources, and what they leave unsaid: docs/evaluation.md.
_ARABERT = "Antoun et al., AraBERT repository, Readme (called macro-F1 there)"
_ARABERT_RUN = "Antoun et al., AraBERT repository, notebook of the CAMeL split"
_RERUN = "Younes, DeformAR repository, notebook 02"
_CAMELBERT = "Inoue et al., CAMeLBERT, model card"

BENCHMARKS = {
    "anercorp": Benchmark(
        title="ANERcorp, CAMeL split",
        labels=("LOC", "MISC", "ORG", "PERS"),
        files={"train": "train.conll", "test": "test.conll"},
        checksums={
            "train": "5eeede282df6d531ceffd16733e792db6342e0c1300bb48fa6cf768d80cd2064",
            "test": "ed1501d4556beea3bfd21db148b9a250ed1663fa6170fd2b6dc794ca2953fbbb",
        },
        published=(
            Published("AraBERT v0.1", "83.10", _ARABERT_RUN),
            Published("AraBERT v1", "82.44", _ARABERT_RUN),
            Published("AraBERT v0.2 base", "83.70", _ARABERT),
            Published("AraBERT v0.2 base, rerun", "83.27", _RERUN),
            Published("AraBERT v0.2 large", "83.08", _ARABERT),
            Published("AraELECTRA", "83.95", _ARABERT),
            Published("CAMeLBERT-MSA", "82.4", _CAMELBERT),
            Published("CAMeLBERT-Mix", "80.8", _CAMELBERT),
        ),
        note="trained on train alone; its last tenth chooses the epoch",
    ),
    "wojood-flat": Benchmark(
        title="Wojood, flat",
        labels=_WOJOOD,
        files={"train": "train.conll", "dev": "dev.conll", "test": "test.conll"},
        checksums={},
        published=(
            Published("winner of FlatNER", "91.96", "Jarrar et al. 2023, WojoodNER, abstract"),
            Published("AraBERT v2", "88.38", "SinaLab, model card of the flat Wojood model"),
            Published("XLM-R", "83.0", "Li et al. 2023, Lotus at WojoodNER, abstract"),
        ),
        note="figures are of the full corpus; its public sample is a twentieth of it",
    ),
}


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of a file of ``token tag`` lines with empty lines between sentences.

    Raises:
        HasilaError: a line is not a token and a tag.
    """
    sentences: list[Sentence] = []
    rows: list[tuple[str, str]] = []
    for number, line in numbered_lines(path):
        columns = line.split()
        if len(columns) == 2:
            rows.append((columns[0], columns[1]))
        elif columns:
            raise HasilaError(f"{path}:{number}: expected a token and a tag, found {line!r}")
        elif rows:
            sentences.append(_sentence(f"{path.stem}-{len(sentences) + 1}", rows))
            rows = []
    if rows:
        sentences.append(_sentence(f"{path.stem}-{len(sentences) + 1}", rows))
    return sentences


def _sentence(name: str, rows: Sequence[tuple[str, str]]) -> Sentence:
    offsets, at = [], 0
    for token, _ in rows:
        offsets.append((at, at + len(token)))
        at += len(token) + 1
    tags = tuple(tag for _, tag in rows)
    spans = tuple(
        Span(offsets[first][0], offsets[last][1], label)
        for first, last, label in tagged_spans(tags)
    )
    text = " ".join(token for token, _ in rows)
    return Sentence(Report(name, text, spans), tuple(offsets), tags)


def tagged_spans(tags: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """First token, last token and label of each span; an ``I-`` that continues none begins one.

    >>> list(tagged_spans(["B-ORG", "I-ORG", "O", "I-LOC", "B-LOC"]))
    [(0, 1, 'ORG'), (3, 3, 'LOC'), (4, 4, 'LOC')]
    """
    first, label = 0, ""
    index = -1
    for index, tag in enumerate(tags):
        mark, _, name = tag.partition("-")
        if label and (mark != "I" or name != label):
            yield first, index - 1, label
            label = ""
        if name and not label:
            first, label = index, name
    if label:
        yield first, index, label


def token_tags(sentence: Sentence, spans: Iterable[Span]) -> list[str]:
    """IOB2 tags of the file's tokens; a span covers every token it touches that is still free."""
    tags = ["O"] * len(sentence.tokens)
    for span in sorted(spans):
        mark = "B"
        for index, (start, end) in enumerate(sentence.tokens):
            if start < span.end and span.start < end and tags[index] == "O":
                tags[index] = f"{mark}-{span.label}"
                mark = "I"
    return tags


def benchmark_scores(
    sentences: Sequence[Sentence], predicted: Iterable[Iterable[Span]]
) -> BenchmarkScores:
    """Seqeval's micro figures, lenient as published, and strict."""
    gold = [list(sentence.tags) for sentence in sentences]
    found = [token_tags(s, spans) for s, spans in zip(sentences, predicted, strict=True)]
    return BenchmarkScores(
        float(precision_score(gold, found, zero_division=0)),
        float(recall_score(gold, found, zero_division=0)),
        float(f1_score(gold, found, zero_division=0)),
        float(f1_score(gold, found, mode="strict", scheme=IOB2, zero_division=0)),
    )


def content_sha256(sentences: Iterable[Sentence]) -> str:
    """The SHA-256 of tokens and tags, whatever parts the columns and ends the lines."""
    digest = hashlib.sha256()
    for sentence in sentences:
        for (start, end), tag in zip(sentence.tokens, sentence.tags, strict=True):
            digest.update(f"{sentence.report.text[start:end]}\t{tag}\n".encode())
        digest.update(b"\n")
    return digest.hexdigest()


def load_benchmark(
    benchmark: Benchmark, folder: Path, *, verify: bool = True
) -> dict[str, list[Sentence]]:
    """The sentences of each split.

    Raises:
        HasilaError: a file is missing or empty, has other labels, or is not the published one.
    """
    paths = {split: folder / name for split, name in benchmark.files.items()}
    splits = {split: list(some(read_sentences(p), p, "sentences")) for split, p in paths.items()}
    for split, sentences in splits.items():
        path = paths[split]
        labels = {span.label for sentence in sentences for span in sentence.report.spans}
        if unknown := sorted(labels - set(benchmark.labels)):
            raise HasilaError(f"{path}: labels that {benchmark.title} has not: {unknown}")
        wanted = benchmark.checksums.get(split)
        if verify and wanted and (found := content_sha256(sentences)) != wanted:
            raise HasilaError(
                f"{path}: not the published file of {benchmark.title} (content SHA-256 {found}, "
                f"expected {wanted}): figures would not compare. Say --unverified to run anyway"
            )
    return splits

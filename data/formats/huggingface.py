"""Hugging Face ``datasets`` columns: a folder made by ``save_to_disk``.

Written: ``id``, ``tokens`` (our words), ``ner_tags`` (IOB2 as a `ClassLabel`), and beside them
``text``, ``starts``, ``ends`` and ``hasila``, which make the report whole again. Read: any data set
with a column of words and one of tags, or a dictionary of them, split by split.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import HasilaError, counted
from ..jsonl import Located, dumped, parsed
from ..types import Offsets, Report, Span
from ..words import words
from .common import RECORD, Losses, new_folder, record_beside, report_beside
from .tags import JOINED, Layers, TagReader, joined, parsed_tag, word_tags

_WORDS = ("tokens", "words")
_TAGS = ("ner_tags", "tags", "labels")


def read_huggingface(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of a saved `Dataset` or `DatasetDict`, one by one.

    Raises:
        HasilaError: the folder is none, or has no columns of words and tags.
    """
    from datasets import DatasetDict, load_from_disk  # noqa: PLC0415 - seconds to import

    try:
        loaded = load_from_disk(str(path))
    except Exception as error:  # a damaged folder shows in many ways
        raise HasilaError(f"{path}: no folder made by save_to_disk: {error}") from error
    for part, rows in loaded.items() if isinstance(loaded, DatasetDict) else [("", loaded)]:
        place = str(path / part)
        columns = [
            next((name for name in wanted if name in rows.column_names), None)
            for wanted in (_WORDS, _TAGS)
        ]
        if None in columns:
            raise HasilaError(
                f"{place}: needs a column of words ({', '.join(_WORDS)}) and one of tags "
                f"({', '.join(_TAGS)}); it has {', '.join(rows.column_names)}"
            )
        names = getattr(getattr(rows.features[columns[1]], "feature", None), "names", None)
        reader = TagReader()
        for number, row in enumerate(rows, 1):
            where = f"{place}: row {number}"
            tokens, tags = (row[column] for column in columns)
            if len(tokens) != len(tags):
                sizes = counted(len(tokens), "word"), counted(len(tags), "tag")
                raise HasilaError(f"{where}: {' and '.join(sizes)}")
            if names and not all(tag in range(len(names)) for tag in tags):
                raise HasilaError(f"{where}: a tag is none of the {len(names)} of its ClassLabel")
            sentence = [
                (token, parsed_tag(names[tag] if names else str(tag), where))
                for token, tag in zip(tokens, tags, strict=True)
            ]
            yield Located(place, number, _report(row, sentence, where, reader, losses))
        reader.tell(losses)


def _report(
    row: dict[str, Any],
    sentence: Sequence[tuple[str, Layers]],
    where: str,
    reader: TagReader,
    losses: Losses,
) -> Report:
    text, offsets = _text(row, [token for token, _ in sentence], where)
    spans = [
        Span(offsets[first][0], offsets[end - 1][1], label)
        for first, end, label in reader.spans([layers for _, layers in sentence])
    ]
    record = parsed(row[RECORD], where) if isinstance(row.get(RECORD), str) else None
    if record is None:
        losses[JOINED] += 1
    name = str(row.get("id") or where.rpartition(" ")[2])
    return report_beside(text, sorted(spans), record, where, losses, identifier=name)


def _text(row: dict[str, Any], tokens: Sequence[str], where: str) -> tuple[str, list[Offsets]]:
    """The row's own text where its offsets fit its words, else the words joined."""
    text = row.get("text")
    if not (
        isinstance(text, str) and row.get("starts") is not None and row.get("ends") is not None
    ):
        return joined([tokens])
    offsets = list(zip(row["starts"], row["ends"], strict=False))
    if [text[start:end] for start, end in offsets] != list(tokens):
        raise HasilaError(f"{where}: wrong offsets: starts and ends are not those of the words")
    return text, offsets


def write_huggingface(path: Path, reports: Iterable[Report], losses: Losses) -> int:
    """Write reports as a new folder for `datasets.load_from_disk`; return how many.

    Raises:
        HasilaError: the folder exists and is not empty.
    """
    from datasets import ClassLabel, Dataset, Features, Sequence, Value  # noqa: PLC0415

    rows: list[dict[str, Any]] = []
    labels: set[str] = set()
    for report in reports:
        cut = words(report.text)
        tags = word_tags(report.spans, cut, losses)
        labels.update(tags)
        rows.append(
            {
                "id": report.id,
                "tokens": [report.text[start:end] for start, end in cut],
                "ner_tags": tags,
                "text": report.text,
                "starts": [start for start, _ in cut],
                "ends": [end for _, end in cut],
                RECORD: dumped(record_beside(report)),
            }
        )
    # B- and I- of a label side by side, O first: the order token classifiers are used to.
    names = ["O", *sorted(labels - {"O"}, key=lambda tag: (tag[2:], tag[0]))]
    features = Features(
        id=Value("string"),
        tokens=Sequence(Value("string")),
        ner_tags=Sequence(ClassLabel(names=names)),
        text=Value("string"),
        starts=Sequence(Value("int32")),
        ends=Sequence(Value("int32")),
        **{RECORD: Value("string")},
    )
    with new_folder(path) as folder:
        Dataset.from_list(rows, features=features).save_to_disk(str(folder))
    return len(rows)

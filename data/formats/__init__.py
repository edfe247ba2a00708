"""Annotation formats: one table of readers and writers, and telling formats apart.

Every reader yields reports with the place they stand at and counts what it had to decide; every
writer counts what its format cannot carry.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import HasilaError
from ..files import DAMAGED, open_bytes, some
from ..jsonl import Located, read_located, write_reports
from ..markup import read_markup
from ..markup_writer import write_markup
from ..types import PredictedSpan, Report
from .brat import read_brat, write_brat
from .common import Losses, count
from .conll import read_conll, write_conll
from .doccano import read_doccano, write_doccano
from .huggingface import read_huggingface, write_huggingface
from .inception import read_inception, write_inception
from .label_studio import read_label_studio, write_label_studio
from .prodigy import read_prodigy, write_prodigy

__all__ = [
    "FORMATS",
    "Format",
    "Losses",
    "detected",
    "files_of",
    "open_reports",
    "pre_annotate",
    "read_format",
    "write_format",
]


class Preannotator(Protocol):
    """Writes predicted reports for people to correct, with scores and the model's name."""

    def __call__(
        self, path: Path, reports: Iterable[Report], losses: Losses, model: str | None
    ) -> int:
        """Write them; return how many."""


@dataclass(frozen=True)
class Format:
    """A format: what reads it, what writes it, and what its files are called."""

    read: Callable[[Path, Losses], Iterator[Located]]
    write: Callable[[Path, Iterable[Report], Losses], int]
    endings: tuple[str, ...] = ()
    """File endings that mean this format and no other."""
    pre_annotate: Preannotator | None = None
    confidences: bool = False
    """Whether what ``write`` writes carries the confidences of predicted spans."""


FORMATS: dict[str, Format] = {
    "hasila": Format(
        lambda path, _: read_located(path),
        lambda path, reports, _: write_reports(path, reports),
        confidences=True,
    ),
    "markup": Format(
        lambda path, _: read_markup(path), lambda path, reports, _: write_markup(path, reports)
    ),
    "conll": Format(read_conll, write_conll, (".conll", ".bio", ".iob", ".iob2", ".tsv")),
    "brat": Format(read_brat, write_brat, (".ann",)),
    "doccano": Format(read_doccano, write_doccano, (), write_doccano),
    "label-studio": Format(
        read_label_studio, write_label_studio, (".json",), write_label_studio, confidences=True
    ),
    "prodigy": Format(read_prodigy, write_prodigy),
    "inception": Format(read_inception, write_inception, (".xmi", ".zip"), write_inception),
    "datasets": Format(read_huggingface, write_huggingface),
}


def read_format(path: Path, name: str | None, losses: Losses) -> Iterator[Located]:
    """The reports of a file or folder in a format; without a name, in the one it is `detected` in.

    Raises:
        HasilaError: the format is unknown or not to be told, or the file is not in it.
    """
    _require(path)
    return _format(name or detected(path)).read(path, losses)


def write_format(path: Path, reports: Iterable[Report], name: str, losses: Losses) -> int:
    """Write reports in a format; return how many.

    Raises:
        HasilaError: the format is unknown or cannot hold what a report says.
    """
    known = _format(name)
    if not known.confidences:
        reports = _counted(reports, losses)
    return _written(lambda: known.write(path, reports, losses))


def _counted(reports: Iterable[Report], losses: Losses) -> Iterator[Report]:
    """The reports, their predicted spans counted."""
    for report in reports:
        predicted = sum(isinstance(span, PredictedSpan) for span in report.spans)
        count(losses, "confidences of predicted spans, left out", predicted)
        yield report


def pre_annotate(
    path: Path, reports: Iterable[Report], name: str, model: str, losses: Losses
) -> int:
    """Write predicted reports as pre-annotations; return how many.

    Raises:
        HasilaError: the format knows no pre-annotations.
    """
    writer = _format(name).pre_annotate
    if writer is None:
        able = ", ".join(name for name, known in FORMATS.items() if known.pre_annotate)
        raise HasilaError(f"{name} knows no pre-annotations; these do: {able}")
    return _written(lambda: writer(path, reports, losses, model))


def open_reports(
    paths: Sequence[Path], name: str | None = None, losses: Losses | None = None
) -> Iterator[Located]:
    """The reports of files and folders, one after the other; of a folder of ours, its ``*.jsonl``.

    Raises:
        HasilaError: a folder has no files, a file no reports, or it is not in its format.
    """
    losses = Losses() if losses is None else losses
    for path in files_of(paths, name):
        yield from some(read_format(path, name, losses), path)


def files_of(paths: Iterable[Path], name: str | None = None) -> Iterator[Path]:
    """What `read_format` is to read: the files and folders given; of a folder of ours its files.

    Raises:
        HasilaError: there is no such file or folder, or a folder has none.
    """
    for path in paths:
        _require(path)
        if path.is_dir() and name is None and not _folder_format(path):
            files = sorted(f for end in ("", ".gz", ".zst") for f in path.glob(f"*.jsonl{end}"))
            if not files:
                raise HasilaError(f"{path}: no *.jsonl files in this folder")
            yield from files
        else:
            yield path


def _require(path: Path) -> None:
    if not path.exists():
        raise HasilaError(f"{path}: there is no such file or folder")


def detected(path: Path) -> str:
    """The name of the format of a file or folder, by its ending, its content or its files.

    Raises:
        HasilaError: that cannot be told.
    """
    name = _folder_format(path) if path.is_dir() else _file_format(path)
    if not name:
        raise HasilaError(
            f"{path}: cannot tell its format; `hasila convert --from` makes JSONL of it, and reads "
            f"{', '.join(FORMATS)}"
        )
    return name


def _folder_format(folder: Path) -> str | None:
    signs = {
        "datasets": ("state.json", "dataset_dict.json"),
        "inception": ("*.xmi",),
        "brat": ("*.ann",),
    }
    found = (name for name, globs in signs.items() for glob in globs if any(folder.glob(glob)))
    return next(found, None)


def _file_format(path: Path) -> str | None:
    endings = [ending for ending in path.suffixes if ending not in (".gz", ".zst")]
    ending = endings[-1].lower() if endings else ""
    if ending == ".txt" and path.with_suffix(".ann").exists():
        return "brat"
    if ending in (".jsonl", ".ndjson", ".txt"):
        return _line_format(path)
    return next((name for name, known in FORMATS.items() if ending in known.endings), None)


def _line_format(path: Path) -> str | None:
    """By the first line that is not empty."""
    with open_bytes(path) as stream:
        try:
            lines = iter(lambda: stream.readline(2**24), b"")
            line = next(line for line in lines if line.strip()).decode("utf-8-sig", "replace")
        except (StopIteration, *DAMAGED):
            return "hasila"  # whose reader says what is wrong with the file
    if line.startswith("==="):
        return "markup"
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return "hasila" if ".txt" not in path.suffixes else None
    keys = set(record) if isinstance(record, dict) else set()
    if keys & {"_input_hash", "_task_hash", "answer", "tokens", "_view_id"}:
        return "prodigy"
    if keys & {"label", "labels", "entities"} and "spans" not in keys:
        return "doccano"
    return "hasila"


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise HasilaError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def _written(write: Callable[[], int]) -> int:
    try:
        return write()
    except UnicodeEncodeError as error:
        raise HasilaError(
            f"a text holds half a character (U+{ord(error.object[error.start]):04X}), "
            "which only JSON can carry"
        ) from error

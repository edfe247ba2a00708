"""Where articles come from: files of many kinds, folders, standard input; read as a stream."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from pathlib import Path

import pyarrow as pa

from ..data.errors import HasilaError, counted
from ..data.files import DAMAGED
from .articles import Rejected, Row
from .encodings import arriving, damage, decoded, unpacked
from .rows import Fields, File, Lines, csv_rows, json_rows, web_page, whole_text
from .tables import dataset_rows, is_dataset, parquet_rows

STANDARD_INPUT = Path("-")

_KINDS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".html": "web",
    ".htm": "web",
    ".parquet": "parquet",
}
PACKED = (".gz", ".zst")


def _silent(_: str) -> None:
    pass


class Source:
    """The articles of files, folders and standard input, in order; to be iterated once.

    Attributes:
        files: what is read, in order.
        size: of the files, in bytes.
        read: bytes read so far.
        say: told what a user should know.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        fields: Fields | None = None,
        say: Callable[[str], None] = _silent,
    ) -> None:
        """Look at what there is to read.

        Args:
            paths: files, folders of them, datasets' folders, or ``-`` for JSONL on standard input.
            fields: the names of the fields of rows.
            say: told of encodings other than UTF-8 and of files passed over.

        Raises:
            HasilaError: a path does not exist, holds nothing to read, is of no known kind, or is
                given twice; or standard input is closed.
        """
        self.files = _told_apart([file for path in paths for file in _files(path, say)])
        self.size = sum(file.size for file in self.files)
        self._folders = [path.resolve() for path in paths if path.is_dir()]
        self.read = 0
        self._fields = fields or Fields()
        self.say = say

    def would_read(self, path: Path) -> bool:
        """Whether a file of this name would be read by the next run over the same folders."""
        inside = any(path.resolve().is_relative_to(folder) for folder in self._folders)
        return inside and _kind(path) is not None

    def quiet(self) -> "Source":
        """The same articles, read without a word: one that can be sent to another process."""
        source = copy(self)
        source.say = _silent
        return source

    def __iter__(self) -> Iterator[Row]:
        before = 0
        for file in self.files:
            yield from self._rows(file, before)
            before += file.size
            self.read = before

    def _rows(self, file: File, before: int) -> Iterator[Row]:
        try:
            match file.kind:
                case "parquet":
                    yield from parquet_rows(file, self._fields)
                case "dataset":
                    yield from dataset_rows(file, self._fields)
                case "web":
                    yield web_page(file)
                case _:
                    yield from self._text_rows(file, before)
        except (*DAMAGED, pa.ArrowException, UnicodeDecodeError) as error:
            yield Rejected(str(file.path), 0, f"cannot be read: {error}")

    def _text_rows(self, file: File, before: int) -> Iterator[Row]:
        with ExitStack() as opened:
            if file.path == STANDARD_INPUT:
                raw = arriving(sys.stdin)
            else:
                raw = opened.enter_context(file.path.open("rb"))
            stream = unpacked(raw, file.path)
            text, encoding = decoded(stream)
            if not encoding.startswith("utf-8"):
                self.say(f"{file.path}: read as {encoding}")
            lines = Lines(text, stream)
            if file.kind == "text":
                row = whole_text(text, file)
                if damage(stream):
                    row = Rejected(str(file.path), 0, f"the file is damaged: {damage(stream)}")
                yield row
                return
            read = csv_rows if file.kind == "csv" else json_rows
            for row in read(lines, file, self._fields):
                if file.size:
                    self.read = before + raw.tell()
                yield row
            if damage(stream):
                fault = f"the file is damaged after this line: {damage(stream)}"
                yield Rejected(str(file.path), lines.number, fault)


def _files(path: Path, say: Callable[[str], None]) -> list[File]:
    """What a path stands for."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise HasilaError("-: standard input is closed; send articles to it, or name files")
        return [File(path, "json", "stdin", 0)]
    if not path.exists():
        raise HasilaError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        if (kind := _kind(path)) is None:
            raise HasilaError(f"{path}: of no kind that can be read; give {_known()}")
        return [File(path, kind, _name(Path(path.name), kind), path.stat().st_size)]
    if is_dataset(path):
        return [File(path, "dataset", path.name, 0)]
    inside = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and not any(part[0] == "." for part in file.relative_to(path).parts)
    ]
    found = [
        File(file, kind, _name(file.relative_to(path), kind), file.stat().st_size)
        for file in inside
        if (kind := _kind(file))
    ]
    if not found:
        raise HasilaError(f"{path}: holds nothing that can be read; give {_known()}")
    if passed := len(inside) - len(found):
        say(f"{path}: {counted(passed, 'file')} of other kinds passed over")
    return found


def _name(path: Path, kind: str) -> str:
    """A file's name as rows' ids have it; one that is an article goes without its ending."""
    return (path.with_suffix("") if kind in ("text", "web") else path).as_posix()


def _told_apart(files: list[File]) -> list[File]:
    """The files with names all different: where two are called alike, all get their whole paths."""
    for path, times in Counter(file.path for file in files).most_common(1):
        if times > 1:
            raise HasilaError(f"{path}: is given {times} times; name it once")
    if len({file.name for file in files}) == len(files):
        return files
    return [file._replace(name=file.path.as_posix()) for file in files]


def _kind(path: Path) -> str | None:
    """How a file is read, by its ending; only what is read as lines or text may be packed."""
    kind = _KINDS.get(Path(path.stem).suffix if path.suffix in PACKED else path.suffix)
    return None if path.suffix in PACKED and kind in ("web", "parquet") else kind


def _known() -> str:
    return f"{', '.join(_KINDS)} (text also {', '.join(PACKED)}), a folder of them, or -"

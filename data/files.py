"""Opening text files as users have them (plain, .gz, .zst) and writing them all or not at all."""

import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, TextIO, TypeVar, cast

import zstandard

from .errors import HasilaError

LONGEST_LINE = 2**27
"""In bytes: a text line beyond it is a damaged file, or one made to fill the memory."""

DAMAGED = (EOFError, OSError, zlib.error)
"""What reading a file that `open_bytes` opened may raise."""

_T = TypeVar("_T")


def open_bytes(path: Path) -> BinaryIO:
    """A file's bytes, decompressed by its ending (.gz, .zst).

    Raises:
        HasilaError: the file is missing or cannot be read.
    """
    try:
        if path.suffix == ".gz":
            return cast("BinaryIO", gzip.open(path, "rb"))
        if path.suffix == ".zst":
            import pyarrow  # noqa: PLC0415 - heavy, and alone in noticing a file cut short

            return io.BufferedReader(pyarrow.input_stream(str(path), compression="zstd"))
        return path.open("rb")
    except OSError as error:
        raise HasilaError(f"{path}: cannot be read: {error.strerror}") from error


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    r"""The lines of a UTF-8 file with their numbers from 1, without their ``\n``, as a stream.

    Raises:
        HasilaError: the file is missing, damaged, or not UTF-8 (the line is named).
    """
    number = 0
    with open_bytes(path) as stream:
        try:
            lines = iter(lambda: stream.readline(LONGEST_LINE + 1), b"")
            for number, line in enumerate(lines, 1):
                if len(line) > LONGEST_LINE:
                    raise HasilaError(f"{path}:{number}: a line longer than {LONGEST_LINE:,} bytes")
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\n")
        except UnicodeDecodeError as error:
            raise HasilaError(
                f"{path}:{number}: not UTF-8 (byte {error.start} of the line); "
                "save the file as UTF-8, if it is a text"
            ) from error
        except DAMAGED as error:
            raise HasilaError(f"{path}:{number + 1}: the file is damaged here: {error}") from error


def some(items: Iterable[_T], path: Path, what: str = "reports") -> Iterator[_T]:
    """What is read from a file, as it comes; none of it is a mistake.

    Raises:
        HasilaError: there are no items.
    """
    found = False
    for item in items:
        found = True
        yield item
    if not found:
        raise HasilaError(f"{path}: there are no {what} in it; is it the right file, and whole?")


def require_apart(read: Iterable[Path], written: Mapping[str, Path]) -> None:
    """Make sure that no file is written that is also read, or written as something else.

    Raises:
        HasilaError: one is; the message names it by its key, what a user would call it.
    """
    taken = {path.resolve(): "what is read" for path in read}
    for name, path in written.items():
        other = taken.setdefault(path.resolve(), name)
        if other != name:
            raise HasilaError(f"{path}: is both {other} and {name}; name another file")


def require_writable(path: Path) -> None:
    """Make sure that a file can be written under a name, before the work that is to fill it.

    Raises:
        HasilaError: it cannot.
    """
    require_folder(path)
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        kind = "a folder" if path.is_dir() else "no file"
        raise HasilaError(f"{path}: cannot be written: it is {kind}; name a file")


def require_folder(path: Path) -> None:
    """Make the folder that is to hold a path, if there is none.

    Raises:
        HasilaError: it cannot be made, or nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=path.parent).close()  # of /proc, os.access says that it can be written
    except OSError as error:
        raise HasilaError(
            f"{path}: cannot be written: no file can be made in {path.parent}: {error.strerror}"
        ) from error


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that appears under its name only when all of it is written.

    It is compressed by its ending (.gz, .zst). If the block raises, an older file stays as it was.

    Raises:
        HasilaError: no file can be written under this name.
    """
    with atomic_bytes(path) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as stream:
        yield stream


@contextmanager
def atomic_bytes(path: Path, level: int = 3) -> Iterator[IO[bytes]]:
    """As `atomic_text`, for bytes; ``level`` is how hard zstd compresses."""
    require_writable(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as raw, _compressed(raw, path, level) as stream:
            yield stream
        # A rename is only as durable as the bytes it names.
        descriptor = os.open(partial, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _compressed(raw: BinaryIO, path: Path, level: int) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.GzipFile(path.stem, "wb", fileobj=raw, mtime=0))
    if path.suffix == ".zst":
        return cast("IO[bytes]", zstandard.ZstdCompressor(level).stream_writer(raw))
    return raw

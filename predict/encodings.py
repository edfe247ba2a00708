r"""Text as it was saved: which of three encodings a file is in, and reading it as a stream.

Arabic text files are UTF-8, UTF-16 (Windows' "Unicode") or Windows-1256. Bytes that are invalid in
the encoding found come through as `INVALID`, so that one bad line costs that line alone.
"""

import codecs
import gzip
import io
import re
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pyarrow as pa

from ..data.files import DAMAGED

INVALID = "\udcff"
"""Stands for bytes that are no text; no decoder gives this lone surrogate otherwise."""

_SAMPLE = 2**18  # bytes that an encoding is judged by
_STEP = 2**12  # bytes
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ARABIC = re.compile(r"[\u0600-\u06ff]|\\u06")  # also as JSON escapes it
_MARK_INVALID = "hasila.invalid"
codecs.register_error(_MARK_INVALID, lambda error: (INVALID, cast("UnicodeDecodeError", error).end))


class Packed(io.RawIOBase):
    """The bytes of a packed file up to where it is damaged, if it is: nothing readable is lost.

    Attributes:
        damage: what was wrong at the end; empty if nothing.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.damage = ""
        self._stream = stream

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return how much of it."""
        filled = 0
        while filled < len(buffer) and not self.damage:
            try:
                # In small steps, because what a failing step has unpacked is lost.
                data = self._stream.read(min(_STEP, len(buffer) - filled))
            except DAMAGED as error:
                self.damage = str(error)
                break
            if not data:
                break
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        return filled


class Arriving(io.RawIOBase):
    """A pipe's bytes line by line, so that a line that has come never waits for the next.

    The first read alone goes on to the end of the first line with Arabic in it, or a sample's: the
    encoding is judged by that, whatever happened to be in the pipe.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._lines = io.BufferedReader(cast("io.RawIOBase", raw))
        self._judged = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Put a line into the buffer, or what of it fits; return how much."""
        filled = 0
        while line := self._lines.readline(len(buffer) - filled):
            buffer[filled : filled + len(line)] = line
            filled += len(line)
            self._judged = self._judged or bool(_ARABIC.search(line.decode(detect(line), "ignore")))
            if self._judged:
                break
        return filled


def arriving(stream: TextIO) -> BinaryIO:
    """The bytes of standard input, through `Arriving`."""
    # Not through the stream's own buffer: that waits until it is full.
    return cast("BinaryIO", Arriving(cast("Any", stream.buffer).raw))


def unpacked(raw: BinaryIO, path: Path) -> BinaryIO:
    """A file's bytes, through `Packed` if its ending says so (.gz, .zst)."""
    if path.suffix == ".gz":
        return cast("BinaryIO", Packed(cast("BinaryIO", gzip.GzipFile(fileobj=raw))))
    if path.suffix == ".zst":
        return cast("BinaryIO", Packed(pa.CompressedInputStream(raw, "zstd")))
    return raw


def damage(stream: BinaryIO) -> str:
    """What was wrong where reading `unpacked` bytes ended; empty if nothing, or not yet met."""
    return stream.damage if isinstance(stream, Packed) else ""


def decoded(stream: BinaryIO) -> tuple[io.TextIOWrapper, str]:
    """Text, line ends as they are, over a stream of bytes; and the encoding found."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), _SAMPLE)
    encoding = detect(buffered.peek(_SAMPLE))
    return io.TextIOWrapper(buffered, encoding, _MARK_INVALID, newline=""), encoding


def detect(sample: bytes) -> str:
    """The encoding of a text by its first bytes: a byte order mark's, else what fits best.

    >>> text = "قتل 27 مدنياً"
    >>> [detect(text.encode(name)) for name in ("utf-8", "utf-16", "utf-16-le", "cp1256")]
    ['utf-8', 'utf-16', 'utf-16-le', 'cp1256']
    """
    for mark, name in _MARKS.items():
        if sample.startswith(mark):
            return name
    # Every second byte of UTF-16 names the block: 6 for Arabic, 0 for ASCII.
    for name, blocks in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if blocks.count(0) and blocks.count(0) + blocks.count(6) > 0.8 * len(blocks):
            return name
    text = sample.decode("utf-8", "replace")
    # Half of the letters invalid is another encoding; a few are bad lines in a UTF-8 file.
    if text.count("\ufffd") > sum(character > "\x7f" for character in text) / 2:
        letters = [character for character in sample.decode("cp1256") if character > "\x7f"]
        if sum("\u0600" <= letter <= "\u06ff" for letter in letters) > 0.8 * len(letters):
            return "cp1256"
    return "utf-8"

r"""Text as it was saved: which of three encodings a file is in, and reading it as a stream.

Arabic text files are UTF-8, UTF-16 (Windows' "Unicode") or Windows-1256. Bytes that are invalid in
the encoding found come through as `INVALID`, so that one bad line costs that line alone.
"""

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

INVALID = "\udcff"
"""Stands for bytes that are no text; no decoder gives this lone surrogate otherwise."""

DAMAGE = (EOFError, OSError, zlib.error)
"""What reading a truncated or damaged file raises."""

_SAMPLE = 2**18  # bytes that an encoding is judged by
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARK_INVALID = "hasila.invalid"
codecs.register_error(_MARK_INVALID, lambda error: (INVALID, cast("UnicodeDecodeError", error).end))


def decompressed(raw: BinaryIO, path: Path) -> BinaryIO:
    """A file's bytes, decompressed by its ending (.gz, .zst); cut short, they raise `DAMAGE`."""
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    if path.suffix == ".zst":
        return cast("BinaryIO", pa.CompressedInputStream(raw, "zstd"))
    return raw


def decoded(stream: BinaryIO) -> tuple[io.TextIOWrapper, str]:
    """Text, line ends as they are, over a stream of bytes; and the encoding found.

    Raises:
        DAMAGE: the first bytes cannot be read.
    """
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

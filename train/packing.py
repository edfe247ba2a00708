"""A corpus as packed word pieces: tokenised once, read from disk piece by piece ever after.

A packed corpus is one safetensors file; with ``.zst`` behind its name it is compressed, to carry it
to another machine. It holds

- ``pieces``: the pieces of all documents in a row, each document closed by the tokenizer's
  separator; the top bit marks the first piece of a word, so that masking whole words is exact.
  uint16 for vocabularies up to 32,768 pieces, uint32 beyond.
- ``lengths``: pieces of each document, its separator included; uint32.

Its metadata says which vocabulary that was, how many words there are, and the SHA-256 of each file
it was packed from.
"""

import hashlib
import json
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..data.errors import HasilaError, counted
from ..data.files import (
    atomic_bytes,
    numbered_lines,
    open_bytes,
    require_apart,
    require_writable,
)
from ..data.pieces import Encoder
from ..model.checkpoint import ENCODERS, encoder_path, loading
from .provenance import hashes

_LEVEL = 19  # of zstd: packing is done once, and what is carried may be limited
_AT_ONCE = 256  # documents tokenised in one go
_SLICE = 2**18  # pieces of a packed corpus copied in one go
_NAMES = {"uint16": "U16", "uint32": "U32"}  # NumPy's and safetensors' names of a type


class PackedCorpus:
    """A packed corpus on disk.

    Args:
        path: the file, not compressed.
        vocabulary: `vocabulary_sha256` of the tokenizer that is to read it.

    Attributes:
        bounds: (documents + 1,) where each document begins in the row of pieces, and the row's end.
        words: words in all documents.
    """

    def __init__(self, path: Path, vocabulary: str) -> None:
        try:
            file: Any = safe_open(path, framework="numpy")
            metadata = file.metadata() or {}
            packed_with = metadata["vocabulary"]
            self.words = int(metadata["words"])
            self._pieces = file.get_slice("pieces")
            lengths = file.get_tensor("lengths")
        except (OSError, SafetensorError, KeyError) as error:
            raise HasilaError(f"{path}: not a packed corpus (`hasila pack`): {error}") from error
        if packed_with != vocabulary:
            raise HasilaError(
                f"{path}: was packed with another tokenizer; pack its texts with this encoder's"
            )
        self.bounds = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def read(self, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Pieces ``start`` to ``end`` of the row: their ids, and which begin a word."""
        marked = self.marked(start, end)
        bit = 8 * marked.dtype.itemsize - 1
        return (marked & ((1 << bit) - 1)).astype(np.int64), marked >> bit == 1

    def marked(self, start: int, end: int) -> NDArray[Any]:
        """The same as they are stored."""
        pieces: NDArray[Any] = self._pieces[start:end]
        return pieces

    def describe(self) -> str:
        """One line for a person."""
        return _described(len(self), self.words, int(self.bounds[-1]))


def is_packed(path: Path) -> bool:
    """Whether a file is a packed corpus, by its name."""
    return path.name.removesuffix(".zst").endswith(".safetensors")


def packing_encoder(name: str, revision: str | None = None) -> Encoder:
    """The tokenizer of an encoder, with windows longer than any document: packing lays none.

    Args:
        name: ``shipped``, a local folder, or a name on the Hugging Face hub.
        revision: a branch, tag or commit on the hub.

    Raises:
        HasilaError: it cannot be loaded, or marks no ends of texts, or has no mask piece.
    """
    with loading(f"encoder {name!r}: its tokenizer", ENCODERS):
        tokenizer = AutoTokenizer.from_pretrained(encoder_path(name), revision=revision)
        encoder = Encoder(tokenizer, limit=2**31, stride=0)
    if tokenizer.mask_token_id is None or not encoder.suffix:
        raise HasilaError(f"encoder {name!r}: its tokenizer lacks a mask or a separator piece")
    return encoder


def pack(files: Sequence[Path], encoder: Encoder, output: Path) -> str:
    r"""Tokenise text files into one packed corpus, compressed if ``output`` ends in ``.zst``.

    Memory stays small whatever the corpus: texts are read and pieces written as a stream.

    Args:
        files: UTF-8 texts, plain, .gz or .zst: one document a line, paragraph breaks as a literal
            ``\n``; or packed corpora of the same vocabulary, taken as they are.
        encoder: from `packing_encoder`.
        output: the file to write; by its name it will be known as a packed corpus.

    Returns:
        What the corpus holds, in one line.

    Raises:
        HasilaError: a file cannot be read, was packed with another vocabulary, no file holds a
            document, or the output has another name, is one of the files or cannot be written.
    """
    if not is_packed(output):
        raise HasilaError(
            f"{output}: name a packed corpus NAME.safetensors, or NAME.safetensors.zst"
        )
    require_apart(files, {"--output": output})
    require_writable(output)
    sources = [sha256 for _, sha256 in hashes(files)]
    vocabulary = vocabulary_sha256(encoder.tokenizer)
    lengths, words = array("I"), 0
    with tempfile.TemporaryFile(dir=output.parent) as spool:
        for path in files:
            for part in (
                _packed(path, vocabulary, output.parent)
                if is_packed(path)
                else _tokenised(path, encoder)
            ):
                spool.write(part.pieces.tobytes())
                lengths.extend(part.lengths)
                words += part.words
        if not lengths:
            raise HasilaError(f"{', '.join(map(str, files))}: there are no documents in it")
        metadata = {
            "vocabulary": vocabulary,
            "words": str(words),
            "sources": json.dumps(sources),
        }
        with atomic_bytes(output, _LEVEL) as stream:
            _write(stream, spool, _piece_type(encoder), np.array(lengths, "uint32"), metadata)
    return _described(len(lengths), words, sum(lengths))


def vocabulary_sha256(tokenizer: PreTrainedTokenizerBase) -> str:
    """What tells vocabularies apart: the SHA-256 of all pieces in the order of their ids."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()


def _described(documents: int, words: int, pieces: int) -> str:
    pieces -= documents  # their separators
    mean = pieces / max(1, words)
    sizes = (counted(documents, "document"), counted(words, "word"), counted(pieces, "piece"))
    return f"{', '.join(sizes)} ({mean:.2f} a word)"


class _Part(NamedTuple):
    """Some marked pieces, and the lengths and the number of words of some documents."""

    pieces: NDArray[Any]
    lengths: list[int]
    words: int


def _tokenised(path: Path, encoder: Encoder) -> Iterator[_Part]:
    dtype = _piece_type(encoder)
    mark = 1 << 8 * dtype.itemsize - 1
    texts = (line.replace("\\n", "\n") for _, line in numbered_lines(path) if line.strip())
    while some := list(islice(texts, _AT_ONCE)):
        row, lengths, words = array("L"), [], 0
        for text in encoder.encode(some):
            begin = len(row)
            for first, *rest in (*text.pieces, encoder.suffix):
                row.append(first | mark)
                row.extend(rest)
            lengths.append(len(row) - begin)
            words += len(text.pieces)
        yield _Part(np.array(row, dtype), lengths, words)


def _packed(path: Path, vocabulary: str, beside: Path) -> Iterator[_Part]:
    """The parts of a packed corpus; where there is room for the output, it is decompressed."""
    with tempfile.TemporaryDirectory(prefix=".hasila-", dir=beside) as folder:
        plain = path
        if path.suffix == ".zst":
            plain = Path(folder) / path.stem
            with open_bytes(path) as source, plain.open("wb") as target:
                try:
                    shutil.copyfileobj(source, target)
                except (OSError, EOFError) as error:
                    raise HasilaError(f"{path}: the file is damaged: {error}") from error
        corpus = PackedCorpus(plain, vocabulary)
        end = int(corpus.bounds[-1])
        for start in range(0, end, _SLICE):
            yield _Part(corpus.marked(start, min(start + _SLICE, end)), [], 0)
        yield _Part(np.empty(0), np.diff(corpus.bounds).tolist(), corpus.words)


def _piece_type(encoder: Encoder) -> np.dtype[Any]:
    return np.dtype("<u2" if len(encoder.tokenizer) <= 1 << 15 else "<u4")


def _write(
    stream: IO[bytes],
    pieces: IO[bytes],
    dtype: np.dtype[Any],
    lengths: NDArray[np.uint32],
    metadata: dict[str, str],
) -> None:
    """Write safetensors around a stream; the library's own writer wants it all in memory."""
    size = pieces.seek(0, 2)
    tensors = {
        "pieces": {
            "dtype": _NAMES[dtype.name],
            "shape": [size // dtype.itemsize],
            "data_offsets": [lengths.nbytes, lengths.nbytes + size],
        },
        "lengths": {
            "dtype": "U32",
            "shape": [len(lengths)],
            "data_offsets": [0, lengths.nbytes],
        },
    }
    header = json.dumps({"__metadata__": metadata} | tensors).encode()
    header += b" " * (-len(header) % 8)
    stream.write(len(header).to_bytes(8, "little") + header + lengths.tobytes())
    pieces.seek(0)
    shutil.copyfileobj(pieces, stream)

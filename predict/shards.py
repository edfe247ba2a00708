"""The unit of work: a few dozen rows in, one shard out. What was written is never done again.

Where a chunk begins depends on the rows alone, so a run that was killed and goes on cuts its input,
and so computes, as if nothing had happened. A shard remembers the digest of the rows it was made
from: if the input changed meanwhile, that is seen before anything is mixed up.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import NamedTuple

import zstandard

from ..data.errors import HasilaError
from ..data.jsonl import dumped
from ..data.pieces import EncodedText
from ..data.types import Prediction
from .articles import Article, Rejected, Row, tagged
from .counts import Counts
from .sources import Source

ROWS = 64
"""Rows in a chunk: some ten batches for the model, and what at most is lost when killed."""

CHARACTERS = 2**20
"""A chunk of long articles is closed when its texts reach this length."""


class Chunk(NamedTuple):
    """Rows that are worked on together.

    Attributes:
        number: from 0.
        rows: in order.
        digest: SHA-256 of the rows.
        read: bytes of the input read up to here.
    """

    number: int
    rows: tuple[Row, ...]
    digest: str
    read: int

    @property
    def articles(self) -> list[Article]:
        """The rows that are articles."""
        return [row for row in self.rows if isinstance(row, Article)]

    @property
    def rejected(self) -> list[Rejected]:
        """The rows that are not."""
        return [row for row in self.rows if isinstance(row, Rejected)]

    def to_json(self) -> str:
        """As it travels to another machine: what `from_json` reads."""
        return json.dumps([self.number, [asdict(row) for row in self.rows], self.digest, self.read])

    @classmethod
    def from_json(cls, text: str) -> "Chunk":
        """From another machine."""
        number, rows, digest, read = json.loads(text)
        made = (Article(**row) if "record" in row else Rejected(**row) for row in rows)
        return cls(number, tuple(made), digest, read)


def chunks(source: Source) -> Iterator[Chunk]:
    """The rows of a source in chunks."""
    rows: list[Row] = []
    number = length = 0
    for row in source:
        rows.append(row)
        length += len(row.text) if isinstance(row, Article) else 0
        if len(rows) == ROWS or length >= CHARACTERS:
            yield Chunk(number, tuple(rows), _digest(rows), source.read)
            rows, length, number = [], 0, number + 1
    if rows:
        yield Chunk(number, tuple(rows), _digest(rows), source.read)


@dataclass(frozen=True, slots=True)
class Pending:
    """The chunks of a source that are still to be done; iterating it reads the source.

    Attributes:
        source: the articles.
        finished: the digests of the finished shards, by number.
    """

    source: Source
    finished: Mapping[int, str]

    def __iter__(self) -> Iterator[Chunk]:
        count = 0
        for chunk in chunks(self.source):
            count += 1
            before = self.finished.get(chunk.number)
            if before is None:
                yield chunk
            elif before != chunk.digest:
                raise HasilaError(_CHANGED)
        if any(number >= count for number in self.finished):
            raise HasilaError(_CHANGED)


_CHANGED = (
    "the input is not what it was when this run began; give the old input, remove the folder of "
    "the run to begin anew, or name another output"
)


def _digest(rows: Iterable[Row]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        parts = (row.id, row.text, row.record) if isinstance(row, Article) else astuple(row)
        digest.update(json.dumps(parts).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Shard:
    """What became of a chunk.

    Attributes:
        number: of the chunk.
        digest: of its rows.
        read: bytes of the input read up to its end.
        counts: of its rows.
        rejected: rows that are no articles.
        records: the others, tagged, as lines of JSON.
    """

    number: int
    digest: str
    read: int
    counts: Counts
    rejected: tuple[Rejected, ...]
    records: tuple[str, ...]

    def packed(self) -> bytes:
        """As it is stored: a head of JSON, then the records, a line each, compressed."""
        head = {
            "digest": self.digest,
            "read": self.read,
            "counts": self.counts.to_dict(),
            "rejected": [asdict(row) for row in self.rejected],
        }
        lines = (dumped(head), *self.records)
        content = "".join(f"{line}\n" for line in lines).encode()
        return zstandard.ZstdCompressor(write_checksum=True).compress(content)

    @classmethod
    def unpacked(cls, number: int, stored: bytes) -> "Shard":
        """From what `packed` gave.

        Raises:
            ValueError: the bytes are damaged.
        """
        try:
            content = zstandard.ZstdDecompressor().decompress(stored).decode()
        except zstandard.ZstdError as error:
            raise ValueError(f"damaged: {error}") from error
        first, *records = content.split("\n")[:-1]
        head = json.loads(first)
        return cls(
            number,
            head["digest"],
            head["read"],
            Counts.from_dict(head["counts"]),
            tuple(Rejected(**row) for row in head["rejected"]),
            tuple(records),
        )


def shard_of(
    chunk: Chunk, encoded: Sequence[EncodedText], predictions: Sequence[Prediction]
) -> Shard:
    """The shard of a chunk whose articles were tagged."""
    counts = Counts(rejected=len(chunk.rejected))
    records = []
    for article, text, prediction in zip(chunk.articles, encoded, predictions, strict=True):
        record = tagged(article, prediction)
        counts.count_article(article.record, text, prediction)
        counts.count_fields(record)
        records.append(dumped(record))
    return Shard(
        chunk.number, chunk.digest, chunk.read, counts, tuple(chunk.rejected), tuple(records)
    )

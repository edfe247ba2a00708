"""Batch inference: sources to shards to one output file; killed at any moment, it goes on."""

import errno
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from ..data.errors import HasilaError, counted
from ..data.files import require_apart
from ..model.checkpoint import checkpoint_path, read_metadata
from .articles import no_article
from .counts import Counts, total
from .journal import Journal, manifest, opened
from .local import Engine
from .rows import Fields
from .shards import Pending, Shard
from .sinks import SINKS, Made, write_quarantine
from .sources import Source
from .summary import Summary, drifted


class Interrupted(HasilaError):  # noqa: N818 - what was asked for is no error
    """The run was asked to stop; what it did is kept."""


class Progress(NamedTuple):
    """How far a run is.

    Attributes:
        counts: so far, with what earlier runs did.
        words_now: of these, done by this run.
        seconds: since it began.
        read: bytes of the input done.
        size: bytes of the input; 0 if not known.
    """

    counts: Counts
    words_now: int
    seconds: float
    read: int
    size: int

    @property
    def words_per_second(self) -> float:
        """Of this run."""
        return self.words_now / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Job:
    """What to do: which model reads what, and what is made of it.

    Attributes:
        model: a checkpoint; ``shipped`` is the one that ships.
        output: the file to write.
        sink: what kind of file, a key of `SINKS`.
        fields: the names of the articles' text and id.
        strict: stop at the first row that is no article.
    """

    model: Path
    output: Path
    sink: str = "jsonl"
    fields: Fields = field(default_factory=Fields)
    strict: bool = False

    @property
    def folder(self) -> Path:
        """Where shards lie until the output is made of them."""
        return self.output.with_name(f"{self.output.name}.parts")

    @property
    def quarantine(self) -> Path:
        """Where rows go that are no articles."""
        return self.output.with_name(f"{self.output.name}.quarantine.jsonl")

    @property
    def written(self) -> dict[str, Path]:
        """What is written, by what a user would call it."""
        return {
            "the output": self.output,
            "the file of bad rows": self.quarantine,
            "the folder of finished parts": self.folder,
        }


def require_unread(source: Source, written: Mapping[str, Path]) -> None:
    """Make sure that nothing is written that this run or the next would read, or written twice.

    Raises:
        HasilaError: something is; the message names it by its key.
    """
    for name, path in written.items():
        if source.would_read(path):
            message = f"{path}: {name} would be read as articles; name a file in another folder"
            raise HasilaError(message)
    require_apart((file.path for file in source.files), written)


def run(
    job: Job,
    source: Source,
    engine: Engine,
    watch: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Tag a source's articles and write the output; goes on where an earlier run was stopped.

    Args:
        job: what to do.
        source: the articles; its ``say`` is told that Ctrl-C or SIGTERM was heard.
        engine: what computes, `local_engine` or another.
        watch: called with what earlier runs did, then after every shard.

    Raises:
        HasilaError: a bad row with ``strict``, another run's shards in the way, a file that cannot
            be written or is two things, a full disk, no complete checkpoint, no row is an
            article, or a finished shard was damaged meanwhile.
        Interrupted: after Ctrl-C or SIGTERM, when the shards in hand were kept.
        KeyboardInterrupt: after a second Ctrl-C, at once.
    """
    checkpoint = checkpoint_path(job.model)
    usual = read_metadata(checkpoint).ranges
    require_unread(source, job.written)
    made_of = manifest(checkpoint, source.files, job.fields)
    try:
        with opened(job.folder, made_of) as journal:
            words_now, seconds = _work(job, source, engine, journal, watch)
            # Once more from the beginning, because engines may finish shards in any order.
            counts = total(shard.counts for shard in journal.complete())
            if counts.rejected and not counts.articles:
                first = next(row for shard in journal.complete() for row in shard.rejected)
                journal.remove()
                raise no_article(counts.rejected, first)
            model = f"{checkpoint.resolve().name}@{made_of['model'][:12]}"
            _write(job, Made(journal.complete, counts, job.fields, model))
            journal.remove()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise HasilaError(
            f"{error.filename or job.output}: {error.strerror or error}; "
            f"{'make room' if full else 'mend it'} and give the same command: it goes on"
        ) from error
    return Summary(
        job.output,
        job.quarantine if counts.rejected else None,
        counts,
        seconds,
        words_now,
        drifted(counts, usual),
    )


def _work(
    job: Job, source: Source, engine: Engine, journal: Journal, watch: Callable[[Progress], None]
) -> tuple[int, float]:
    """Finish all shards; the words tagged now, and the seconds that took."""
    counts, finished, read = Counts(), {}, 0
    for shard in journal.finished():
        _require_clean(job, shard)
        counts.add(shard.counts)
        finished[shard.number] = shard.digest
        read = max(read, shard.read)
    before = counts.words
    watch(Progress(counts, 0, 0.0, read, source.size))
    began = time.monotonic()
    with _stoppable(source.say) as stopping, closing(engine(Pending(source, finished))) as shards:
        for number, stored in shards:
            journal.write(number, stored)
            shard = Shard.unpacked(number, stored)
            _require_clean(job, shard)
            counts.add(shard.counts)
            read = max(read, shard.read)
            seconds = time.monotonic() - began
            watch(Progress(counts, counts.words - before, seconds, read, source.size))
            if stopping():
                raise Interrupted(
                    f"stopped after {counted(counts.articles, 'article')}; the same command goes on"
                )
    return counts.words - before, time.monotonic() - began


def _write(job: Job, made: Made) -> None:
    """Write the output, and beside it the rows that were set aside, if there are any."""
    if made.counts.rejected:
        write_quarantine(job.quarantine, made)
    else:
        job.quarantine.unlink(missing_ok=True)
    SINKS[job.sink](job.output, made)


def _require_clean(job: Job, shard: Shard) -> None:
    if job.strict and shard.rejected:
        raise HasilaError(f"{shard.rejected[0]} (without --strict such rows are set aside)")


@contextmanager
def _stoppable(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM asked to stop; asking twice stops at once."""
    asked = False
    before: dict[signal.Signals, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked = True
        restore()
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # begun in a shell's background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        say("finishing what is in hand; Ctrl-C again stops at once")

    # Elsewhere than in the main thread, whoever runs us there handles signals.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, ask)
    try:
        yield lambda: asked
    finally:
        restore()

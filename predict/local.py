"""The engine of one machine: a thread reads and encodes ahead while the model computes."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from ..data.pieces import EncodedText
from ..model.extractor import Extractor
from .shards import Chunk, Pending, shard_of

Shards = Generator[tuple[int, bytes], None, None]
"""Numbers of finished shards, in any order, and what is to be stored of each."""

Engine = Callable[[Pending], Shards]
"""Turns the pending chunks into shards."""

_PATIENCE = 1.0  # seconds

_T = TypeVar("_T")


def local_engine(extractor: Extractor) -> Engine:
    """An engine that computes with an extractor of this process, which may have many workers."""

    def encoded(chunk: Chunk) -> tuple[Chunk, list[EncodedText]]:
        return chunk, extractor.encoder.encode([article.text for article in chunk.articles])

    def run(pending: Pending) -> Shards:
        for chunk, texts in ahead(map(encoded, pending)):
            predictions = extractor.decide([article.text for article in chunk.articles], texts)
            yield chunk.number, shard_of(chunk, texts, predictions).packed()

    return run


def ahead(items: Iterator[_T], depth: int = 2) -> Iterator[_T]:
    """The same items, made by a thread up to ``depth`` ahead of who takes them.

    An error in making one is raised where it would have been taken.
    """
    asked: SimpleQueue[Future[_T | None] | None] = SimpleQueue()
    coming: deque[Future[_T | None]] = deque()

    def ask() -> None:
        coming.append(Future())
        asked.put(coming[-1])

    def make() -> None:
        while future := asked.get():
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(next(items, None))
                except BaseException as error:  # raised where the item is taken
                    future.set_exception(error)

    # A daemon, because it may be reading standard input, where nothing need ever come: nobody, at
    # the end of the process neither, waits for it longer than what is in hand may take.
    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        for _ in range(depth):
            ask()
        while (item := coming.popleft().result()) is not None:
            ask()
            yield item
    finally:
        for future in coming:
            future.cancel()
        asked.put(None)
        thread.join(_PATIENCE)

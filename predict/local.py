"""The engine of one machine: a thread reads and encodes ahead while the model computes."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..data.pieces import EncodedText
from ..model.extractor import Extractor
from .shards import Chunk, Pending, shard_of

Shards = Iterator[tuple[int, bytes]]
"""Numbers of finished shards, in any order, and what is to be stored of each."""

Engine = Callable[[Pending], Shards]
"""Turns the pending chunks into shards."""

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
    thread = ThreadPoolExecutor(1, "ahead")
    try:
        coming = deque(thread.submit(next, items, None) for _ in range(depth))
        while (item := coming.popleft().result()) is not None:
            coming.append(thread.submit(next, items, None))
            yield item
    finally:
        # Not waited for: it may be reading standard input, where nothing need ever come.
        thread.shutdown(wait=False, cancel_futures=True)

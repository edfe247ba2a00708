"""Batches of like-long windows: little padding, few shapes.

Padding is work done for nothing, and every new tensor shape costs an encoder time of its own, so
lengths are padded to multiples of `PAD_TO`.
"""

import random
from collections.abc import Iterator, Sequence

PAD_TO = 32


def padded(length: int, limit: int) -> int:
    """``length`` rounded up to a multiple of `PAD_TO`, but no longer than ``limit``.

    >>> padded(33, 512), padded(250, 256), padded(510, 510)
    (64, 256, 510)
    """
    return min(-(-length // PAD_TO) * PAD_TO, max(limit, length))


def bucketed(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group indices of windows, longest first, so that no padded batch exceeds ``budget`` pieces.

    A window longer than the budget is a batch of its own. Each index appears exactly once; the
    order depends on the lengths alone.

    >>> list(bucketed([10, 60, 20, 64], budget=128))
    [[3, 1], [2, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    start = 0
    while start < len(order):
        width = -(-lengths[order[start]] // PAD_TO) * PAD_TO
        count = max(1, budget // max(width, 1))
        yield order[start : start + count]
        start += count


def length_grouped(lengths: Sequence[int], batch: int, seed: int) -> list[int]:
    """A random order of windows in which each run of ``batch`` has like lengths, for training.

    Shuffled, cut into pools of 50 batches, each pool sorted by length and cut into batches, the
    batches shuffled. The one short batch, if any, comes last, so that runs stay aligned. The same
    seed gives the same order. (Pools as in Hugging Face's ``LengthGroupedSampler``.)
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible order, no secret
    order = list(range(len(lengths)))
    chance.shuffle(order)
    pool = 50 * batch
    order = [
        index
        for start in range(0, len(order), pool)
        for index in sorted(order[start : start + pool], key=lambda i: (-lengths[i], i))
    ]
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    last = [batches.pop()] if batches and len(batches[-1]) < batch else []
    chance.shuffle(batches)
    return [index for group in batches + last for index in group]

"""Texts that say the same: exact and near-duplicates among many reports, without keeping a text.

A text is its set of three-word shingles; MinHash (Broder 1997) estimates the Jaccard similarity of
two such sets from 96 minima each, and banding (Leskovec, Rajaraman, Ullman, ch. 3) finds the pairs
worth comparing: 32 bands of 3 minima show a pair of similarity 0.5 with probability 0.986. A text
costs 400 bytes and is compared with few others, so 100,000 reports need about 40 MB.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

NEAR = 0.5
"""From this estimated Jaccard similarity on, two texts are near-duplicates."""

_SHINGLE = 3
_BANDS, _ROWS = 32, 3
_MINIMA = _BANDS * _ROWS
_RANDOM = np.random.default_rng(20030)
_FACTORS = _RANDOM.integers(1, 2**63, _MINIMA, dtype=np.uint64)[:, None] * np.uint64(2) + np.uint64(
    1
)
_OFFSETS = _RANDOM.integers(0, 2**63, _MINIMA, dtype=np.uint64)[:, None]
_MIX = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


class Pair(NamedTuple):
    """Two texts that are nearly the same: their numbers, the earlier first, and how similar."""

    first: int
    second: int
    similarity: float


class TextIndex:
    """Texts seen so far, numbered from 0, as fingerprints."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}
        self._minima = np.empty((1024, _MINIMA), dtype=np.uint32)
        self._numbers: list[int] = []  # of the texts in _minima: those that are no exact duplicates
        self._count = 0

    def add(self, words: Sequence[str]) -> int | None:
        """Take the next text, as its normalised words; the number of an earlier one just like it.

        Texts without words are like no other.
        """
        number = self._count
        self._count += 1
        if not words:
            return None
        digest = blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if (earlier := self._seen.setdefault(digest, number)) != number:
            return earlier
        used = len(self._numbers)
        if used == len(self._minima):
            self._minima = np.concatenate([self._minima, np.empty_like(self._minima)])
        self._minima[used] = _minima(words)
        self._numbers.append(number)
        return None

    def near(self) -> Iterator[Pair]:
        """Pairs of near-duplicates; those that are linked through others may be named just so."""
        minima = self._minima[: len(self._numbers)]
        found: set[tuple[int, int]] = set()
        for band in range(0, _MINIMA, _ROWS):
            keys = minima[:, band : band + _ROWS].astype(np.uint64) @ _MIX
            order = np.argsort(keys, kind="stable")
            alike = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
            first, second = order[alike], order[alike + 1]
            similarity = (minima[first] == minima[second]).mean(axis=1)
            for i in np.flatnonzero(similarity >= NEAR):
                pair = int(first[i]), int(second[i])
                if pair not in found:
                    found.add(pair)
                    earlier, later = (self._numbers[text] for text in pair)
                    yield Pair(earlier, later, float(similarity[i]))


def _minima(words: Sequence[str]) -> NDArray[np.uint32]:
    """The MinHash signature of a text's words, [96]."""
    hashes = np.fromiter(
        (crc32(word.encode("utf-8", "surrogatepass")) for word in words), np.uint64, len(words)
    )
    shingles = hashes[: max(1, len(hashes) - _SHINGLE + 1)].copy()
    for place in range(1, min(_SHINGLE, len(hashes))):
        shingles += hashes[place : place + len(shingles)] * _MIX[place]
    permuted = shingles * _FACTORS + _OFFSETS  # modulo 2^64; the high bits are the mixed ones
    minima: NDArray[np.uint64] = permuted.min(axis=1) >> np.uint64(32)
    return minima.astype(np.uint32)

"""Windows: how a long text is laid before an encoder that reads a few hundred pieces at a time.

A window ends at the last paragraph or sentence end that fits (so that no sentence is
read in halves). Only where a stretch without any such end is longer than the limit do two
windows overlap; then the window that gives a word most context decides it, see `owned`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .types import Offsets

_TERMINALS = frozenset(".!?؟…۔")
_CLOSERS = frozenset("\"'”’»)]}")


class Window(NamedTuple):
    """A half-open range of word indices of one text."""

    start: int
    end: int


def sentence_ends(text: str, words: Sequence[Offsets]) -> list[int]:
    """The word indices after which a sentence or a paragraph of the raw text ends, ascending.

    A paragraph ends at a line break; a sentence at a terminal mark, with any closing quotes or
    brackets after it, that white space follows. The end of the text is not listed.

    >>> from .words import words
    >>> text = 'انتهى. "عاد؟" ثم'
    >>> sentence_ends(text, words(text))
    [1, 5]
    """
    ends = []
    terminal = False  # a terminal mark, or closers right after one
    for index, ((start, end), (following, _)) in enumerate(pairwise(words)):
        character = text[start]
        terminal = character in _TERMINALS or (terminal and character in _CLOSERS)
        if following > end and (terminal or "\n" in text[end:following]):
            ends.append(index)
            terminal = False
    return ends


def windows(
    lengths: Sequence[int], ends: Sequence[int], limit: int, stride: int = 0
) -> list[Window]:
    """Lay windows of at most ``limit`` pieces over words so that every word is in one.

    Args:
        lengths: pieces of each word; a word longer than ``limit`` must have been cut before.
        ends: word indices after which a window may end without overlap (`sentence_ends`).
        limit: pieces a window may hold, special pieces not counted.
        stride: pieces that neighbouring windows share where no end was in reach.

    Raises:
        ValueError: a word is longer than the limit, or the stride is more than half of it.

    >>> windows([1] * 7, ends=[2], limit=4, stride=2)
    [Window(start=0, end=3), Window(start=3, end=7)]
    >>> windows([1] * 7, ends=[], limit=4, stride=2)
    [Window(start=0, end=4), Window(start=2, end=6), Window(start=4, end=7)]
    """
    if not 0 <= 2 * stride <= limit:
        raise ValueError(f"stride {stride} must be between 0 and half of limit {limit}")
    if lengths and max(lengths) > limit:
        raise ValueError(f"a word has {max(lengths)} pieces, more than the limit of {limit}")
    before = [0, *accumulate(lengths)]  # pieces before each word
    laid: list[Window] = []
    start, count = 0, len(lengths)
    while start < count:
        fits = bisect_right(before, before[start] + limit, lo=start) - 1
        if fits == count:
            laid.append(Window(start, count))
            break
        # The last end inside (start, fits]; none lies in what was laid twice, or it had been taken.
        last = ends[bisect_right(ends, fits - 1) - 1] + 1 if ends and ends[0] < fits else 0
        if last > start:
            laid.append(Window(start, last))
            start = last
        else:
            laid.append(Window(start, fits))
            shared = bisect_left(before, before[fits] - stride)
            # The next word must fit too, or the next window would bring nothing new.
            start = max(shared, bisect_left(before, before[fits + 1] - limit))
    return laid


def owned(laid: Sequence[Window]) -> list[Window]:
    """For each window the words it decides: together a partition of all words.

    Two overlapping windows meet in the middle of what they share, where the nearer edge of
    either is equally far.

    >>> owned([Window(0, 4), Window(2, 6), Window(4, 7)])
    [Window(start=0, end=3), Window(start=3, end=5), Window(start=5, end=7)]
    """
    if not laid:
        return []
    meetings = [(left.end + right.start) // 2 for left, right in pairwise(laid)]
    return [Window(*edges) for edges in pairwise([laid[0].start, *meetings, laid[-1].end])]

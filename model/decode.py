"""The best valid IOB2 tags for a row of words: Viterbi over the one rule IOB2 has.

The rule is that ``I-x`` follows only ``B-x`` or ``I-x``; a text begins as after ``O``. The score of
a path is the sum of its words' logits, so the result is the most probable valid path under the
model's per-word distributions.
"""

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]


def viterbi(logits: Logits, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The best valid tags of many texts laid end to end.

    Where every ``B-x`` scores at least its ``I-x``, no best path needs an ``I-`` (``B-x`` allows
    all that ``I-x`` allows, and asks nothing of the word before), so what lies before and after
    such a word are independent problems. Texts fall apart into hundreds of short pieces this way,
    and the recursion runs over the longest of them with all in parallel, however long the text.

    Args:
        logits: shape (words, tags), tags in the order of `LabelSet`.
        starts: index of the first word of each text, ascending.

    Returns:
        Tag ids, shape (words,).
    """
    count, tags = logits.shape
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    free = np.asarray((logits[:, 1::2] >= logits[:, 2::2]).all(axis=1))
    free[0] = True
    free[starts[starts < count]] = True
    begins = np.flatnonzero(free)
    lengths = np.diff(np.append(begins, count))
    # Longest first: at step t only the pieces with a t-th word are still in the batch.
    order = np.argsort(-lengths, kind="stable")
    begins, lengths = begins[order], lengths[order]
    came_from = np.zeros((count, tags), dtype=np.int64)
    score = logits[begins]
    score[:, 2::2] = -np.inf
    final = np.empty(len(begins), dtype=np.int64)
    alive = len(begins)
    for step in range(1, int(lengths[0]) + 1):
        still = int(np.searchsorted(-lengths, -step, side="left"))
        final[still:alive] = score[still:alive].argmax(axis=1)
        alive, score = still, score[:still]
        if alive:
            at = begins[:alive] + step
            score, came_from[at] = _step(score, logits[at])
    decided = np.empty(count, dtype=np.int64)
    decided[begins + lengths - 1] = final
    for back in range(int(lengths[0]) - 1, 0, -1):
        rows = begins[: int(np.searchsorted(-lengths, -back, side="left"))] + back
        decided[rows - 1] = came_from[rows, decided[rows]]
    return decided


def _step(score: Logits, logits: Logits) -> tuple[Logits, npt.NDArray[np.int64]]:
    """One word further: scores (pieces, tags) and, for each, the tag it came from."""
    best = score.argmax(axis=1)
    came_from = np.repeat(best[:, None], score.shape[1], axis=1)
    reached = np.repeat(score.max(axis=1)[:, None], score.shape[1], axis=1)
    begin, inside = score[:, 1::2], score[:, 2::2]
    from_begin = begin >= inside
    came_from[:, 2::2] = np.arange(1, score.shape[1], 2)[None, :] + ~from_begin
    reached[:, 2::2] = np.where(from_begin, begin, inside)
    return reached + logits, came_from


def probabilities(logits: Logits) -> Logits:
    """Softmax over tags, shape as given, rows adding up to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Logits = shifted / shifted.sum(axis=1, keepdims=True)
    return result

from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hasila.model.decode import probabilities, viterbi

Array = npt.NDArray[np.float32]
NONE = np.array([0])


def valid(tags: tuple[int, ...] | list[int], starts: set[int]) -> bool:
    """Whether every I- follows the B- or I- of its label, in its own text."""
    return all(
        tag == 0 or tag % 2 == 1 or (index not in starts and tags[index - 1] in (tag - 1, tag))
        for index, tag in enumerate(tags)
    )


def total(logits: Array, tags: tuple[int, ...] | list[int]) -> float:
    return float(sum(logits[index, tag] for index, tag in enumerate(tags)))


def plain_viterbi(logits: Array) -> list[int]:
    """The textbook recursion, word by word, over an explicit transition table."""
    count = logits.shape[1]
    inside = [tag > 0 and tag % 2 == 0 for tag in range(count)]
    allowed = np.array(
        [
            [not inside[after] or before in (after - 1, after) for after in range(count)]
            for before in range(count)
        ]
    )
    scores = [np.where(inside, -np.inf, logits[0])]
    back = []
    for row in logits[1:]:
        step = np.where(allowed, scores[-1][:, None], -np.inf)
        back.append(step.argmax(axis=0))
        scores.append(step.max(axis=0) + row)
    path = [int(scores[-1].argmax())]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    return path[::-1]


@given(
    arrays(
        np.float32, st.tuples(st.integers(1, 5), st.just(5)), elements=st.floats(-8, 8, width=16)
    )
)
def test_no_valid_path_is_better(logits: Array) -> None:
    found = viterbi(logits, NONE).tolist()
    assert valid(found, {0})
    best = max(
        total(logits, path) for path in product(range(5), repeat=len(logits)) if valid(path, {0})
    )
    assert total(logits, found) == pytest.approx(best, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_texts_laid_end_to_end_decode_as_each_alone(seed: int, lengths: list[int]) -> None:
    starts = np.cumsum([0, *lengths])
    logits = np.random.default_rng(seed).normal(0, 3, (int(starts[-1]), 7)).astype(np.float32)
    together = viterbi(logits, starts[:-1])
    for start, end in pairwise(starts):
        if start < end:
            alone = plain_viterbi(logits[start:end])
            assert total(logits[start:end], together[start:end]) == pytest.approx(
                total(logits[start:end], alone), abs=1e-3
            )
            assert valid(together[start:end].tolist(), {0})


def test_a_text_without_a_free_word_is_decoded_whole() -> None:
    logits = np.zeros((5000, 7), dtype=np.float32)
    logits[:, 2] = 5  # I-ACTOR everywhere: only the first word may not have it
    found = viterbi(logits, NONE)
    assert found[0] == 1
    assert (found[1:] == 2).all()


def test_valid_argmax_is_left_as_it_is() -> None:
    wanted = np.array([0, 1, 2, 2, 0, 3, 3, 4, 0])
    logits = np.full((9, 7), -1, dtype=np.float32)
    logits[np.arange(9), wanted] = 4
    assert (viterbi(logits, NONE) == wanted).all()


def test_nothing_decodes_to_nothing() -> None:
    assert viterbi(np.zeros((0, 7), dtype=np.float32), NONE).shape == (0,)


def test_probabilities_add_up() -> None:
    logits = np.array([[2.0, 1.0, -3.0], [900.0, -900.0, 0.0]], dtype=np.float32)
    found = probabilities(logits)
    assert found.sum(axis=1) == pytest.approx([1, 1])
    assert found[1] == pytest.approx([1, 0, 0])

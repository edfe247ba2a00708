import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasila.data.batches import PAD_TO, bucketed, length_grouped
from hasila.data.windows import Window, owned, sentence_ends, windows
from hasila.data.words import words

LIMIT = 12
LAYOUT = st.tuples(
    st.lists(st.integers(1, LIMIT), max_size=60),
    st.sets(st.integers(0, 60)),
    st.integers(0, LIMIT // 2),
)


@pytest.mark.parametrize(
    ("text", "last_words"),
    [
        ("قتل. ثم عاد", ["."]),
        ('قال "عاد." ثم', ['"']),
        ("عنوان\nثم", ["عنوان"]),
        ("بلغ 1.5 مليون", []),
        ("رؤية؟ نعم! لا", ["؟", "!"]),
        ("قال (أمس) ثم", []),
        ('عاد. " ثم', ["."]),
        ("www.hasila.org ثم", []),
        ("انتهى.", []),
        ("", []),
    ],
)
def test_sentences_end_at_terminal_marks_and_line_breaks(text: str, last_words: list[str]) -> None:
    spans = words(text)
    found = [text[slice(*spans[index])] for index in sentence_ends(text, spans)]
    assert found == last_words


@pytest.mark.parametrize("mark", ".!?؟…۔")
@pytest.mark.parametrize("closer", ["", *"\"'”’»)]}", '")'])
def test_every_mark_ends_a_sentence_with_what_closes_after_it(mark: str, closer: str) -> None:
    text = f"عاد{mark}{closer} ثم"
    assert sentence_ends(text, words(text)) == [1 + len(closer)]


@pytest.mark.parametrize(
    ("lengths", "ends", "stride", "expected"),
    [
        ([], [], 0, []),
        ([3, 3], [], 0, [(0, 2)]),
        ([5, 5, 5], [0], 0, [(0, 1), (1, 3)]),
        ([4, 4, 4, 4], [], 4, [(0, 3), (2, 4)]),
        ([4, 4, 4, 4], [], 0, [(0, 3), (3, 4)]),
        ([12, 12], [], 6, [(0, 1), (1, 2)]),
        ([6, 6, 6, 6], [1], 6, [(0, 2), (2, 4)]),
    ],
)
def test_windows_table(
    lengths: list[int], ends: list[int], stride: int, expected: list[tuple[int, int]]
) -> None:
    assert windows(lengths, ends, LIMIT, stride) == [Window(*pair) for pair in expected]


@given(LAYOUT)
def test_windows_cover_every_word_within_the_limit(
    layout: tuple[list[int], set[int], int],
) -> None:
    lengths, marks, stride = layout
    ends = sorted(mark for mark in marks if mark < len(lengths) - 1)
    laid = windows(lengths, ends, LIMIT, stride)
    assert all(sum(lengths[window.start : window.end]) <= LIMIT for window in laid)
    assert sorted({word for window in laid for word in range(*window)}) == [*range(len(lengths))]
    for left, right in itertools.pairwise(laid):
        assert left.start < right.start <= left.end < right.end
        shared = lengths[right.start : left.end]
        assert sum(shared) <= stride
        if left.end - 1 in ends:
            assert not shared


@given(LAYOUT)
def test_every_word_is_decided_once_by_a_window_that_holds_it(
    layout: tuple[list[int], set[int], int],
) -> None:
    lengths, marks, stride = layout
    laid = windows(lengths, sorted(mark for mark in marks if mark < len(lengths)), LIMIT, stride)
    deciding = owned(laid)
    assert [word for window in deciding for word in range(*window)] == [*range(len(lengths))]
    for window, mine in zip(laid, deciding, strict=True):
        assert window.start <= mine.start <= mine.end <= window.end
    for word in range(len(lengths)):
        holders = [window for window in laid if window.start <= word < window.end]
        mine = next(w for w, o in zip(laid, deciding, strict=True) if o.start <= word < o.end)
        last = len(lengths)

        def context(window: Window, word: int = word, last: int = last) -> float:
            left = word - window.start if window.start else float("inf")
            right = window.end - 1 - word if window.end < last else float("inf")
            return min(left, right)

        if len(holders) == 2:  # three only where windows hold a word or two
            assert context(mine) >= max(map(context, holders)) - 1


def test_a_word_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        windows([LIMIT + 1], [], LIMIT)


@pytest.mark.parametrize("stride", [-1, LIMIT // 2 + 1])
def test_a_stride_beyond_half_the_limit_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match="between 0 and half"):
        windows([1], [], LIMIT, stride)


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(32, 1024))
def test_batches_hold_every_window_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(bucketed(lengths, budget))
    assert sorted(index for batch in batches for index in batch) == [*range(len(lengths))]
    for batch in batches:
        width = -(-max(lengths[index] for index in batch) // PAD_TO) * PAD_TO
        assert len(batch) == 1 or width * len(batch) <= budget


@given(st.lists(st.integers(1, 300), max_size=900), st.integers(1, 8), st.integers(0, 9))
def test_length_grouping_is_a_seeded_permutation(lengths: list[int], batch: int, seed: int) -> None:
    order = length_grouped(lengths, batch, seed)
    assert sorted(order) == [*range(len(lengths))]
    assert order == length_grouped(lengths, batch, seed)


def test_length_grouping_saves_padding() -> None:
    lengths = [1 + index * 37 % 250 for index in range(800)]

    def padding(order: list[int]) -> int:
        groups = [[lengths[i] for i in order[at : at + 8]] for at in range(0, len(order), 8)]
        return sum(max(group) * len(group) - sum(group) for group in groups)

    assert padding(length_grouped(lengths, 8, seed=1)) < padding([*range(len(lengths))]) / 4

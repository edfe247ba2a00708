"""Spans for property tests."""

from itertools import pairwise

from hypothesis import strategies as st

from hasila.data.types import LABELS, Span

WORDS = 12
"""Offsets of generated spans count the words of a sentence of this length."""

Corpus = list[tuple[list[Span], list[Span]]]
"""The gold and the predicted spans of each report."""


@st.composite
def flat_spans(draw: st.DrawFn) -> list[Span]:
    """Spans that do not overlap, often adjacent, in any order."""
    edges = draw(st.lists(st.integers(0, WORDS), unique=True, max_size=10).map(sorted))
    spans = [
        Span(start, end, draw(st.sampled_from(LABELS)))
        for start, end in pairwise(edges)
        if draw(st.booleans())
    ]
    return draw(st.permutations(spans))


def any_spans() -> st.SearchStrategy[list[Span]]:
    """Spans as another system may give them: overlapping, nested, repeated."""
    edges = st.tuples(st.integers(0, WORDS), st.integers(0, WORDS)).filter(lambda e: e[0] < e[1])
    spans = st.builds(lambda e, label: Span(*e, label), edges, st.sampled_from(LABELS))
    return st.lists(spans, max_size=7)


def corpora() -> st.SearchStrategy[Corpus]:
    """One to four reports."""
    return st.lists(st.tuples(flat_spans(), flat_spans()), min_size=1, max_size=4)

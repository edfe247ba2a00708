import pytest
from hypothesis import given
from sklearn.metrics import cohen_kappa_score
from span_strategies import WORDS, Corpus, corpora

from hasila.data.errors import HasilaError
from hasila.data.types import Report, Span
from hasila.data.words import words
from hasila.eval.agreement import agreement

TEXT = " ".join(f"ك{i}" for i in range(WORDS))
RUNS = words(TEXT)


def on_words(spans: list[Span]) -> tuple[Span, ...]:
    """Spans that count words, as spans of `TEXT`."""
    return tuple(Span(RUNS[s.start][0], RUNS[s.end - 1][1], s.label) for s in spans)


def annotated(corpus: Corpus, side: int) -> list[Report]:
    return [Report(str(i), TEXT, on_words(case[side])) for i, case in enumerate(corpus)]


def tags(report: Report) -> list[str]:
    return [
        next((s.label for s in sorted(report.spans) if s.start <= a and b <= s.end), "O")
        for a, b in RUNS
    ]


@given(corpora())
def test_kappa_is_sklearns_and_neither_annotator_is_the_gold(corpus):
    a, b = annotated(corpus, 0), annotated(corpus, 1)
    found, mirrored = agreement(a, b), agreement(b, a)
    pairs = [[tag for report in side for tag in tags(report)] for side in (a, b)]
    if len(set(pairs[0] + pairs[1])) > 1:  # with one label alone sklearn divides by zero
        assert found.kappa == pytest.approx(cohen_kappa_score(*pairs))
    assert mirrored.kappa == pytest.approx(found.kappa)
    assert mirrored.scores.micro.f1 == pytest.approx(found.scores.micro.f1)
    itself = agreement(a, a)
    assert (itself.kappa, itself.disagreements) == (1, ())


def test_twice_the_corpus_gives_the_same_figures():
    one = Report("1", TEXT, on_words([Span(0, 2, "ACTOR"), Span(4, 5, "NUMBER")]))
    other = Report("1", TEXT, on_words([Span(0, 1, "ACTOR"), Span(4, 5, "NUMBER")]))
    once = agreement([one], [other])
    twice = agreement([one, Report("2", TEXT, one.spans)], [other, Report("2", TEXT, other.spans)])
    assert twice.kappa == pytest.approx(once.kappa)
    assert twice.scores.micro.f1 == once.scores.micro.f1 == 0.5


@pytest.mark.parametrize(
    ("a", "b", "group"),
    [
        ([Span(0, 2, "ACTOR")], [Span(0, 2, "LOCATION")], "label"),
        ([Span(0, 2, "ACTOR")], [Span(0, 3, "ACTOR")], "boundary"),
        ([Span(0, 4, "ACTOR")], [Span(0, 2, "ACTOR"), Span(2, 4, "ACTOR")], "boundary"),
        ([Span(0, 2, "ACTOR")], [Span(1, 3, "LOCATION")], "label and boundary"),
        ([Span(0, 2, "ACTOR")], [], "only in A"),
        ([], [Span(0, 2, "ACTOR")], "only in B"),
    ],
)
def test_disagreements_are_told_apart_and_shown(a, b, group):
    found = agreement([Report("r{}", TEXT, on_words(a))], [Report("r{}", TEXT, on_words(b))])
    assert found.groups == {group: 1}
    line = str(found.disagreements[0])
    assert line.startswith(f"report r{{}}: {group}: A ")
    assert "⟦ك" in line


def test_only_reports_of_both_count():
    spans = on_words([Span(0, 2, "ACTOR")])
    found = agreement(
        [Report("1", TEXT, spans), Report("2", TEXT, spans)],
        [Report("1", TEXT, spans), Report("3", TEXT)],
    )
    assert (found.reports, found.only_a, found.only_b) == (1, ("2",), ("3",))
    assert found.scores.micro.f1 == 1
    with pytest.raises(HasilaError, match="another text"):
        agreement([Report("1", TEXT)], [Report("1", "نص آخر")])

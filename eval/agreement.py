"""How far two annotators agree on the same reports, and where they do not.

Strict span F1 is the figure to compare a model's with: it is symmetric, so neither annotator is the
gold. Cohen's kappa (1960) corrects the agreement on words' labels for chance; most words carry no
label, so it says less about spans than F1 does.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..data.types import Report, Span
from ..data.words import words
from .cases import Case, pair
from .errors import Kind, SpanError, find_errors
from .scores import Scores, score_cases

GROUPS: dict[Kind, str] = {
    "missed": "only in A",
    "spurious": "only in B",
    "wrong label": "label",
    "too short": "boundary",
    "too long": "boundary",
    "shifted": "boundary",
    "split": "boundary",
    "merged": "boundary",
    "label and boundary": "label and boundary",
}
"""What annotators can disagree on, by the kind of error that B would be to A."""

_CONTEXT = 30  # characters shown on either side


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Spans of one report that the annotators set differently."""

    report: Report
    error: SpanError

    @property
    def group(self) -> str:
        """One of the values of `GROUPS`."""
        return GROUPS[self.error.kind]

    def __str__(self) -> str:
        text, start, end = self.report.text, self.error.start, self.error.end
        before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
        a, b = (
            " | ".join(f"{span.label} {text[span.start : span.end]!r}" for span in spans) or "–"
            for spans in (self.error.gold, self.error.predicted)
        )
        context = " ".join(f"…{before}⟦{text[start:end]}⟧{after}…".split())
        return f"report {self.report.id}: {self.group}: A {a}, B {b}: {context}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two annotators' spans of the same reports say.

    ``only_a`` and ``only_b`` are the ids of reports that one of them alone has; they do not count.
    """

    reports: int
    words: Counter[tuple[str, str]]
    """How often a word has this label with A and that with B."""
    scores: Scores
    disagreements: tuple[Disagreement, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()

    @property
    def kappa(self) -> float:
        """Cohen's kappa over the words' labels, at most 1; 1 where chance alone agrees fully."""
        total = self.words.total()
        a: Counter[str] = Counter()
        b: Counter[str] = Counter()
        for (first, second), count in self.words.items():
            a[first] += count
            b[second] += count
        agreed = sum(count for (first, second), count in self.words.items() if first == second)
        by_chance = sum(a[label] * b[label] for label in a)
        rest = total * total - by_chance
        return (total * agreed - by_chance) / rest if rest else 1.0

    @property
    def groups(self) -> Counter[str]:
        """How many disagreements of each group."""
        return Counter(disagreement.group for disagreement in self.disagreements)


def agreement(a: Iterable[Report], b: Iterable[Report]) -> Agreement:
    """Compare two annotations of the same reports, paired by id.

    Raises:
        HasilaError: an id comes twice, no id is in both, or a report's texts differ.
    """
    pairing = pair(a, b, all_spans=True)
    alone = set(pairing.unpredicted)
    cases = [case for case in pairing.cases if case.report.id not in alone]
    return Agreement(
        reports=len(cases),
        words=sum((_word_pairs(case) for case in cases), Counter()),
        scores=score_cases(cases),
        disagreements=tuple(
            Disagreement(case.report, error)
            for case in cases
            for error in find_errors(case.report.spans, case.predicted)
        ),
        only_a=pairing.unpredicted,
        only_b=pairing.unknown,
    )


def _word_pairs(case: Case) -> Counter[tuple[str, str]]:
    cut = words(case.report.text)
    sides = (_labels(cut, spans) for spans in (case.report.spans, case.predicted))
    return Counter(zip(*sides, strict=True))


def _labels(cut: Sequence[tuple[int, int]], spans: Sequence[Span]) -> list[str]:
    """The label of each word: of the first span that has some of it, else ``O``."""
    ordered = sorted(spans)
    labels = []
    for start, end in cut:
        over = (span.label for span in ordered if span.start < end and start < span.end)
        labels.append(next(over, "O"))
    return labels

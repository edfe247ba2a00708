"""Pairing gold reports with predictions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasila.data.errors import HasilaError
from hasila.data.types import Report, Span
from hasila.eval import Counts, score
from hasila.eval.cases import judged, pair, realign

GOLD = Report("1", "قُتل 27  شخصاً.", (Span(5, 7, "NUMBER"),))


def test_order_of_reports_is_irrelevant_and_gold_order_is_kept() -> None:
    other = Report("2", "x")
    cases = pair([GOLD, other], [other, Report("1", GOLD.text, GOLD.spans)]).cases
    assert [case.report.id for case in cases] == ["1", "2"]
    assert cases[0].predicted == GOLD.spans


def test_a_report_without_a_prediction_is_scored_as_missed_and_named() -> None:
    pairing = pair([GOLD, Report("2", "x")], [Report("2", "x"), Report("3", "y")])
    assert pairing.cases[0].predicted == ()
    assert pairing.unpredicted == ("1",)
    assert pairing.unknown == ("3",)


def test_a_prediction_without_text_is_taken_at_its_offsets() -> None:
    assert pair([GOLD], [Report("1", "", GOLD.spans)]).cases[0].predicted == GOLD.spans


def test_without_a_shared_id_reports_are_paired_by_their_text() -> None:
    others = [Report("found-1", "نص آخر"), Report("found-2", "قُتل 27 شخصاً .", GOLD.spans)]
    pairing = pair([GOLD], others)
    assert pairing.cases[0].predicted == GOLD.spans
    assert pairing.unknown == ("found-1",)


def test_equal_texts_are_paired_one_to_one() -> None:
    """A sentence that a file without ids has twice is two reports, with two predictions."""
    again = Report("2", GOLD.text, GOLD.spans)
    found = [Report(f"found-{i}", GOLD.text, GOLD.spans) for i in range(2)]
    pairing = pair([GOLD, again], found)
    assert [case.predicted for case in pairing.cases] == [GOLD.spans, GOLD.spans]
    assert pair([GOLD, again], found[:1]).unpredicted == ("2",)


def test_a_prediction_with_single_spaces_is_laid_over_the_raw_text() -> None:
    tokens = Report("1", "قُتل 27 شخصاً .", (Span(5, 7, "NUMBER"), Span(8, 15, "ACTOR")))
    first, second = pair([GOLD], [tokens]).cases[0].predicted
    assert GOLD.surface(first) == "27"
    assert GOLD.surface(second) == "شخصاً."  # the tokens had a space inside


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([GOLD, GOLD], [GOLD], "report 1 is twice among the gold"),
        ([GOLD], [GOLD, GOLD], "report 1 is twice among the predicted"),
        ([GOLD], [Report(n, GOLD.text) for n in "89"], "report 9: its text is more often among"),
        ([GOLD], [Report("9", "نص آخر")], "no report is on both sides, by its id or its text"),
        ([GOLD], [Report("1", "نص آخر")], "another text"),
        ([GOLD], [Report("1", "", (Span(0, 99, "ACTOR"),))], "the predicted span .* outside"),
        ([Report("1", "نص", (Span(0, 3, "ACTOR"),))], [], "the gold span .* outside"),
    ],
)
def test_what_cannot_be_scored_is_refused(gold, predicted, message: str) -> None:
    with pytest.raises(HasilaError, match=message):
        pair(gold, predicted)


TOKENS = st.lists(st.text("ab١ـ😀", min_size=1, max_size=3), min_size=1, max_size=6)
GAPS = st.lists(st.text(" \n\u00a0", max_size=2), min_size=7, max_size=7)


@given(TOKENS, GAPS, GAPS)
def test_every_token_keeps_its_surface_when_spacing_changes(tokens, gaps, others) -> None:
    def laid(spaces: list[str]) -> tuple[str, list[Span]]:
        text, spans = spaces[-1], []
        for token, space in zip(tokens, spaces, strict=False):
            spans.append(Span(len(text), len(text) + len(token), "ACTOR"))
            text += token + space
        return text, spans

    (source, spans), (target, expected) = laid(gaps), laid(others)
    assert list(realign(spans, source, target)) == expected


PRICE = Report(
    "p", "دفع 5 جنيهات لأحمد في حلب", (Span(22, 25, "LOCATION"),), meta={"masked": [[4, 12]]}
)
"""Its money is masked."""
PERSON = Report("q", PRICE.text, PRICE.spans, meta={"unannotated": ["ACTOR"]})


@pytest.mark.parametrize(
    ("gold", "span", "is_judged"),
    [
        (PRICE, Span(4, 12, "NUMBER"), False),  # the masked stretch
        (PRICE, Span(4, 5, "NUMBER"), False),  # a part of it
        (PRICE, Span(0, 5, "NUMBER"), True),  # its first word is known to be none
        (PRICE, Span(13, 18, "ACTOR"), True),
        (PRICE, Span(5, 6, "NUMBER"), True),  # white space alone
        (PERSON, Span(13, 18, "ACTOR"), False),
        (PERSON, Span(13, 18, "LOCATION"), True),
        (PERSON, Span(19, 25, "ACTOR"), True),  # it meets a gold span, which is no actor
        (GOLD, Span(0, 4, "ACTOR"), True),
    ],
)
def test_of_what_gold_leaves_open_nothing_is_judged(gold, span, is_judged: bool) -> None:
    """Training learns nothing there either (`hasila.train.partial`)."""
    assert judged(gold, (span,)) == ((span,) if is_judged else ())


def test_what_is_not_judged_is_no_error_and_is_counted() -> None:
    found = Report("p", "", (Span(4, 5, "NUMBER"), Span(13, 18, "ACTOR"), *PRICE.spans))
    pairing = pair([PRICE], [found])
    scores = score([PRICE.spans], [pairing.cases[0].predicted])
    assert scores.micro == Counts(1, 1, 2)
    assert pairing.unjudged == 1
    assert pair([PRICE], [found], all_spans=True).cases[0].predicted == found.spans


@pytest.mark.parametrize("meta", [{"masked": [[0, 99]]}, {"masked": 5}, {"unannotated": "ACTOR"}])
def test_masks_that_are_none_are_refused(meta) -> None:
    with pytest.raises(HasilaError, match=r"report 1: (masked|unannotated)"):
        pair([Report("1", "نص", meta=meta)], [Report("1", "")])

"""Two systems on the same gold."""

import pytest

from hasila.data.errors import HasilaError
from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval import compare, pair

GOLD = [
    Report(str(i), "قتل 27 مدنياً في حلب", (Span(4, 6, "NUMBER"), Span(17, 20, "LOCATION")))
    for i in range(20)
]
NUMBER, PLACE = GOLD[0].spans


def system(*spans: Span, reports: int = 20) -> list[Report]:
    return [Report(str(i), "", spans) for i in range(reports)]


def test_spans_that_differ_are_listed_with_their_side() -> None:
    wrong = Span(7, 13, "ACTOR")
    found = compare(pair(GOLD, system(NUMBER)), pair(GOLD, system(PLACE, wrong)), rounds=100)
    sides = {(d.span, d.side) for d in found.spans}
    assert sides == {(NUMBER, "only A right"), (PLACE, "only B right"), (wrong, "only B wrong")}
    assert len(found.spans) == 60
    record = found.to_dict()
    assert record["spans"][0]["surface"] == "27"
    assert record["labels"]["NUMBER"]["delta"] == -1
    assert set(record["labels"]) == {"ACTOR", "LOCATION", "NUMBER"}


def test_confidence_is_no_difference() -> None:
    sure = [PredictedSpan(*NUMBER.key, confidence=c) for c in (0.4, 0.9)]
    found = compare(pair(GOLD, system(sure[0])), pair(GOLD, system(sure[1])), rounds=100)
    assert found.spans == ()
    assert found.micro.p_randomisation == 1


def test_swapping_the_systems_turns_the_sign() -> None:
    a, b = pair(GOLD, system(NUMBER)), pair(GOLD, system(NUMBER, PLACE))
    one, other = compare(a, b, rounds=500), compare(b, a, rounds=500)
    assert one.micro.delta == pytest.approx(1 / 3)
    assert one.micro.delta == -other.micro.delta
    assert one.micro.p_randomisation == other.micro.p_randomisation < 0.01
    assert (one.micro.interval.low, one.micro.interval.high) == pytest.approx(
        (-other.micro.interval.high, -other.micro.interval.low)
    )


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(HasilaError, match="different gold"):
        compare(pair(GOLD, system(NUMBER)), pair(GOLD[1:], system(NUMBER)))
    with pytest.raises(HasilaError, match="no gold reports"):
        compare(pair([], []), pair([], []))

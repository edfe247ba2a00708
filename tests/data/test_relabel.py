import pytest

from hasila.data.errors import HasilaError
from hasila.data.formats.common import Losses
from hasila.data.relabel import SHIPPED, load_label_map, relabelled
from hasila.data.types import PredictedSpan, Report, Span

TEXT = "رئيس بلدية نابلس قال إن 5 جنيهات"


def test_wojood_nested_keeps_the_outermost_of_what_we_label():
    spans = (
        Span(0, 16, "EVENT"),  # dropped first: it covers what we label
        Span(0, 16, "OCC"),
        Span(5, 16, "ORG"),
        Span(11, 16, "GPE"),
        Span(24, 25, "CARDINAL"),
        Span(24, 32, "MONEY"),
    )
    losses = Losses()
    (report,) = relabelled([Report("r", TEXT, spans)], load_label_map("wojood"), losses)
    assert report.spans == (Span(0, 16, "ACTOR"), Span(24, 25, "NUMBER"))
    assert report.meta == {"masked": [[24, 32]]}
    assert losses == {
        "EVENT spans dropped": 1,
        "ACTOR spans inside another, left out": 1,
        "LOCATION spans inside another, left out": 1,
        "MONEY spans masked": 1,
    }


def test_marks_at_the_edges_of_a_span_are_cut_off():
    text = "التقى ( أحمد ) و ."
    spans = Span(6, 14, "PERS"), Span(15, 18, "ORG"), Span(17, 18, "LOC")
    losses = Losses()
    (report,) = relabelled([Report("r", text, spans)], load_label_map("anercorp"), losses)
    assert [(text[s.start : s.end], s.label) for s in report.spans] == [
        ("أحمد", "ACTOR"),
        ("و", "ACTOR"),
    ]
    assert losses == {
        "PERS spans trimmed to their words": 1,
        "ORG spans trimmed to their words": 1,
        "LOC spans of marks alone, left out": 1,
    }


def test_a_trimmed_prediction_says_its_new_surface():
    text = "التقى ( أحمد )"
    found = PredictedSpan(6, 14, "PERS", surface="( أحمد )", confidence=0.5)
    (report,) = relabelled([Report("r", text, (found,))], load_label_map("anercorp"), Losses())
    assert [(s.surface, s.confidence) for s in report.spans] == [("أحمد", 0.5)]


def test_a_span_that_the_text_does_not_hold_is_not_judged_by_it():
    spans = Span(-2, 4, "PERS"), Span(30, 99, "PERS")
    losses = Losses()
    (report,) = relabelled([Report("r", TEXT, spans)], load_label_map("anercorp"), losses)
    assert report.spans == (Span(-2, 4, "ACTOR"), Span(30, 99, "ACTOR"))
    assert not losses


def test_what_a_corpus_never_annotates_goes_to_meta():
    (report,) = relabelled([Report("r", TEXT)], load_label_map("anercorp"), Losses())
    assert report.meta == {"unannotated": ["ACTOR", "NUMBER"]}


def test_a_label_that_is_not_in_the_map_is_an_error():
    reports = [Report("r", TEXT, (Span(0, 4, "PERS"),))]
    with pytest.raises(HasilaError, match=r"report r: its label 'PERS' .*aqmar\.yaml.*add it"):
        list(relabelled(reports, load_label_map("aqmar"), Losses()))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_map_that_ships_loads_and_reaches_our_labels(path):
    loaded = load_label_map(path.stem)
    reached = {to for to in loaded.labels.values() if to not in ("drop", "mask")}
    assert reached | set(loaded.unannotated) == {"ACTOR", "LOCATION", "NUMBER"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("labels: {PER: PERSON}", "labels.PER"),
        ("labels: {PER: ACTOR}\nlabel: {}", r"label: no such key; did you mean labels\?"),
        ("unannotated: [NUMBER]", "labels: is missing"),
        ("- PER", "expected keys such as labels:, unannotated:"),
        ("", "expected keys such as labels:, unannotated:"),
        ("labels: {", "not valid YAML"),
        ("!!python/object/apply:os.system [x]", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_map_is_an_error(tmp_path, content, problem):
    path = tmp_path / "map.yaml"
    path.write_text(content)
    with pytest.raises(HasilaError, match=rf"map\.yaml: (?s:.*){problem}"):
        load_label_map(str(path))


def test_an_unknown_name_lists_what_ships():
    with pytest.raises(HasilaError, match="anercorp, aqmar, caraner, ontonotes, wojood"):
        load_label_map("wojod")

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasila.data.errors import HasilaError
from hasila.data.gate import KINDS, check, require_clean
from hasila.data.jsonl import Located, read_located, write_reports
from hasila.data.types import Quantity, Report, Span
from hasila.data.words import words

TEXT = 'قُتل 27 مدنياً في حي غويران، وقال "المرصد" إن 5٪ نزحوا 🙂 من الحسكة'


def kinds(*reports: Report, file: str = "a.jsonl") -> list[str]:
    return [finding.kind for finding in check(Located(file, 1, report) for report in reports)]


def span(surface: str, label: str, text: str = TEXT, quantity: Quantity | None = None) -> Span:
    start = text.index(surface)
    return Span(start, start + len(surface), label, quantity)


def test_a_well_annotated_report_gives_no_finding():
    who, where = span("مدنياً", "ACTOR"), span("حي غويران", "LOCATION")
    killed = Quantity(27, 27, "exact", "killed", (who.offsets,), (where.offsets,))
    spans = span("27", "NUMBER", quantity=killed), who, where, span("المرصد", "ACTOR")
    assert kinds(Report("r1", TEXT, spans)) == []


@pytest.mark.parametrize(
    ("spans", "kind"),
    [
        ([Span(5, 5, "ACTOR")], "empty"),
        ([Span(9, 5, "ACTOR")], "empty"),
        ([Span(0, len(TEXT) + 5, "ACTOR")], "outside-text"),
        ([Span(-2, 4, "ACTOR")], "outside-text"),
        ([span("المرصد", "PERSON")], "unknown-label"),
        ([span("غوير", "LOCATION")], "off-word-edge"),
        ([span(" غويران", "LOCATION")], "off-word-edge"),
        ([span('"المرصد', "ACTOR")], "edge-punctuation"),
        ([span("غويران،", "LOCATION")], "edge-punctuation"),
        ([span("5٪", "NUMBER")], "edge-punctuation"),
        ([span("🙂", "ACTOR")], "edge-punctuation"),
        ([span("حي غويران", "LOCATION"), span("غويران", "LOCATION")], "overlap"),
        ([span("حي غويران", "LOCATION"), span("حي غويران", "ACTOR")], "overlap"),
        ([span("27", "NUMBER", quantity=Quantity(9, 5, "range", "killed"))], "low-above-high"),
        (
            [span("مدنياً", "ACTOR", quantity=Quantity(2, 2, "exact", "killed"))],
            "quantity-off-number",
        ),
        (
            [span("27", "NUMBER", quantity=Quantity(5, 5, "exact", "killed", ((8, 14),)))],
            "dangling-reference",
        ),
        (
            [span("27", "NUMBER", quantity=Quantity(5, 5, "exact", "killed", (), ((8, 14),)))],
            "dangling-reference",
        ),
        (
            [  # `who` points at a span, but it is no ACTOR
                span("27", "NUMBER", quantity=Quantity(5, 5, "exact", "killed", ((18, 27),))),
                span("حي غويران", "LOCATION"),
            ],
            "dangling-reference",
        ),
    ],
)
def test_each_mistake_is_found_once_and_alone(spans, kind):
    assert kinds(Report("r1", TEXT, tuple(spans))) == [kind]


def test_all_that_a_long_span_covers_overlaps_it():
    inside = span("مدنياً", "ACTOR"), span("غويران", "LOCATION")
    whole = span("27 مدنياً في حي غويران", "ACTOR")
    assert kinds(Report("r1", TEXT, (whole, *inside))) == ["overlap", "overlap"]


@pytest.mark.parametrize(
    ("meta", "findings"),
    [
        ({"masked": [[0, 4], [5, len(TEXT)]], "unannotated": ["NUMBER"]}, []),
        ({"masked": [[4, 4]]}, ["bad-mask"]),
        ({"masked": [[0, len(TEXT) + 1], [0, 4], ["0", 4]]}, ["bad-mask", "bad-mask"]),
        ({"masked": 7}, ["bad-mask"]),
        ({"unannotated": ["PERSON"]}, ["bad-mask"]),
        ({"unannotated": "NUMBER"}, ["bad-mask"]),
    ],
)
def test_what_training_is_to_leave_out_must_be_there(meta, findings):
    assert kinds(Report("r1", TEXT, meta=meta)) == findings


def test_a_finding_says_where_and_what():
    report = Report("r7", TEXT, (span("غوير", "LOCATION"),))
    (finding,) = check([Located("x.jsonl", 3, report)])
    assert (finding.severity, finding.place, finding.report) == ("error", "x.jsonl:3", "r7")
    assert "⟦غوير⟧ان" in finding.message
    assert "'غويران'" in finding.message  # the word to take instead


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("🔴🔴 قصف على {الرستن} صباحاً", lambda t: len(t.encode("utf-16-le")) // 2, "UTF-16"),
        ("قصف على {الرستن} صباحاً", lambda t: len(t.encode()), "UTF-8"),
        ("عاجل\r\n\r\nقصف على {الرستن}", lambda t: len(t.replace("\r\n", "\n")), r"\r\n as one"),
        ("عاجل\n\nقصف على {الرستن}", lambda t: len(t.replace("\n", "\r\n")), r"\n as two"),
    ],
)
def test_offsets_of_another_unit_are_recognised(text, count, unit):
    before, surface = text.partition("{")[0], text.partition("{")[2].partition("}")[0]
    plain = text.replace("{", "").replace("}", "")
    start = count(before)
    report = Report("r1", plain, (Span(start, start + count(surface), "LOCATION"),))
    (finding,) = check([Located("x", 1, report)])
    assert finding.kind == "offset-unit"
    assert unit in finding.message


def test_carriage_returns_and_emoji_are_no_finding():
    text = "🔴 عاجل\r\n\r\nقصف على الرستن\r\n"
    assert kinds(Report("r1", text, (span("الرستن", "LOCATION", text),))) == []


def test_duplicate_ids_and_texts_within_and_across_files():
    words_ = [f"كلمة{i}" for i in range(200)]
    text, near = " ".join(words_), " ".join([*words_[:-5], "وقال", "مصدر", "آخر"])
    rows = [
        Located("train", 1, Report("a", text)),
        Located("train", 2, Report("a", "نص آخر تماماً عن غيره")),
        Located("train", 3, Report("b", text.replace(" ", "  "))),
        Located("train", 4, Report("c", near)),
        Located("dev", 1, Report("d", text)),
        Located("dev", 2, Report("e", near + " اليوم")),
    ]
    found = {(f.file, f.line, f.kind) for f in check(rows)}
    assert found == {
        ("train", 2, "duplicate-id"),
        ("train", 3, "duplicate-text"),
        ("train", 4, "near-duplicate"),
        ("dev", 1, "duplicate-text-across"),
        ("dev", 2, "near-duplicate-across"),
    }


def test_unrelated_reports_are_not_near():
    rng = random.Random(0)  # noqa: S311
    vocabulary = [f"كلمة{i}" for i in range(2000)]
    reports = [Report(str(i), " ".join(rng.choices(vocabulary, k=100))) for i in range(500)]
    assert kinds(*reports) == []


@given(st.text(alphabet="اب ت\n\r🙂😀é5.،\"'ـ\u200f", min_size=1), st.data())
def test_spans_on_words_of_letters_are_clean_and_any_span_is_judged(text, data):
    runs = words(text)
    lettered = [(a, b) for a, b in runs if any(map(str.isalnum, text[a:b]))]
    spans = tuple(Span(a, b, "ACTOR") for a, b in lettered)
    assert set(kinds(Report("r", text, spans))) <= {"no-words"}
    start = data.draw(st.integers(-2, len(text) + 2))
    end = data.draw(st.integers(-2, len(text) + 2))
    bad = kinds(Report("r", text, (Span(start, end, "ACTOR"),)))
    whole = any(a == start for a, _ in lettered) and any(b == end for _, b in lettered)
    assert (whole and start < end) == (set(bad) <= {"no-words"})


def test_training_is_refused_with_counts_and_places(tmp_path: Path):
    good, bad = Report("r1", TEXT), Report("r2", "نص " + TEXT, (Span(0, 1, "ACTOR"),))
    path = tmp_path / "x.jsonl"
    write_reports(path, [good, bad])
    with pytest.raises(
        HasilaError, match=rf"1 error \(1 off-word-edge\)(.|\n)*{path}:2: report r2"
    ):
        require_clean(read_located(path))
    write_reports(path, [good, Report("r3", TEXT)])
    assert require_clean(read_located(path)) == {"duplicate-text": 1}


def test_of_many_errors_the_first_are_listed():
    bad = [Report(f"r{i}", f"نص {i}", (Span(0, 1, "ACTOR"),)) for i in range(30)]
    with pytest.raises(HasilaError) as raised:
        require_clean(Located("x.xmi", 0, report) for report in bad)
    first, *listed, last = str(raised.value).splitlines()
    assert "30 errors (30 off-word-edge)" in first
    assert [line.split(" report ")[0] for line in listed] == ["  x.xmi:"] * 20
    assert last == "  …"


def test_only_warnings_let_training_go_on():
    assert {kind for kind, severity in KINDS.items() if severity == "warning"} == {
        "duplicate-text",
        "near-duplicate",
        "near-duplicate-across",
        "no-words",
    }

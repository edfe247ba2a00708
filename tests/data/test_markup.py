from pathlib import Path

import pytest
from hypothesis import assume, given
from report_strategies import reports, same

from hasila.data.errors import HasilaError
from hasila.data.markup import read_markup, value_of
from hasila.data.markup_writer import markup_of, write_markup
from hasila.data.types import Quantity, Report, Span

EXAMPLE = """\
=== syr-001
country: Syria
date: 2022-01-21
event: prison-break

أعلنت {قسد|A1} مقتل {27|N 27 killed A2 L1} من {مسلحي "داعش|A2}" في {سجن الصناعة|L1}.

\\{هامش\\}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "batch.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_markup_of_its_description(tmp_path: Path):
    (located,) = read_markup(write(tmp_path, EXAMPLE))
    report = located.report
    assert located.line == 1
    assert (report.id, report.country, report.date) == ("syr-001", "Syria", "2022-01-21")
    assert report.meta == {"event": "prison-break"}
    assert report.text == 'أعلنت قسد مقتل 27 من مسلحي "داعش" في سجن الصناعة.\n\n{هامش}'
    assert [(span.label, report.surface(span)) for span in report.spans] == [
        ("ACTOR", "قسد"),
        ("NUMBER", "27"),
        ("ACTOR", 'مسلحي "داعش'),
        ("LOCATION", "سجن الصناعة"),
    ]
    _, number, fighters, prison = report.spans
    killed = Quantity(27, 27, "exact", "killed", (fighters.offsets,), (prison.offsets,))
    assert number.quantity == killed


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("27", (27, 27, "exact")),
        ("~2.5", (2.5, 2.5, "approx")),
        (">=27", (27, None, "at_least")),
        ("<=27", (None, 27, "at_most")),
        ("20..30", (20, 30, "range")),
        ("?", (None, None, "vague")),
        ("?20..", (20, None, "vague")),
        ("?..9", (None, 9, "vague")),
        ("?3..9", (3, 9, "vague")),
        ("0..0", (0, 0, "range")),
        ("", None),
        ("..", None),
        ("20..", None),
        ("~20..30", None),
        ("?7", None),
        ("٢٧", None),
        ("1,000", None),
    ],
)
def test_values(code, value):
    assert value_of(code) == value


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("=== syr-001", "===", 1, "needs an id"),
        ("=== syr-001", "نص\n=== syr-001", 1, "before the first report"),
        ("country: Syria", "country Syria", 2, "key: value"),
        ("country: Syria", "date: 2022-01-21", 3, "not allowed"),
        ("\n\nأعلنت", "\nأعلنت", 5, "key: value"),
        ("\n\nأعلنت", "\n\n\nأعلنت", 2, "one empty line"),
        ("قسد|A1}", "قسد|A1", 6, "stray '{'"),
        ("{قسد|A1}", "قسد|A1}", 6, "stray '|'"),
        ("{قسد|A1}", "{{قسد|A1}}", 6, "stray '{'"),
        ("|A1}", "|P1}", 6, "mark 'P1'"),
        ("|A1}", "|A1 A2}", 6, "mark 'A1 A2'"),
        ("|A1}", "|}", 6, "mark ''"),
        ("N 27 killed A2 L1", "N", 6, "mark 'N'"),
        ("N 27 killed", "N 27 dead", 6, "mark 'N 27 dead"),
        ("N 27 killed", "N x killed", 6, "mark 'N x killed"),
        ("N 27 killed", "N 30..20 killed", 6, "low is above high"),
        ("killed A2 L1", "killed A9 L1", 6, "A9 names no span"),
        ("|A1}", "|A2}", 6, "A2 is the name of an earlier span"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, old, new, line, problem):
    assert old in EXAMPLE
    path = write(tmp_path, EXAMPLE.replace(old, new, 1))
    with pytest.raises(HasilaError) as raised:
        list(read_markup(path))
    assert any(
        row.startswith(f"{path}:{line}: ") and problem in row
        for row in str(raised.value).splitlines()
    ), str(raised.value)


def test_all_mistakes_of_a_file_come_at_once(tmp_path):
    path = write(tmp_path, EXAMPLE.replace("|A1}", "|P}").replace("|L1}", "|X}"))
    with pytest.raises(HasilaError) as raised:
        list(read_markup(path))
    assert len(str(raised.value).splitlines()) == 3  # both marks, and the L1 that is now missing


@given(reports())
def test_markup_and_back_is_the_same(tmp_path_factory, report: Report):
    try:
        markup_of(report)
    except HasilaError:
        assume(False)
    path = tmp_path_factory.mktemp("markup") / "x.txt"
    assert write_markup(path, [report, report]) == 2
    first, second = read_markup(path)
    # The markup has spans in the order of the text; the report has them in that order too.
    assert same(first.report, report)
    assert same(second.report, report)


@pytest.mark.parametrize(
    "report",
    [
        Report("r", "قسد", (Span(0, 3, "ACTOR"), Span(0, 3, "LOCATION"))),
        Report("r", "قسد", (Span(0, 9, "ACTOR"),)),
        Report("r", "قسد\nو", (Span(0, 5, "ACTOR"),)),
        Report("r", "27", (Span(0, 2, "NUMBER"),)),
        Report("r", "27", (Span(0, 2, "NUMBER", Quantity(1, 2, "exact", "killed")),)),
        Report("r", "27", (Span(0, 2, "NUMBER", Quantity(2, 2, "exact", "killed", ((5, 6),))),)),
        Report("r", "قسد", (Span(0, 3, "PERSON"),)),
        Report("r", "نص\n=== x"),
        Report("r", "نص\n"),
        Report("r", ""),
        Report("r", "نص", meta={"n": 5}),
        Report("r", "نص", meta={"n": "a\nb"}),
        Report("r\n", "نص"),
    ],
)
def test_what_markup_cannot_express_is_refused(report):
    with pytest.raises(HasilaError, match="cannot be written as markup"):
        markup_of(report)

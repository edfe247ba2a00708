"""The HTML report: text of reports stays text, and the error browser works in a real browser."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from chromium import Page, chromium, needs_chromium

from hasila.data.types import PredictedSpan, Report, Span
from hasila.eval import Evaluation, Stamp, evaluate, pair, to_html

HOSTILE = '</script><script>window.hacked = 1</script><img src="http://x.test/" onerror="hacked=1">'
TEXT = f"😀 قصفت قوات النظام {HOSTILE} بلدة إبلين وقتلت 27 مدنياً."


def span(surface: str, label: str) -> Span:
    start = TEXT.index(surface)
    return Span(start, start + len(surface), label)


FORCES, TOWN = span("قوات النظام", "ACTOR"), span("بلدة إبلين", "LOCATION")
COUNT, PEOPLE = span("27", "NUMBER"), span("مدنياً", "ACTOR")


def claim(of: Span, confidence: float) -> PredictedSpan:
    return PredictedSpan(of.start, of.end, of.label, confidence=confidence)


def an_evaluation(source: str = HOSTILE) -> Evaluation:
    """Report 1: all right. Report 2: two missed, one too short, one spurious in hostile text."""
    gold = (FORCES, TOWN, COUNT, PEOPLE)
    short = Span(FORCES.start, FORCES.start + 4, "ACTOR")
    spurious = span("<script>", "LOCATION")
    reports = [Report("1", TEXT, gold, source="وكالة"), Report("2<b>", TEXT, gold, source=source)]
    found = [
        Report("1", TEXT, tuple(claim(s, 0.9) for s in gold)),
        Report("2<b>", TEXT, (claim(short, 0.6), claim(spurious, 0.4), claim(COUNT, 0.95))),
    ]
    return evaluate(pair(reports, found), Stamp("<i>system</i>"), rounds=100)


class Tags(HTMLParser):
    """The start tags of a page, as a parser sees them, and the contents of its data block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.seen and self.seen[-1] == ("script", {"type": "application/json", "id": "data"}):
            self.data += data


def test_a_report_cannot_add_a_tag_to_the_page() -> None:
    page = Tags(to_html(an_evaluation()))
    harmless = Tags(to_html(an_evaluation(source="x")))
    assert [tag for tag, _ in page.seen] == [tag for tag, _ in harmless.seen]
    assert sum(tag == "script" for tag, _ in page.seen) == 2
    assert {"img", "i", "link", "iframe"}.isdisjoint(tag for tag, _ in page.seen)
    assert not any(name.startswith("on") for _, attrs in page.seen for name in attrs)


def test_the_page_refers_to_nothing_outside() -> None:
    for tag, attrs in Tags(to_html(an_evaluation())).seen:
        assert "src" not in attrs, tag
        assert (attrs.get("href") or "#").startswith("#")


def test_arabic_is_isolated_and_the_page_says_its_direction() -> None:
    html = to_html(an_evaluation())
    assert '<html lang="en" dir="ltr">' in html
    assert '<bdi dir="auto" lang="ar">وكالة</bdi>' in html


def test_texts_with_lone_surrogates_can_be_written_as_utf8() -> None:
    gold = Report("1", "نص \ud800 نص", (Span(0, 2, "ACTOR"),))
    html = to_html(evaluate(pair([gold], [Report("1", "")]), Stamp("x"), rounds=100))
    data = json.loads(Tags(html.encode().decode()).data)
    assert data["reports"][0]["text"] == gold.text


def test_a_perfect_system_has_no_error_browser() -> None:
    gold = [Report("1", TEXT, (COUNT,))]
    html = to_html(evaluate(pair(gold, gold), Stamp("x"), rounds=100))
    assert "No errors" in html
    assert "The predictions carry no confidence." in html


def test_an_empty_evaluation_renders() -> None:
    assert "<h2>Scores</h2>" in to_html(evaluate(pair([], []), Stamp("x"), rounds=100))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(to_html(an_evaluation()), "utf-8")
    with chromium(folder / "profile") as browser:
        browser.open(folder / "report.html")
        yield browser


def listed(page: Page) -> list[list[str]]:
    """Kind, labels and surface of every error listed."""
    return page.run(
        "[...document.querySelectorAll('#list li')].map(row =>"
        " [...row.querySelectorAll('span, .surface')].map(cell => cell.textContent))"
    )


def choose(page: Page, control: str, value: str) -> None:
    page.run(
        f"{{ const c = document.getElementById('{control}'); c.value = {json.dumps(value)};"
        " c.dispatchEvent(new Event('input')); }"
    )


def selected(page: Page) -> int:
    return page.run(
        "[...document.querySelectorAll('#list li')].findIndex(e => e.ariaSelected === 'true')"
    )


@needs_chromium
def test_the_browser_runs_nothing_of_a_report_and_asks_for_nothing(page: Page) -> None:
    assert page.run("window.hacked") is None
    assert page.complaints == []
    assert all(url.startswith("file:") for url in page.requests)


@needs_chromium
def test_errors_are_listed_with_their_surfaces(page: Page) -> None:
    assert listed(page) == [
        ["too short", "ACTOR", "قوات النظام"],
        ["spurious", "LOCATION", "<script>"],
        ["missed", "LOCATION", "بلدة إبلين"],
        ["missed", "ACTOR", "مدنياً"],
    ]


@needs_chromium
def test_gold_and_predicted_stand_side_by_side_in_context(page: Page) -> None:
    choose(page, "kind", "too short")
    sides = page.run(
        "[...document.querySelectorAll('.context')].map(p => ({text: p.textContent, dir: p.dir,"
        " lang: p.lang, marks: [...p.querySelectorAll('mark')].map(m => [m.textContent,"
        " m.className, m.dataset.label])}))"
    )
    assert [side["text"] for side in sides] == [TEXT, TEXT]
    assert {(side["dir"], side["lang"]) for side in sides} == {("rtl", "ar")}
    gold, predicted = (side["marks"] for side in sides)
    assert gold[0] == ["قوات النظام", "error ACTOR", "ACTOR"]
    assert predicted[0] == ["قوات", "error ACTOR", "ACTOR 0.60"]
    assert ["<script>", "LOCATION", "LOCATION 0.40"] in predicted
    choose(page, "kind", "")


@needs_chromium
@pytest.mark.parametrize(
    ("control", "value", "kinds"),
    [
        ("kind", "missed", ["missed", "missed"]),
        ("label", "LOCATION", ["spurious", "missed"]),
        ("source", HOSTILE, ["too short", "spurious", "missed", "missed"]),
        ("text", "إبلين", ["missed"]),
        ("text", "no such text", []),
    ],
)
def test_filters(page: Page, control: str, value: str, kinds: list[str]) -> None:
    choose(page, control, value)
    assert [kind for kind, *_ in listed(page)] == kinds
    choose(page, control, "")
    assert len(listed(page)) == 4


@needs_chromium
def test_keys_walk_the_list_and_leave_the_filters_alone(page: Page) -> None:
    choose(page, "kind", "")
    places = []
    for key in "jjjjk":
        page.press(key)
        places.append(selected(page))
    assert places == [1, 2, 3, 3, 2]
    page.press("f")
    assert page.run("document.activeElement.id") == "text"
    page.press("j")
    assert page.run("document.getElementById('text').value") == "j"
    assert listed(page) == []
    page.press("Escape")
    choose(page, "text", "")
    assert page.run("document.activeElement.id") == "list"

from pathlib import Path

import pytest

from hasila.data.corpus import EVENTS, MANNERS, PARTS, read_batches, split
from hasila.data.coverage import coverage
from hasila.data.errors import HasilaError
from hasila.data.types import Quantity, Report, Span

COUNTRIES = ("Syria", "Iraq", "Mali")


def corpus(count: int = 240) -> list[Report]:
    """Reports of three countries, all manners; every tenth is nearly the one before."""
    reports: list[Report] = []
    for i in range(count):
        text = " ".join(f"كلمة{i}و{j}" for j in range(100))
        if i % 10 == 9:
            text = reports[-1].text + " آخر"
        meta = {"event": EVENTS[i % len(EVENTS)], "manner": MANNERS[i % len(MANNERS)]}
        country = COUNTRIES[min(i % 17, 2)]  # one report in seventeen each is of the first two
        reports.append(Report(f"r{i}", text, country=country, date="2020-01-01", meta=meta))
    return reports


def test_every_report_is_in_one_part_and_parts_have_their_shares():
    reports = corpus()
    parts = split(reports)
    assert list(parts) == list(PARTS)
    assert sorted(r.id for part in parts.values() for r in part) == sorted(r.id for r in reports)
    for part, share in PARTS.items():
        assert len(parts[part]) == pytest.approx(share * len(reports), rel=0.25)


def test_every_country_and_manner_is_in_every_part():
    for members in split(corpus()).values():
        assert {r.country for r in members} == set(COUNTRIES)
        assert {r.meta["manner"] for r in members} == set(MANNERS)


def test_near_duplicates_stay_together():
    parts = {r.id: part for part, members in split(corpus()).items() for r in members}
    assert all(parts[f"r{i}"] == parts[f"r{i - 1}"] for i in range(9, 240, 10))


def test_the_split_does_not_depend_on_the_order_of_the_reports():
    # Near-duplicates are led by the first of them, so only whole groups are moved here.
    reports = [r for i, r in enumerate(corpus()) if i % 10 != 9]
    forth, back = split(reports), split(reports[::-1])
    assert all(forth[part] == back[part][::-1] for part in PARTS)


def test_a_trait_too_rare_for_every_part_is_refused():
    with pytest.raises(HasilaError, match="country Syria"):
        split(corpus(30)[:-12])


BATCH = """\
=== syr-001
country: Syria
event: clashes
manner: feature
date: 2022-01-21

{text}
"""
TEXT = "قال {الجيش|A} إن " + " ".join(f"كلمة{i}" for i in range(90))


def test_batches_are_read_with_our_source(tmp_path: Path):
    (tmp_path / "a.txt").write_text(BATCH.format(text=TEXT), "utf-8")
    (report,) = read_batches(tmp_path)
    assert (report.id, report.source, report.meta["manner"]) == ("syr-001", "hasila", "feature")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("clashes", "battle", "a.txt:1: report syr-001: event 'battle' is not one of air-strike"),
        ("feature", "poem", "manner 'poem'"),
        ("2022-01-21", "21.1.2022", "is not YYYY-MM-DD"),
        ("country: Syria\n", "", "country is missing"),
        ("event:", "extra: x\nevent:", "unknown keys: extra"),
        (TEXT, "قال كلمة", "2 words; reports have 80 to 220"),
        ("{الجيش|A}", "{الجيش |A}", "off-word-edge"),
        ("{الجيش|A}", "{الجيش|P}", "mark 'P'"),
    ],
)
def test_what_is_wrong_with_a_batch_is_said(tmp_path, old, new, problem):
    batch = BATCH.format(text=TEXT).replace(old, new, 1)
    assert batch != BATCH.format(text=TEXT)
    (tmp_path / "a.txt").write_text(batch, "utf-8")
    with pytest.raises(HasilaError, match=problem):
        read_batches(tmp_path)


def test_a_folder_without_batches_is_an_error(tmp_path):
    with pytest.raises(HasilaError, match="no batches"):
        read_batches(tmp_path)


def found(text: str, surface: str = "", label: str = "", quantity: Quantity | None = None):
    start = text.index(surface)
    spans = (Span(start, start + len(surface), label, quantity),) if label else ()
    return set(+coverage([Report("r", text, spans)])["phenomenon"])


TWO = Quantity(2, 2, "exact", "killed")


@pytest.mark.parametrize(
    ("phenomenon", "text", "surface", "label", "quantity"),
    [
        ("Western digits", "مقتل 27", "27", "NUMBER", None),
        ("Arabic-Indic digits", "مقتل ٢٧", "٢٧", "NUMBER", None),
        ("unit word with ة", "مقتل خمسةٍ", "خمسةٍ", "NUMBER", None),
        ("unit word without ة", "وثلاث نساء", "وثلاث", "NUMBER", None),
        ("teen", "أحد عشر", "أحد عشر", "NUMBER", None),
        ("tens in -ون", "ثلاثون", "ثلاثون", "NUMBER", None),
        ("tens in -ين", "خمسة وثلاثين", "خمسة وثلاثين", "NUMBER", None),
        ("compound with و", "مئة وخمسين ألفاً", "مئة وخمسين ألفاً", "NUMBER", None),
        ("hundreds", "ثلاثمئة مليون", "ثلاثمئة مليون", "NUMBER", None),
        ("digits and a word", "3 آلاف", "3 آلاف", "NUMBER", None),
        ("decimal with a magnitude", "٤٫٥ مليون", "٤٫٥ مليون", "NUMBER", None),
        ("dual that is a NUMBER", "سقط قتيلان", "قتيلان", "NUMBER", TWO),
        ("dual that is an ACTOR", "أصيب جنديين", "جنديين", "ACTOR", None),
        ("date, Levantine month", "في 21 كانون الثاني", "", "", None),
        ("date, Western month", "في ١٢ أغسطس", "", "", None),
        ("date, Hijri month", "في 27 رمضان", "", "", None),
        ("clock time", "الساعة السادسة", "", "", None),
        ("clock time", "عند 4:30", "", "", None),
        ("age", "صاحبه (52 عاماً)", "", "", None),
        ("duration", "منذ ثلاثة أيام", "", "", None),
        ("formation with a number", "قائد اللواء 93", "", "", None),
        ("formation with a number", "الفرقة الرابعة", "", "", None),
        ("resolution", "القرار 2254", "", "", None),
        ("calibre", "رشاش عيار 23", "", "", None),
        ("ordinal", "للمرة الثانية", "", "", None),
        ("numbered model", "منظومة إس-300", "", "", None),
        ("coordinates", "عند الإحداثيات", "", "", None),
        ("unnamed source", "قال مصدر", "", "", None),
        ("outcome or counting noun", "وجرحى", "", "", None),
        ("bare place", "في المدينة", "", "", None),
        ("relational word before a place", "في محيط حلب", "حلب", "LOCATION", None),
        ("country that acts", "أعلنت تركيا", "تركيا", "ACTOR", None),
        ("one word over two tatweels", "قسـ ـد", "", "", None),
        ("hashtag", "#حلب", "", "", None),
        ("emoji", "🔴", "", "", None),
    ],
)
def test_a_phenomenon_is_found(phenomenon, text, surface, label, quantity):
    assert phenomenon in found(text, surface, label, quantity)


def test_what_is_labelled_is_no_trap():
    assert "duration" in found("بعد خمسة أيام")
    assert "duration" not in found("بعد خمسة أيام", "خمسة", "NUMBER", TWO)
    assert "dual that is a NUMBER" not in found("اثنان", "اثنان", "NUMBER", TWO)

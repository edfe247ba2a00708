"""What a corpus covers: which phenomena of the guidelines occur in it, and how often.

Found by rule, from the text and its annotation. The rules count too few rather than too many: a
phenomenon in an unforeseen wording is not seen, what is counted is there.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import accumulate, pairwise

import regex

from .errors import HasilaError, counted
from .types import Quantity, Report

LEAST = 20
"""How often each phenomenon is to occur in the corpus that ships."""

Rule = Callable[[Report], int]

_ALEF = str.maketrans("أإآٱ", "اااا")

_UNIT = (
    "(?:واحدة?|احد|احدى|اثن(?:ا|ي|ان|ين)|اثنت(?:ا|ي|ان|ين)"
    "|(?:ثلاث|اربع|خمس|ست|سبع|ثمان|ثماني|تسع|عشر)[ةا]?)"
)
_TENS = "(?:(?:عشر|ثلاث|اربع|خمس|ست|سبع|ثمان|تسع)(?:ون|ين))"
_HUNDRED = "(?:(?:ثلاث|اربع|خمس|ست|سبع|ثمان|تسع)?مئ(?:ة|تا|تي|تان|تين))"
_LARGE = "(?:الف(?:ا|ان|ين|ي)?|الاف|مليون(?:ا|ان|ين|ي)?|ملايين|مليار(?:ا|ان|ين|ات)?)"
_WORD = f"(?:{_UNIT}|{_TENS}|{_HUNDRED}|{_LARGE})"
_PREFIX = "[وفبلك]?(?:ال)?"
_ORDINAL = "(?:الاول[ىي]?|(?:الثاني|الثالث|الرابع|الخامس|السادس|السابع|الثامن|التاسع|العاشر)ة?)"
_LEVANTINE = (
    "كانون الاول|كانون الثاني|شباط|اذار|نيسان|ايار|حزيران|تموز|ايلول|تشرين الاول|تشرين الثاني"
)
_WESTERN = "يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر"
_HIJRI = (
    r"محرم|صفر|ربيع ال(?:اول|اخر|ثاني)|جمادى ال\w+|رجب|شعبان|رمضان|شوال|ذ[وي] القعدة|ذ[وي] الحجة"
)
_UNIT_OF_TIME = (
    "(?:دقيقة|دقائق|ساعة|ساعات|يوما?|ايام|اسبوعا?|اسابيع|شهرا?|اشهر|شهور|سنة|سنوات|عاما?|اعوام)"
)
_FORMATION = "(?:اللواء|لواء|الفرقة|فرقة|الفوج|فوج|الكتيبة|كتيبة|الفيلق|فيلق|السرية|سرية)"
_ACTING = (
    "سوريا|العراق|تركيا|ايران|لبنان|اسرائيل|مصر|ليبيا|السودان|اليمن|الصومال|اوكرانيا|روسيا|اثيوبيا"
    "|النيجر|مالي|نيجيريا|افغانستان|السعودية|الاردن|الامارات|قطر|فرنسا|الصين|الولايات المتحدة"
    "|واشنطن|موسكو|انقرة|طهران|كييف|دمشق|بغداد|القاهرة|باريس|لندن|بروكسل|تل ابيب|الخرطوم|صنعاء"
)
_RELATIONAL = regex.compile(
    r"(?<!\w)[وبلفك]?(?:محيط|اطراف|وسط|قرب|داخل|ضواحي|تخوم|مشارف"
    r"|(?:شمال|جنوب|شرق|غرب)ي?|(?:شمال|جنوب) (?:شرق|غرب)ي?) $"
)
_SHORT = "قسد|داعش|حماس|الدعم السريع|تحرير الشام|النصرة|الشباب|الحوثيون|الحوثيين|طالبان|بوكو حرام"
_LONG = (
    r"قوات سوريا الديم\w+|تنظيم \W?الدولة|\W?الدولة الاسلامية|حركة المقاومة|حركة حماس"
    "|قوات الدعم السريع|هيئة تحرير الشام|جبهة النصرة|حركة الشباب|جماعة الحوثي|حركة طالبان"
    "|جماعة بوكو حرام"
)
# Nouns whose plural is broken are duals in both cases; of the others -ين may be a plural.
_DUAL = (
    "(?:ضابط|طفل|جندي|رضيع|شقيق|عنصر|حارس|شاب|سجين|طالب|طبيب|اسير|رجل|ولد|قائد|نائب|عامل)(?:ان|ين)"
    "|(?:مدني|مسلح|مجهول|ملثم|مقاتل|شرطي|مسعف|عسكري|صحفي|صحافي|متطوع|سائق|انتحاري|مسؤول|ارهابي"
    r"|مزارع|معلم|صياد|موظف|قيادي|مهاجم|راكب|قناص|مرافق|مواطن)ان|\w{3,}(?:تان|تين)"
)


def _number(pattern: str) -> Rule:
    """NUMBER spans whose whole surface matches."""
    return _spans("NUMBER", pattern)


def _spans(label: str, pattern: str) -> Rule:
    compiled = regex.compile(pattern)
    return lambda report: sum(
        bool(compiled.fullmatch(report.surface(span)))
        for span in report.spans
        if span.label == label
    )


def _value(test: Callable[[Quantity], bool], pattern: str = ".*") -> Rule:
    """NUMBER spans whose value passes a test and whose whole surface matches."""
    compiled = regex.compile(pattern)
    return lambda report: sum(
        span.quantity is not None
        and test(span.quantity)
        and bool(compiled.fullmatch(report.surface(span)))
        for span in report.spans
    )


def _text(pattern: str, *labels: str) -> Rule:
    """Matches in the text that touch no span of these labels."""
    compiled = regex.compile(pattern)

    def count(report: Report) -> int:
        spans = [span for span in report.spans if span.label in labels]
        return sum(
            not any(span.start < match.end() and span.end > match.start() for span in spans)
            for match in compiled.finditer(report.text)
        )

    return count


def _trap(pattern: str) -> Rule:
    """Whole words in the text, none of them in a NUMBER."""
    return _text(rf"(?<!\w)(?:{pattern})(?!\w)", "NUMBER")


def _bare(pattern: str) -> Rule:
    """Whole words in the text that no span touches."""
    return _text(rf"(?<!\w)[وفبلك]?(?:{pattern})(?!\w)", "ACTOR", "LOCATION", "NUMBER")


def _alias(report: Report) -> int:
    """Spans of one label with nothing but an opening bracket between them."""
    spans = sorted(report.spans)
    return sum(
        first.label == second.label
        and report.text[first.end : second.start].strip(' "«»”“') in ("(", "[")
        for first, second in pairwise(spans)
    )


def _relational(report: Report) -> int:
    """LOCATIONs right after a word that only says how something lies to them."""
    return sum(
        bool(_RELATIONAL.search(report.text[: span.start]))
        for span in report.spans
        if span.label == "LOCATION"
    )


def _place_in_actor(report: Report) -> int:
    """ACTORs that hold, after their first word, a place that is also labelled in the report."""
    places = {report.surface(span) for span in report.spans if span.label == "LOCATION"}
    return sum(
        not places.isdisjoint(report.surface(span).split()[1:])
        for span in report.spans
        if span.label == "ACTOR"
    )


def _view(report: Report) -> Report:
    """A report as the patterns see it: no tashkeel, one alef, spans moved along.

    Raises:
        HasilaError: a span lies outside the text.
    """
    for start, end, label in (span.key for span in report.spans):
        if not 0 <= start <= end <= len(report.text):
            raise HasilaError(
                f"report {report.id}: {label} [{start}, {end}) is outside the text of "
                f"{counted(len(report.text), 'character')}; `hasila check` finds all that is wrong"
            )
    starts = [0, *accumulate(unicodedata.category(char) != "Mn" for char in report.text)]
    text = "".join(char for char in report.text if unicodedata.category(char) != "Mn")
    spans = (replace(span, start=starts[span.start], end=starts[span.end]) for span in report.spans)
    return replace(report, text=text.translate(_ALEF), spans=tuple(spans))


RULES: dict[str, Rule] = {
    "Western digits": _number(".*[0-9].*"),
    "Arabic-Indic digits": _number(".*[٠-٩].*"),
    "unit word with ة": _number(f"{_PREFIX}(?:ثلاث|اربع|خمس|ست|سبع|ثماني|تسع|عشر)ة"),
    "unit word without ة": _number(f"{_PREFIX}(?:ثلاث|اربع|خمس|ست|سبع|ثمان|ثماني|تسع|عشر)"),
    "teen": _number(f"{_PREFIX}{_UNIT} عشرة?"),
    "tens in -ون": _number(rf"(?:.* )?{_PREFIX}\w{{2,}}(?<!ملي)ون"),
    "tens in -ين": _number(rf"(?:.* )?{_PREFIX}(?:عشر|ثلاث|اربع|خمس|ست|سبع|ثمان|تسع)ين"),
    "compound with و": _number(f"{_PREFIX}{_WORD}(?: {_WORD})*(?: و{_WORD}(?: {_WORD})*)+"),
    "hundreds": _number(f"(?:.* )?{_PREFIX}{_HUNDRED}(?: .*)?"),
    "digits and a word": _number(rf"[\d.,٫٬]+ {_LARGE}"),
    "decimal with a magnitude": _number(rf"\d+[.,٫]\d+ {_LARGE}"),
    "dual that is a NUMBER": _value(
        lambda q: q.low == q.high == 2, r"(?!.*(?:اثن|\d))\w{3,}(?:ان|ين|ا|ي)"
    ),
    "dual that is an ACTOR": _spans("ACTOR", rf"[وبلفك]?(?:{_DUAL})(?: .*)?"),
    "range": _value(lambda q: q.bound == "range"),
    "approximate": _value(lambda q: q.bound == "approx"),
    "at least": _value(lambda q: q.bound == "at_least"),
    "at most": _value(lambda q: q.bound == "at_most"),
    "vague magnitude": _value(lambda q: q.bound == "vague"),
    "percentage": _value(lambda q: q.of == "percent"),
    "money": _value(lambda q: q.of == "money"),
    "distance or area": _value(lambda q: q.of == "measure"),
    "date, Levantine month": _trap(rf"\w+ (?:{_LEVANTINE})"),
    "date, Western month": _trap(rf"\w+ (?:{_WESTERN})"),
    "date, Hijri month": _trap(rf"\w+ (?:{_HIJRI})"),
    "clock time": _trap(r"\d{1,2}:\d\d|الساعة (?:ال\w+|\d+)"),
    "age": _trap(
        r"\(\d+ (?:عاما|سنة)|و?(?:عمر|اعمار)(?:ه|ها|هم|هما|هن)|من العمر"
        r"|(?:يبلغ|تبلغ|البالغ) \w+ (?:عاما|سنة|سنوات)|دون (?:سن \w+|\d+ سنة)"
    ),
    "duration": _trap(
        rf"(?:منذ|خلال|لمدة|مدة|بعد|قبل|طوال|نحو|استمرت?|مهلة)(?: \w+)? (?:\d+|{_WORD}|عدة|بضعة?) "
        f"{_UNIT_OF_TIME}|(?:منذ|خلال|لمدة|بعد|قبل) (?:ساعتين|يومين|اسبوعين|شهرين|عامين|سنتين)"
    ),
    "formation with a number": _trap(rf"(?:[وبلفك]|لل)?{_FORMATION} (?:\d+|{_ORDINAL})"),
    "resolution": _trap(r"[وبلفك]?(?:ال|لل)?قرار(?:ات)?(?: \w+){0,3} (?:رقم )?\d{2,4}"),
    "calibre": _trap(r"[وبل]?عيار \d\S*"),
    "ordinal": _trap(f"(?:للمرة )?{_ORDINAL}"),
    "numbered model": _trap(
        r"(?:[اإ]س|اف|تي|ميغ|سو|سوخوي|مي|كا|شاهد|هيمارس|غراد|بي|اكس|ام|ار بي جي)[ -]?\d+"
        r"|[A-Za-z]{1,8}[ -]?\d+"
    ),
    "coordinates": _trap(
        r"[بو]?(?:ال)?احداثي\w*|خط(?:ي|وط)? (?:ال)?عرض"
        r"|\d+(?:[.,٫]\d+)? ?°|\d+[.,٫]\d+ ?(?:شمالا|شرقا|N|E)|مربع \w+ \d+"
    ),
    "unnamed source": _bare("مصادر|مصدر|مصدران|شهود|شاهد عيان|مراسلنا|مراسلونا"),
    "outcome or counting noun": _bare(
        "قتلى|قتيلا?|جرحى|جريحا?|ضحايا|شهداء|شهيدا?|مصابين|شخصا?|اشخاص"
    ),
    "bare place": _bare("المدينة|البلدة|القرية|المنطقة|السجن|المخيم|الحي|الطريق|المستشفى|المعبر"),
    "relational word before a place": _relational,
    "place inside an actor": _place_in_actor,
    "country that acts": _spans("ACTOR", f"[ولب]?(?:{_ACTING})"),
    "country as a place": _spans("LOCATION", f"[ولب]?(?:{_ACTING})"),
    "alias in brackets": _alias,
    "one word over two tatweels": _text("ـ ـ"),
    "hashtag": _text(r"#\w"),
    "emoji": _text(r"\p{Extended_Pictographic}"),
    "short name of a group": _spans("ACTOR", f"[وبل]?(?:{_SHORT})"),
    "long name of a group": _spans("ACTOR", f"[وبلف]?(?:ل?{_LONG}).*"),
}
"""Phenomenon → how often it occurs in a report: first the numbers, then the traps."""


def coverage(reports: Iterable[Report]) -> dict[str, Counter[str]]:
    """Occurrences by ``phenomenon``, and reports by ``country``, ``event`` and ``manner``.

    Raises:
        HasilaError: a span lies outside its text.
    """
    table: dict[str, Counter[str]] = {
        name: Counter() for name in ("country", "event", "manner", "phenomenon")
    }
    table["phenomenon"] = Counter(dict.fromkeys(RULES, 0))
    for report in map(_view, reports):
        table["country"][str(report.country)] += 1
        for name in ("event", "manner"):
            table[name][str(report.meta.get(name))] += 1
        for phenomenon, count in RULES.items():
            table["phenomenon"][phenomenon] += count(report)
    return table

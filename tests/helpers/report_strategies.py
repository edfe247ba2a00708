"""Annotated reports for property tests: texts as hostile as they come, spans on words' edges."""

from hypothesis import strategies as st

from hasila.data.types import BOUNDS, COUNTED, Quantity, Report, Span
from hasila.data.words import words

TOKENS = [
    *("قُتِلَ", "مدنيون", "الحسكة", "قسـ ـد", "بـ31", "16شخصًا", "١٥٠", "1.5", "٪", "دير_الزور", "#"),
    *(
        "🔴",
        "🇸🇾",
        "👨‍👩‍👧",
        "𝒜bc",
        "\u200fداعش\u200f",
        "\u202bنص\u202c",
        "لا\u200cيزال",
        "é",
        "ﷺ",
        "—",
    ),
    *(
        '"',
        "«",
        "»",
        "(",
        ")",
        "،",
        ".",
        "{",
        "}",
        "|",
        "\\",
        "<b>",
        "&amp;",
        "O",
        "B-ACTOR",
        "=== x",
    ),
    *("\ufeff", "ـ"),
]
"""Diacritics, tatweel, bidi marks and joiners, emoji beyond the BMP, other formats' own syntax."""

GAPS = [" ", " ", " ", "", "  ", "\n", "\r\n", "\n\n", "\r\n\r\n", "\t", "\u00a0", "\u2028", "\r"]

IDENTIFIERS = st.text("abcز-_.0123", min_size=1, max_size=8)


@st.composite
def texts(draw: st.DrawFn, gaps: list[str] = GAPS) -> str:
    """A text of up to twenty tokens, white space at its ends included."""
    parts = draw(st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(gaps)), max_size=20))
    return draw(st.sampled_from(gaps)) + "".join(token + gap for token, gap in parts)


@st.composite
def reports(
    draw: st.DrawFn,
    gaps: list[str] = GAPS,
    quantities: bool = True,
    identifier: st.SearchStrategy[str] = IDENTIFIERS,
) -> Report:
    """A report that the gate lets through, with every field it can have."""
    text = draw(texts(gaps))
    lettered = [i for i, (a, b) in enumerate(words(text)) if any(map(str.isalnum, text[a:b]))]
    spans = _flat(draw, text, lettered)
    if quantities:
        spans = [_with_quantity(draw, span, spans) for span in spans]
    optional = st.none() | st.sampled_from(["وكالة", "a|b {c}", "2022-01-21", "Syria", "x y"])
    meta = st.dictionaries(
        st.sampled_from(["event", "manner", "ملاحظة"]),
        st.sampled_from(["clashes", "نص", "<&>\"'"]),
    )
    return Report(
        draw(identifier),
        text,
        tuple(spans),
        draw(optional),
        draw(optional),
        draw(optional),
        draw(meta),
    )


def _flat(draw: st.DrawFn, text: str, lettered: list[int]) -> list[Span]:
    runs = words(text)
    edges = sorted(draw(st.lists(st.sampled_from(lettered), unique=True))) if lettered else []
    spans, after = [], -1
    for first in edges:
        if first <= after:
            continue
        after = draw(st.sampled_from([i for i in lettered if first <= i <= first + 3]))
        label = draw(st.sampled_from(["ACTOR", "LOCATION", "NUMBER"]))
        spans.append(Span(runs[first][0], runs[after][1], label))
    return spans


def _with_quantity(draw: st.DrawFn, span: Span, spans: list[Span]) -> Span:
    """A NUMBER with a value that the markup can express too."""
    if span.label != "NUMBER":
        return span
    ends = st.integers(0, 10**9) | st.decimals(0, 1000, places=2).map(float)
    low, high = sorted((draw(ends), draw(ends)))
    bound = draw(st.sampled_from(BOUNDS))
    match bound:
        case "exact" | "approx":
            value = low, low
        case "at_least":
            value = low, None
        case "at_most":
            value = None, high
        case "range":
            value = low, high
        case _:
            value = draw(st.sampled_from([(None, None), (low, None), (None, high), (low, high)]))
    who, where = (
        tuple(other.offsets for other in spans if other.label == label and draw(st.booleans()))
        for label in ("ACTOR", "LOCATION")
    )
    quantity = Quantity(*value, bound, draw(st.sampled_from(COUNTED)), who, where)
    return Span(span.start, span.end, span.label, quantity)


def same(first: Report, second: Report) -> bool:
    """Equal, quantities included (spans compare without them)."""
    return first == second and [s.quantity for s in first.spans] == [
        s.quantity for s in second.spans
    ]

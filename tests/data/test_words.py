import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hasila.data.normalise import normalise
from hasila.data.words import words

ANY_TEXT = st.text(
    st.one_of(
        st.characters(),  # all of Unicode, lone surrogates and NUL included
        st.sampled_from(
            'ابتقسدةىأـ_ \n\r\t٢٧27.,٫٬%#"«»،()\u200f\u200e\u200d\u064b\u0651\u0670😀é\x00'
        ),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16شخصًا", ["16", "شخصًا"]),
        ("بـ31", ["بـ", "31"]),
        ("قسـ ـد", ["قسـ ـد"]),
        ("قسـ  ـد", ["قسـ", "ـد"]),
        ("قسـ\nـد", ["قسـ", "ـد"]),
        ("قسـ\u00a0ـد", ["قسـ", "ـد"]),
        ("#دير_الزور", ["#", "دير_الزور"]),
        ("1.5 مليون", ["1.5", "مليون"]),
        ("٣٬٠٠٠", ["٣٬٠٠٠"]),
        ("١٢٫٥", ["١٢٫٥"]),
        ("1,250,000", ["1,250,000"]),
        ("27.", ["27", "."]),
        ("15-20", ["15", "-", "20"]),
        ('تنظيم "داعش"', ["تنظيم", '"', "داعش", '"']),
        ("إس-300", ["إس", "-", "300"]),
        ("...", [".", ".", "."]),
        ("\u200fسوريا\u200f.", ["\u200f", "سوريا", "\u200f", "."]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("\u200f\u200e حلب", ["\u200f\u200e", "حلب"]),
        ("حلب 😀👍", ["حلب", "😀", "👍"]),
        ("1\ufe0f\u20e3❤\ufe0f", ["1\ufe0f\u20e3", "❤\ufe0f"]),  # marks of emoji
        ("", []),
        (" \n\t", []),
    ],
)
def test_words_are_cut_as_the_guidelines_say(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected


@given(ANY_TEXT)
@example("\ud800\x00\u064b \u200f\u200f\u0301é")
def test_every_visible_character_is_in_exactly_one_word(text: str) -> None:
    found = words(text)
    covered = [index for start, end in found for index in range(start, end)]
    assert covered == sorted(set(covered))
    outside = set(range(len(text))) - set(covered)
    assert all(text[index].isspace() for index in outside)
    assert {index for index in covered if text[index].isspace()} == {
        index
        for start, end in found
        for index in range(start + 1, end - 1)
        if text[index - 1 : index + 2] == "ـ ـ"
    }


@given(ANY_TEXT, ANY_TEXT)
def test_words_do_not_depend_on_what_a_line_break_parts(left: str, right: str) -> None:
    shift = len(left) + 1
    apart = words(left) + [(start + shift, end + shift) for start, end in words(right)]
    assert words(f"{left}\n{right}") == apart


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("مُقَاتِلًا", "مقاتلا"),
        ("الرحمٰن", "الرحمن"),
        ("قتيـــل", "قتيل"),
        ("قسـ ـد", "قسد"),
        ("٢٠٢٤", "2024"),
        ("۱۲٫۵", "12.5"),
        ("ﻗﺘﻞ", "قتل"),
        ("ﻻ", "لا"),
        ("أإآىةؤئ", "أإآىةؤئ"),
        ("ا\u0653", "آ"),
        ("\u200fحلب\u200e", "حلب"),
        ("\u200f", ""),
        ("\u064b", ""),
        ("Reuters", "Reuters"),
        ("ﷺ", "صلىاللهعليهوسلم"),
    ],
)
def test_words_are_normalised_for_the_tokenizer(word: str, expected: str) -> None:
    assert normalise(word) == expected


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    for start, end in words(text):
        once = normalise(text[start:end])
        assert normalise(once) == once
        assert not any(character.isspace() for character in once)
        assert not any(
            unicodedata.category(character) == "Mn" and "\u064b" <= character <= "\u0652"
            for character in once
        )

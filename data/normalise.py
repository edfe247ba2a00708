"""Per-word normalisation: what the tokenizer sees in place of a raw word.

Words are normalised one by one, after they were cut, so offsets never move and nothing joins or
splits. Removed: tashkeel, superscript alef, Quranic marks, tatweel, zero-width and bidi marks.
Folded: presentation forms and ligatures to their letters, Arabic-Indic and Persian digits to
``0-9``, the Arabic decimal and thousands separators, and lone surrogates, which no tokenizer takes,
to U+FFFD. Alef, ya and ta marbuta stay as they are:
AraBERT's vocabulary tells their forms apart.
"""

import unicodedata
from collections.abc import Sequence

from .types import Offsets
from .words import words

_TATWEEL = "ـ"
_ARABIC_DIGITS = (0x0660, 0x06F0)  # Arabic-Indic, Persian


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for point in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)):  # presentation forms A and B
        table[point] = unicodedata.normalize("NFKC", chr(point))
    for first in _ARABIC_DIGITS:
        table |= {first + digit: str(digit) for digit in range(10)}
    table |= {ord("٫"): ".", ord("٬"): ","}
    table |= dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
    marks = (*range(0x0600, 0x0700), *range(0x08D0, 0x0900), *range(0xFE00, 0xFE10))
    removed = {point for point in marks if unicodedata.category(chr(point)) in ("Mn", "Cf")}
    removed -= {0x0653, 0x0654, 0x0655}  # madda and hamza above and below are letters' parts
    removed |= {ord(_TATWEEL), ord(" ")}
    removed |= {
        point
        for point in (0x00AD, 0x061C, *range(0x180B, 0x180F), *range(0x2000, 0x2070), 0xFEFF)
        if unicodedata.category(chr(point)) == "Cf"
    }
    # Folding can bring out what is removed (a ligature's tatweel, the space in ﷺ): one more pass.
    drop = dict.fromkeys(removed, "")
    table = {point: folded.translate(drop) for point, folded in table.items()}
    return table | drop


_NORMALISED = _table()
_TOUCHED = frozenset(map(chr, _NORMALISED))


def normalise(word: str) -> str:
    """A word as the tokenizer is to see it; empty where only invisible marks were.

    The result has no white space that the word had not; normalising it again changes nothing.

    >>> normalise("مُقاتِلًا"), normalise("قسـ ـد"), normalise("١٥٠"), normalise("ﻻ")
    ('مقاتلا', 'قسد', '150', 'لا')
    """
    if not _TOUCHED.isdisjoint(word):  # seldom, and several times faster to see than to translate
        word = word.translate(_NORMALISED)
    return unicodedata.normalize("NFC", word)


def normalised(text: str, offsets: Sequence[Offsets]) -> list[str]:
    """The words of a text at these offsets, each normalised; invisible marks alone are left out."""
    return [word for start, end in offsets if (word := normalise(text[start:end]))]


def surface_key(text: str) -> str:
    """A surface to compare with others: its words, each normalised.

    >>> surface_key("قُوَّات  قسـد")
    'قوات قسد'
    """
    return " ".join(normalised(text, words(text)))

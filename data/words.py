"""Words and their offsets: the unit that labels, windows and scores are made of.

A word, as the annotation guidelines define it, is a maximal run of letters with their combining
marks, tatweel and underscore, or a maximal run of digits with ``. , ٫ ٬`` between two of them;
every other visible character is a word of its own. A single space between two tatweels does not
end a word. Invisible format characters (bidi marks, joiners) belong to the word they stand inside
and are words of their own elsewhere, so that every non-space character is in exactly one word and
no span has to begin or end with a mark nobody sees.
"""

from collections.abc import Sequence

import regex

from .types import Offsets

_LETTER = r"[\p{L}\p{M}_]"

_WORD = regex.compile(
    rf"""
      {_LETTER} (?: {_LETTER} | \p{{Cf}}++ (?={_LETTER}) | (?<=ـ)[ ](?=ـ) )*+
    | \p{{Nd}}+ (?: [.,٫٬] \p{{Nd}}+ )*+ \p{{M}}*+
    | \p{{Cf}}++
    | [^\s\x1c-\x1f] \p{{M}}*+  # what `str.isspace` calls white space, regex does not quite
    """,
    regex.VERBOSE,
)


def words(text: str) -> list[Offsets]:
    """The offsets of the words of a raw text, in order.

    Every character that is not white space lies in exactly one word; any `str` is accepted,
    lone surrogates and NUL included.

    >>> text = "وصلت إلى 27 قتيلاً، بـ31 (قسـ ـد)"
    >>> [text[start:end] for start, end in words(text)]
    ['وصلت', 'إلى', '27', 'قتيلاً', '،', 'بـ', '31', '(', 'قسـ ـد', ')']
    """
    return [match.span() for match in _WORD.finditer(text)]


def is_mark(word: str) -> bool:
    r"""Whether a word is punctuation, a symbol or an invisible mark: no letter or digit in it.

    >>> [is_mark(word) for word in ("#", "«", "\u200f", "27", "قسد")]
    [True, True, True, False, False]
    """
    return not any(map(str.isalnum, word))


def without_marks(text: str, offsets: Sequence[Offsets]) -> Offsets | None:
    """From the first to the last of some words that are no marks; None if all of them are.

    The guidelines leave quotes, brackets and # at the edges of a span outside it.

    >>> without_marks('«داعش».', [(0, 1), (1, 5), (5, 6), (6, 7)])
    (1, 5)
    """
    inside = [word for word in offsets if not is_mark(text[slice(*word)])]
    return (inside[0][0], inside[-1][1]) if inside else None

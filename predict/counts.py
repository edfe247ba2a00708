"""What a run counts: added up shard by shard, in order, so that a resumed run counts the same."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..data.normalise import surface_key
from ..data.pieces import EncodedText
from ..data.types import Prediction

_REMEMBERED = 200_000  # surfaces a label; beyond, the rarer half is forgotten


@dataclass(slots=True)
class Counts:
    """What was read and found.

    Attributes:
        articles: read and tagged.
        rejected: rows that are no articles.
        words: of the articles.
        pieces: word pieces of the articles.
        unknown_pieces: of these, unknown to the vocabulary.
        cut_words: words longer than a window, judged by their beginning.
        had_spans: articles whose own field "spans" was replaced.
        spans: found, by label.
        confidence: of the spans found, added up.
        surfaces: how often each normalised surface was found, by label.
        fields: the kind of value each field of the output has, in order of appearance.
    """

    articles: int = 0
    rejected: int = 0
    words: int = 0
    pieces: int = 0
    unknown_pieces: int = 0
    cut_words: int = 0
    had_spans: int = 0
    spans: Counter[str] = field(default_factory=Counter)
    confidence: float = 0.0
    surfaces: dict[str, Counter[str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Add another's numbers to these."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.spans.update(other.spans)
        for label, surfaces in other.surfaces.items():
            mine = self.surfaces.setdefault(label, Counter())
            mine.update(surfaces)
            if len(mine) > _REMEMBERED:
                self.surfaces[label] = Counter(dict(mine.most_common(_REMEMBERED // 2)))
        for name, kind in other.fields.items():
            self.fields[name] = _merged(self.fields.get(name, kind), kind)

    def count_article(
        self, record: Mapping[str, Any], encoded: EncodedText, prediction: Prediction
    ) -> None:
        """Count an article and what was found in it; ``record`` holds its own fields."""
        self.articles += 1
        self.words += prediction.words
        self.pieces += sum(map(len, encoded.pieces))
        self.unknown_pieces += encoded.unknown_pieces
        self.cut_words += prediction.cut_words
        self.had_spans += "spans" in record
        for span in prediction.spans:
            self.spans[span.label] += 1
            self.confidence += span.confidence
            self.surfaces.setdefault(span.label, Counter())[surface_key(span.surface)] += 1

    def count_fields(self, record: Mapping[str, Any]) -> None:
        """Note what kinds of values the fields of an output record hold."""
        for name, value in record.items():
            kind = _kind(value)
            self.fields[name] = _merged(self.fields.get(name, kind), kind)

    def most_frequent(self, label: str, first: int = 10) -> list[tuple[str, int]]:
        """The surfaces found most often, with how often; equals in the order of the alphabet."""
        found = self.surfaces.get(label, Counter())
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:first]

    def to_dict(self) -> dict[str, Any]:
        """As JSON: what `from_dict` reads."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any]) -> "Counts":
        """From JSON."""
        surfaces = {label: Counter(found) for label, found in tree["surfaces"].items()}
        return cls(**{**tree, "spans": Counter(tree["spans"]), "surfaces": surfaces})


_NUMBERS = (
    *("articles", "rejected", "words", "pieces", "unknown_pieces"),
    *("cut_words", "had_spans", "confidence"),
)


def total(parts: Iterable[Counts]) -> Counts:
    """All of them added up."""
    result = Counts()
    for part in parts:
        result.add(part)
    return result


def _kind(value: object) -> str:
    """How a column would hold a value; no float is a "long", and "json" holds any."""
    if value is None:
        return "null"
    if type(value) is int:
        if abs(value) <= 2**53:
            return "int"
        return "long" if -(2**63) <= value < 2**63 else "json"
    return {bool: "bool", float: "float", str: "str"}.get(type(value), "json")


def _merged(first: str, second: str) -> str:
    kinds = {first, second} - {"null"}
    if len(kinds) < 2:
        return next(iter(kinds), "null")
    if kinds == {"int", "long"}:
        return "long"
    return "float" if kinds == {"int", "float"} else "json"

"""Tags of words: every common scheme read by one rule, IOB2 written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import HasilaError
from ..types import Offsets, Span
from .common import Losses, count

_STARTS, _ENDS, _INSIDES = "BSU", "ESLU", "IEL"

JOINED = "reports whose text was joined from words, by single spaces"
"""The loss of a file that holds words and not the text they stood in."""

Layers = dict[str, str]
"""A word's prefix (B, I, …) by label: one entry, several where tags are nested, none for O."""


def parsed_tag(tag: str, where: str) -> Layers:
    """The layers of a tag, outermost first; of two with the same label the first.

    Raises:
        HasilaError: it is no tag; ``where`` begins the message.
    """
    layers: Layers = {}
    for layer in tag.split("|"):
        prefix, dash, label = layer.partition("-")
        if dash and label and prefix in (*_STARTS, *_INSIDES):
            layers.setdefault(label, prefix)
        elif layer != "O":
            raise HasilaError(f"{where}: tag {layer!r} is neither O nor B-LABEL, I-LABEL or alike")
    return layers


@dataclass
class TagReader:
    """Reads IOB1, IOB2, BIOES and BILOU by one rule and counts what tells them apart.

    A span begins where a tag says so and where its label was not there just before; it ends where a
    tag says so and before a word without its label.
    """

    starts: int = 0
    """B- and the like after another label or O: IOB1 has none."""
    orphans: int = 0
    """I- and the like after another label or O: how IOB1 begins a span, a slip elsewhere."""

    def spans(self, sentence: Sequence[Layers]) -> list[tuple[int, int, str]]:
        """First word, word after the last, and label of a sentence's spans, as they end."""
        spans: list[tuple[int, int, str]] = []
        begun: dict[str, int] = {}
        for i, layers in enumerate([*sentence, {}]):
            ended = [label for label in begun if layers.get(label, "B") in _STARTS]
            spans += [(begun.pop(label), i, label) for label in ended]
            for label, prefix in layers.items():
                if label not in begun:
                    self.starts += prefix in _STARTS and label not in ended
                    self.orphans += prefix in _INSIDES
                    begun[label] = i
                if prefix in _ENDS:
                    spans.append((begun.pop(label), i + 1, label))
        return spans

    def tell(self, losses: Losses) -> None:
        """Count orphans, unless all that was read is IOB1."""
        if self.starts:
            count(losses, "orphan I- tags, taken as the beginning of a span", self.orphans)


def joined(sentences: Iterable[Sequence[str]]) -> tuple[str, list[Offsets]]:
    """A text of words joined by spaces, sentences by line ends, and the words' offsets."""
    offsets: list[Offsets] = []
    length = 0
    lines = []
    for sentence in filter(None, sentences):
        lines.append(" ".join(sentence))
        for word in sentence:
            offsets.append((length, length + len(word)))
            length += len(word) + 1
    return "\n".join(lines), offsets


def word_tags(spans: Iterable[Span], cut: Sequence[Offsets], losses: Losses) -> list[str]:
    """The IOB2 tag of each word; spans that are not whole words or overlap are counted as lost."""
    begins = {start: i for i, (start, _) in enumerate(cut)}
    ends = {end: i for i, (_, end) in enumerate(cut)}
    tags = ["O"] * len(cut)
    for span in sorted(spans):
        if span.start not in begins or span.end not in ends or span.start >= span.end:
            losses["spans off words' edges, left out"] += 1
            continue
        first, last = begins[span.start], ends[span.end]
        if any(tag != "O" for tag in tags[first : last + 1]):
            losses["spans that overlap an earlier one, left out"] += 1
            continue
        tags[first] = f"B-{span.label}"
        tags[first + 1 : last + 1] = [f"I-{span.label}"] * (last - first)
    return tags

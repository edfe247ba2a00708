"""What a model's input and output usually look like, so that a change of either can be seen.

A run over other texts than the model was made for (another language, broken encodings, another
genre) shows in a few averages long before anyone reads the output.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..data.types import Prediction
from .extractor import Extractor

Ranges = dict[str, tuple[float, float]]
"""The usual low and high of each of the `signals`."""

_TAILS = (5, 95)  # percentiles over reports; an average over many articles lies well within


def signals(
    words: int, pieces: int, unknown_pieces: int, spans: Mapping[str, int], confidence: float
) -> dict[str, float]:
    """The averages that are watched.

    Args:
        words: of the texts.
        pieces: word pieces of the texts.
        unknown_pieces: of these, unknown to the vocabulary.
        spans: number found, by label.
        confidence: of the spans, added up.
    """
    found = sum(spans.values())
    averages = {"unknown pieces, %": 100 * unknown_pieces / max(pieces, 1)}
    if found:
        averages["mean confidence"] = confidence / found
    return averages | {
        f"{label} spans in 100 words": 100 * count / max(words, 1)
        for label, count in sorted(spans.items())
    }


def usual_ranges(extractor: Extractor, texts: Sequence[str]) -> Ranges:
    """The ranges in which the signals of nine texts in ten lie."""
    encoded = extractor.encoder.encode(texts)
    predictions = extractor.decide(texts, encoded)
    each = [
        signals(
            prediction.words,
            sum(map(len, text.pieces)),
            text.unknown_pieces,
            _by_label(prediction, extractor.labels.labels),
            sum(span.confidence for span in prediction.spans),
        )
        for text, prediction in zip(encoded, predictions, strict=True)
    ]
    return {
        name: tuple(np.percentile([one[name] for one in each if name in one], _TAILS).tolist())
        for name in {name: None for one in each for name in one}
    }


def drift(found: Mapping[str, float], usual: Ranges) -> list[str]:
    """What lies outside its usual range, in words; what was not found at all counts as 0."""
    return [
        f"{name}: {found.get(name, 0.0):.3g}, usual is {low:.3g} to {high:.3g}"
        for name, (low, high) in usual.items()
        if not low <= found.get(name, 0.0) <= high
    ]


def _by_label(prediction: Prediction, labels: Sequence[str]) -> dict[str, int]:
    return {label: sum(span.label == label for span in prediction.spans) for label in labels}

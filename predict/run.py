"""Batch inference: articles in, tagged records out, a few hundred articles at a time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from ..model.extractor import Extractor
from .articles import Article, Rejected, Row, tagged

BATCH = 256
"""Articles read at a time: enough that windows of like length are found for every batch."""


def predict_articles(
    extractor: Extractor, rows: Iterable[Row], rejected: Callable[[Rejected], None]
) -> Iterator[tuple[dict[str, Any], int]]:
    """Tag a stream of articles, in order.

    Args:
        extractor: the model.
        rows: what `read_articles` yields.
        rejected: called with each row that is no article.

    Yields:
        The output record of each article, and its number of words.
    """
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        articles = [row for row in batch if isinstance(row, Article)]
        for row in batch:
            if isinstance(row, Rejected):
                rejected(row)
        predictions = extractor.extract([article.text for article in articles])
        for article, prediction in zip(articles, predictions, strict=True):
            yield tagged(article, prediction), prediction.words

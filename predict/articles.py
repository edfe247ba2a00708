"""What goes in and what comes out: articles, rows that are none, and tagged records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..data.errors import HasilaError, counted
from ..data.jsonl import span_record
from ..data.types import Prediction


@dataclass(frozen=True, slots=True)
class Article:
    """One text to read. ``record`` holds all fields of its row, untouched."""

    id: str
    text: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is no article, and why. ``line`` counts from 1; 0 where a file has no lines."""

    file: str
    line: int
    reason: str
    excerpt: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.reason}"


Row = Article | Rejected


def no_article(rows: int, first: Rejected) -> HasilaError:
    """What to raise where no row of an input is an article."""
    return HasilaError(f"no article in {counted(rows, 'row')}; the first: {first}")


def unnamed(identifier: Any) -> bool:
    """Whether a row's own id names nothing: there is none, or it is blank."""
    return identifier is None or not str(identifier).strip()


def tagged(article: Article, prediction: Prediction) -> dict[str, Any]:
    """The output record of an article: its fields as they were, its id, and its spans.

    ``cut_words`` is there only where the model judged words by their beginning.
    """
    record = dict(article.record)
    if unnamed(record.get("id")):
        record = {"id": article.id} | {key: record[key] for key in record if key != "id"}
    record["spans"] = [span_record(span) for span in prediction.spans]
    if prediction.cut_words:
        record["cut_words"] = prediction.cut_words
    return record

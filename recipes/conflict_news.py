r"""Annotated conflict news: our annotation, joined with texts that are not ours to ship.

`conflict_news.jsonl.zst` beside this file names excerpts of news articles by the SHA-256 of the
article and by offsets, with the spans we annotated in them; it holds no text. Who has the articles
gets the annotated excerpts:

    python recipes/conflict_news.py conflict.txt.zst news/conflict.jsonl

The articles are text files with one a line, paragraph breaks written as a literal ``\n``.
`conflict_news.second.jsonl.zst` holds 120 of the excerpts as they were annotated a second time,
independently: `--annotation` takes it, and `hasila agree` compares.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from hasila.data.errors import HasilaError
from hasila.data.files import numbered_lines
from hasila.data.jsonl import write_reports
from hasila.data.types import Report, Span

ANNOTATION = Path(__file__).with_suffix(".jsonl.zst")


def main() -> None:
    """Write the excerpts whose articles are among those given."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("articles", nargs="+", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--annotation", type=Path, default=ANNOTATION)
    given = parser.parse_args()
    wanted = read_annotation(given.annotation)
    articles = (line for path in given.articles for _, line in numbered_lines(path))
    reports = sorted(joined(wanted, articles), key=lambda report: report.id)
    count = sum(map(len, wanted.values()))
    if not reports:
        raise SystemExit(f"none of the {count:,} annotated excerpts is of these articles")
    write_reports(given.output, reports)
    print(f"{given.output}: {len(reports):,} of {count:,} annotated excerpts")


def read_annotation(path: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Excerpts by the SHA-256 of their article.

    Each has an ``id``, ``start`` and ``end`` in the article, and ``spans`` in the excerpt.
    """
    excerpts = defaultdict(list)
    for _, line in numbered_lines(path):
        row = json.loads(line)
        excerpts[row["article"]].append(row)
    return excerpts


def joined(wanted: Mapping[str, list[dict[str, Any]]], articles: Iterable[str]) -> Iterator[Report]:
    """The annotated excerpts of some articles, each once, in the order of the articles."""
    left = dict(wanted)
    for line in articles:
        for row in left.pop(sha256(line.encode()).hexdigest(), ()):
            text = line.replace("\\n", "\n")[row["start"] : row["end"]]
            yield Report(row["id"], text, tuple(Span(*span) for span in row["spans"]))


if __name__ == "__main__":
    try:
        main()
    except HasilaError as error:
        raise SystemExit(str(error)) from None

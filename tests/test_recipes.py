"""The recipes of what ships."""

import json
import runpy
from hashlib import sha256
from pathlib import Path

from hasila.data.types import Span

RECIPES = Path(__file__).parent.parent / "recipes"


def test_annotation_meets_its_article_and_nothing_else(tmp_path: Path) -> None:
    recipe = runpy.run_path(str(RECIPES / "conflict_news.py"))
    article = "قالت مصادر.\\nقتل مدني في حلب"
    rows = [
        {"id": "a", "start": 12, "end": 27, "spans": [[4, 8, "ACTOR"], [12, 15, "LOCATION"]]},
        {"id": "b", "start": 0, "end": 10, "spans": []},
    ]
    path = tmp_path / "annotation.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            digest = sha256(article.encode()).hexdigest()
            stream.write(json.dumps({"article": digest, **row}) + "\n")
    wanted = recipe["read_annotation"](path)
    first, second = recipe["joined"](wanted, ["نص آخر", article, article])
    assert first.text == "قتل مدني في حلب"
    assert [first.surface(span) for span in first.spans] == ["مدني", "حلب"]
    assert first.spans[0] == Span(4, 8, "ACTOR")
    assert (second.id, second.text, second.spans) == ("b", "قالت مصادر", ())
    assert not [*recipe["joined"](wanted, [article + " "])]


def test_the_annotation_that_ships_holds_no_text() -> None:
    recipe = runpy.run_path(str(RECIPES / "conflict_news.py"))
    rows, twice = (
        [row for part in recipe["read_annotation"](path).values() for row in part]
        for path in (recipe["ANNOTATION"], RECIPES / "conflict_news.second.jsonl.zst")
    )
    assert {row["id"] for row in twice} < {row["id"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows + twice:
        assert row.keys() == {"article", "id", "start", "end", "spans"}
        assert all(
            0 <= start < end <= row["end"] - row["start"]
            and label in {"ACTOR", "LOCATION", "NUMBER"}
            for start, end, label in row["spans"]
        )

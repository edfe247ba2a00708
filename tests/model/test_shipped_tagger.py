"""The tagger that ships: what `hasila predict` uses when no model is named."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.model import Extractor, read_metadata
from hasila.model.checkpoint import SHIPPED_TAGGER
from hasila.scripts.cli import app

TEXT = (
    "أعلنت قوات سوريا الديمقراطية مقتل 27 من مسلحي تنظيم داعش وخمسة مدنيين في حي غويران "
    "بمدينة الحسكة، ونزوح نحو 5000 شخص."
)


def test_it_finds_who_where_and_how_many() -> None:
    (found,) = Extractor.load().extract([TEXT])
    spans = {(span.label, span.surface) for span in found.spans}
    assert ("ACTOR", "قوات سوريا الديمقراطية") in spans
    assert {("NUMBER", "27"), ("NUMBER", "خمسة"), ("NUMBER", "5000")} & spans
    assert any(label == "LOCATION" and "غويران" in surface for label, surface in spans)
    assert all(0 < span.confidence < 1 for span in found.spans)


def test_predict_uses_it_when_no_model_is_named(tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text(TEXT, "utf-8")
    printed = CliRunner().invoke(app, ["predict", str(article)], catch_exceptions=False)
    assert printed.exit_code == 0
    assert "الديمقراطية" in printed.output
    named = CliRunner().invoke(app, ["predict", "shipped", str(article)], catch_exceptions=False)
    assert named.output == printed.output


def test_a_model_without_articles_is_an_error() -> None:
    with pytest.raises(HasilaError, match="name the articles"):
        CliRunner().invoke(app, ["predict", str(SHIPPED_TAGGER)], catch_exceptions=False)


def test_its_metadata_names_no_folder_of_a_machine() -> None:
    text = read_metadata(SHIPPED_TAGGER).model_dump_json()
    assert '"/' not in text

"""What tests of pre-training share."""

from pathlib import Path

import pytest

from hasila.data.types import Report


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory, reports: list[Report]) -> Path:
    """Forty short texts, one a line, each with a glued word of many pieces at its end."""
    path = tmp_path_factory.mktemp("texts") / "corpus.txt"
    lines = (
        f"{report.text} {''.join(report.text.split()[2:6])}".replace("\n", "\\n")
        for report in reports
    )
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path

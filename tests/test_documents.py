"""The documents are true: their commands parse, their links lead somewhere, the configs load."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from hasila.scripts.cli import app
from hasila.train import load_config

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "build", "runs", "out"} & set(path.relative_to(ROOT).parts)
)
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?hasila (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL_OPERATORS = {"|", ">", "<", "&&", ";", "&"}


def commands(path: Path) -> Iterator[list[str]]:
    """The arguments of every ``hasila …`` line in a document's code blocks."""
    for block in CODE_BLOCK.findall(path.read_text(encoding="utf-8")):
        for line in COMMAND.findall(block.replace("\\\n", " ")):
            words = shlex.split(line, comments=True)
            yield list(takewhile(lambda word: word not in SHELL_OPERATORS, words))


def parse(arguments: list[str]) -> None:
    """Parse a command line as ``hasila`` does, without running the command.

    Raises:
        typer.BadParameter: or another usage error: the command line would be refused.
    """
    command = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and not arguments[0].startswith("-"):
        name, *arguments = arguments
        command = command.commands[name]
    with suppress(typer.Exit):  # --help prints and exits
        command.make_context("hasila", arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(arguments, id=f"{path.name}: {' '.join(arguments)}")
        for path in DOCUMENTS
        for arguments in commands(path)
    ],
)
def test_commands_of_the_documents_parse(arguments: list[str]) -> None:
    parse(arguments)


def test_the_readme_shows_the_main_job() -> None:
    shown = {arguments[0] for arguments in commands(ROOT / "README.md")}
    assert {"train", "evaluate", "predict"} <= shown


def test_make_run_speaks_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.findall(r"^\t\$\(BIN\)/hasila (.*)$", makefile, re.MULTILINE)
    assert lines
    for line in lines:
        parse(line.split())


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_configs_load(path: Path) -> None:
    load_config(path)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    targets = LINK.findall(CODE_BLOCK.sub("", path.read_text(encoding="utf-8")))
    places = [target.split("#")[0] for target in targets if "://" not in target]
    missing = [place for place in places if place and not (path.parent / place).exists()]
    assert not missing

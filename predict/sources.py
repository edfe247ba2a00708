"""Where articles come from: JSONL (also .gz, .zst), .txt files, and folders of them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..data.errors import HasilaError
from ..data.files import numbered_lines
from .articles import Article, Rejected, Row

_EXCERPT = 200  # characters of a rejected row that are shown


def read_articles(
    paths: Sequence[Path], *, text_field: str = "text", id_field: str = "id"
) -> Iterator[Row]:
    """The articles of files and folders, in order, as a stream; bad rows come as `Rejected`.

    Raises:
        HasilaError: a path does not exist, holds nothing to read, or is of no known kind.
    """
    for path, identifier in [file for given in paths for file in _files(given)]:
        if path.suffix == ".txt":
            yield _text_file(path, identifier)
        else:
            yield from _json_lines(path, text_field, id_field)


def _files(path: Path) -> list[tuple[Path, str]]:
    """The files a path stands for, each with the id an article without one of its own gets."""
    if not path.is_dir():
        if not path.exists():
            raise HasilaError(f"{path}: there is no such file or folder")
        if _kind(path) is None:
            raise HasilaError(f"{path}: give .jsonl (also .gz, .zst), .txt, or a folder of them")
        return [(path, path.stem)]
    inside = sorted(file for file in path.rglob("*") if _kind(file) and file.is_file())
    if not inside:
        raise HasilaError(f"{path}: holds no .jsonl or .txt file")
    return [(file, file.relative_to(path).with_suffix("").as_posix()) for file in inside]


def _kind(path: Path) -> str | None:
    suffixes = [suffix for suffix in path.suffixes[-2:] if suffix not in (".gz", ".zst")]
    return suffixes[-1] if suffixes and suffixes[-1] in (".jsonl", ".txt") else None


def _text_file(path: Path, identifier: str) -> Row:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Rejected(str(path), 0, f"not UTF-8 (byte {error.start})")
    if not text.strip():
        return Rejected(str(path), 0, "the file is empty")
    return Article(identifier, text, {"id": identifier, "text": text})


def _json_lines(path: Path, text_field: str, id_field: str) -> Iterator[Row]:
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            yield Rejected(str(path), number, f"not valid JSON: {error}", line[:_EXCERPT])
            continue
        found = article_from(record, text_field, id_field, f"{path.name}:{number}")
        if isinstance(found, str):
            yield Rejected(str(path), number, found, line[:_EXCERPT])
        else:
            yield found


def article_from(record: Any, text_field: str, id_field: str, fallback_id: str) -> Article | str:
    """An article from the fields of a row, or why it is none."""
    if not isinstance(record, dict):
        return "not an object"
    text = record.get(text_field)
    if text is None:
        return f'there is no field "{text_field}" (--text-field names another)'
    if not isinstance(text, str):
        return f'"{text_field}" is no text but {type(text).__name__}'
    if not text.strip():
        return f'"{text_field}" is empty'
    identifier = record.get(id_field)
    return Article(fallback_id if identifier is None else str(identifier), text, record)

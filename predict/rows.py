"""Rows of text files: JSON lines, CSV, whole texts, web pages. Bad rows come as `Rejected`."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from ..data.errors import HasilaError, counted
from .articles import Article, Rejected, Row, unnamed
from .encodings import INVALID, damage

LONGEST_LINE = 2**24
"""In characters: a longer line is no row of articles; it is passed over without being held."""

LONGEST_TEXT = 2**21
"""In characters: some 350,000 words, a very long book."""

DEEPEST = 100
"""Levels of lists and objects in a row; what nests ten times deeper, Python may read, not write."""

_EXCERPT = 200  # characters of a bad row that are shown


class File(NamedTuple):
    """A file to read, or a saved dataset.

    Attributes:
        path: where it is; ``-`` is standard input.
        kind: how it is read, see `Source`.
        name: what it is called in the ids of rows that have none; no other of the run is.
        size: in bytes, as stored; 0 where that is not known.
    """

    path: Path
    kind: str
    name: str
    size: int


class Fields(NamedTuple):
    """The names of the fields that hold text and id."""

    text: str = "text"
    id: str = "id"

    def missing(self, columns: Sequence[str]) -> str:
        """What to say of a table without a column for the text; nothing if it has one."""
        if self.text in columns:
            return ""
        return (
            f'no column "{self.text}"; --text-field names another of: '
            f"{', '.join(columns)[:_EXCERPT] or 'none'}"
        )

    def article(self, record: Any, file: File, line: int) -> Row:
        """The article a row's fields make, or why they make none.

        A row without an id of its own is called after its file and line.
        """
        if _deeper(record, DEEPEST):
            reason = f"more than {DEEPEST} levels of lists and objects"
            return Rejected(str(file.path), line, reason)
        text = record.get(self.text) if isinstance(record, dict) else None
        if not isinstance(record, dict):
            reason = "not an object with fields"
        elif text is None:
            names = ", ".join(map(str, list(record)[:10])) or "none"
            reason = f'there is no text in field "{self.text}" (fields: {names})'
        elif not isinstance(text, str):
            reason = f'"{self.text}" is no text but a {type(text).__name__}'
        elif not text.strip():
            reason = f'"{self.text}" is empty'
        elif len(text) > LONGEST_TEXT:
            reason = f"{len(text):,} characters are no article (at most {LONGEST_TEXT:,})"
        else:
            own = record.get(self.id)
            return Article(f"{file.name}:{line}" if unnamed(own) else str(own), text, record)
        return Rejected(str(file.path), line, reason, str(record)[:_EXCERPT])


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested in more levels; seen without recursion."""
    level = [value]
    for _ in range(levels + 1):
        nested = [item for item in level if isinstance(item, dict | list)]
        level = [x for item in nested for x in (item.values() if isinstance(item, dict) else item)]
        if not nested:
            return False
    return True


class Lines:
    """The lines of a text with their numbers, each held to `LONGEST_LINE`.

    A line that damage to the file cut short is at fault, however whole it looks.

    Attributes:
        number: of the line last given, from 1.
    """

    def __init__(self, stream: io.TextIOWrapper, unpacked: BinaryIO) -> None:
        """Read lines from a text over `unpacked` bytes."""
        self.number = 0
        self._stream = stream
        self._unpacked = unpacked
        self._fault = ""

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(LONGEST_LINE):
            self.number += 1
            if INVALID in line:
                self._fault = f"bytes that are no {self._stream.encoding} text"
            if len(line) == LONGEST_LINE:
                self._fault = f"a line longer than {LONGEST_LINE:,} characters"
                rest = line
                while rest and not rest.endswith(("\n", "\r")):
                    rest = self._stream.readline(LONGEST_LINE)
            elif not line.endswith(("\n", "\r")) and (damaged := damage(self._unpacked)):
                self._fault = f"the file is damaged in this line: {damaged}"
            yield line

    def fault(self) -> str:
        """What was wrong with the lines given since this was last asked; empty if nothing."""
        fault, self._fault = self._fault, ""
        return fault


def json_rows(lines: Lines, file: File, fields: Fields) -> Iterator[Row]:
    """Articles from JSON lines."""
    for line in lines:
        fault = lines.fault()
        if not line.strip():
            continue
        record = None
        if not fault:
            try:
                record = json.loads(line, parse_float=_finite, parse_constant=_no_number)
            except (ValueError, RecursionError) as error:
                fault = f"not valid JSON: {error}"
        if fault:
            yield Rejected(str(file.path), lines.number, fault, line[:_EXCERPT])
        else:
            yield fields.article(record, file, lines.number)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) < float("inf") else _no_number(digits)


def _no_number(name: str) -> NoReturn:
    # It could be read, but what is written would be JSON to nobody else.
    raise ValueError(f"{name} is no JSON number")


def csv_rows(lines: Lines, file: File, fields: Fields) -> Iterator[Row]:
    """Articles from CSV with a header; whatever the header is separated by separates the rows."""
    stream = iter(lines)
    header = next(stream, "")
    separator = max(",;\t|", key=header.count)
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(chain([header], stream), delimiter=separator, strict=True)
    try:
        names = next(reader, [])
    except csv.Error:
        names = []
    fault = lines.fault() or fields.missing(names) or _doubled(names)
    if fault:
        yield Rejected(str(file.path), 1, fault, header[:_EXCERPT])
        return
    while True:
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = lines.fault() or f"not valid CSV: {error}"
            yield Rejected(str(file.path), first, fault)
            continue
        if not cells:
            continue
        if fault := lines.fault():
            yield Rejected(str(file.path), first, fault)
        elif len(cells) != len(names):
            reason = f"{counted(len(cells), 'cell')}, the header has {len(names)}"
            yield Rejected(str(file.path), first, reason, separator.join(cells)[:_EXCERPT])
        else:
            yield fields.article(dict(zip(names, cells, strict=True)), file, first)


def _doubled(names: Sequence[str]) -> str:
    # Spreadsheets leave many columns without a name, and with nothing in them.
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    return f"two columns are called {twice[0]!r}; rename one" if twice else ""


def whole_text(stream: io.TextIOWrapper, file: File) -> Row:
    """A text file as one article, called after the file."""
    text = stream.read(LONGEST_TEXT + 1)
    if INVALID in text:
        fault = f"bytes that are no {stream.encoding} text"
        return Rejected(str(file.path), 0, fault, text[:_EXCERPT])
    return Fields().article({"id": file.name, "text": text}, file, 0)


def web_page(file: File) -> Row:
    """The article text of a saved web page, with its title and date where the page says them.

    Raises:
        HasilaError: trafilatura is not installed.
    """
    try:
        import trafilatura  # noqa: PLC0415 - an optional extra
    except ImportError:
        message = f'{file.path}: reading web pages needs: pip install "hasila[html]"'
        raise HasilaError(message) from None
    found = trafilatura.extract(
        file.path.read_bytes(), output_format="json", with_metadata=True, include_comments=False
    )
    if found is None:
        return Rejected(str(file.path), 0, "no article text on this page")
    page = json.loads(found)
    given = {name: page[name] for name in ("text", "title", "date") if page.get(name)}
    return Fields().article({"id": file.name} | given, file, 0)

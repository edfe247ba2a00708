r"""CoNLL columns: a word a line, its tag in the last column, an empty line after each sentence.

Read: IOB1, IOB2, BIOES and BILOU alike, columns parted by tabs or spaces, nested tags joined by
``|``. A document begins at ``-DOCSTART-`` or ``# newdoc id = …``; without either, every sentence is
a report. Words are joined by single spaces and sentences by line ends, unless the file carries the
text and offsets as ours does:

    # newdoc id = syr-001
    # text = "أعلنت قسد"
    # hasila = {"id": "syr-001", …}
    أعلنت	0	5	O
    قسد	6	9	B-ACTOR

Written: IOB2 over our words, a sentence a paragraph.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import HasilaError
from ..files import atomic_text, numbered_lines
from ..jsonl import Located, dumped, parsed
from ..types import Offsets, Report, Span
from ..words import words
from .common import Losses, record_beside, report_beside
from .tags import JOINED, TagReader, joined, parsed_tag, word_tags


@dataclass
class _Document:
    """The rows of a report, sentence by sentence, each row with its line."""

    name: str
    line: int
    text: str | None = None
    record: object = None
    sentences: list[list[tuple[int, list[str]]]] = field(default_factory=lambda: [[]])


def read_conll(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of a CoNLL file, one by one.

    ``I-`` that continues nothing begins a span; in a file that is not IOB1 it is counted.

    Raises:
        HasilaError: a line is no row or comment; the message names it.
    """
    tags = TagReader()
    for document in _documents(path):
        if document.text is not None or any(document.sentences):
            report = _report(document, str(path), tags, losses)
            yield Located(str(path), document.line, report)
    tags.tell(losses)


def _documents(path: Path) -> Iterator[_Document]:
    document = _Document(f"{path.stem}-1", 1)
    made, a_sentence_each = 1, True
    for number, raw in numbered_lines(path):
        line = raw.rstrip("\r")
        columns = line.split("\t") if "\t" in line else line.split()
        key, equals, value = line.removeprefix("# ").partition(" = ")
        is_comment = line.startswith("# ") and bool(equals) and "\t" not in line
        if line.startswith("-DOCSTART-") or (is_comment and key == "newdoc id"):
            yield document
            made, a_sentence_each = made + 1, False
            document = _Document(value or f"{path.stem}-{made - 1}", number)
        elif is_comment:
            if key == "text" and value.startswith('"'):
                document.text = parsed(value, f"{path}:{number}")
            elif key == "hasila":
                document.record = parsed(value, f"{path}:{number}")
        elif len(columns) > 1:
            document.sentences[-1].append((number, columns))
        elif line.strip():
            raise HasilaError(f"{path}:{number}: expected a word and its tag, found {line[:60]!r}")
        elif document.sentences[-1] and a_sentence_each:
            yield document
            made += 1
            document = _Document(f"{path.stem}-{made}", number + 1)
        elif document.sentences[-1]:
            document.sentences.append([])
    yield document


def _report(document: _Document, file: str, reader: TagReader, losses: Losses) -> Report:
    text, offsets = _rebuilt(document) if document.text is None else _carried(document, file)
    spans: list[Span] = []
    first = 0
    for sentence in document.sentences:
        tags = [parsed_tag(columns[-1], f"{file}:{number}") for number, columns in sentence]
        for start, end, label in reader.spans(tags):
            spans.append(Span(offsets[first + start][0], offsets[first + end - 1][1], label))
        first += len(sentence)
    if document.text is None:
        losses[JOINED] += 1
    where = f"{file}:{document.line}"
    name = document.name
    return report_beside(text, sorted(spans), document.record, where, losses, identifier=name)


def _rebuilt(document: _Document) -> tuple[str, list[Offsets]]:
    return joined([columns[0] for _, columns in rows] for rows in document.sentences)


def _carried(document: _Document, file: str) -> tuple[str, list[Offsets]]:
    text, offsets = document.text or "", []
    for number, columns in (row for sentence in document.sentences for row in sentence):
        match columns:
            case [word, start, end, _] if start.isdecimal() and end.isdecimal():
                offsets.append((int(start), int(end)))
                if text[int(start) : int(end)] != word:
                    found = text[int(start) : int(end)][:60]
                    raise HasilaError(
                        f"{file}:{number}: wrong offsets: [{start}, {end}) of the text is "
                        f"{found!r}, not {word!r}"
                    )
            case _:
                raise HasilaError(
                    f"{file}:{number}: under a `# text` every row is word, start, end and tag"
                )
    return text, offsets


def write_conll(path: Path, reports: Iterable[Report], losses: Losses) -> int:
    """Write reports as IOB2 over our words, with text and offsets; return how many."""
    total = 0
    with atomic_text(path) as stream:
        for report in reports:
            total += 1
            stream.write(f"# newdoc id = {' '.join(report.id.split())}\n")
            stream.write(f"# text = {dumped(report.text)}\n")
            stream.write(f"# hasila = {dumped(record_beside(report))}\n")
            cut = words(report.text)
            tags = word_tags(report.spans, cut, losses)
            for i, ((start, end), tag) in enumerate(zip(cut, tags, strict=True)):
                gap = report.text[cut[i - 1][1] : start] if i else ""
                if "\n" in gap and not tag.startswith("I-"):
                    stream.write("\n")
                stream.write(f"{report.text[start:end]}\t{start}\t{end}\t{tag}\n")
            stream.write("\n")
    return total

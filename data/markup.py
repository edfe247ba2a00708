r"""The inline markup of `reports/MARKUP.md`: annotated reports that a person reviews in a diff.

``{مدنيين|A1}`` is an ACTOR, ``{الحسكة|L2}`` a LOCATION, ``{27|N 27 killed A1 L2}`` a NUMBER.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from .errors import HasilaError
from .files import numbered_lines
from .jsonl import FIELDS, Located
from .types import COUNTED, Bound, Offsets, Quantity, Report, Span

LETTERS = {"ACTOR": "A", "LOCATION": "L"}
_LABELS = {letter: label for label, letter in LETTERS.items()}
_MARK = re.compile(r"\\([{}|\\])|\{((?:[^{}|\\]|\\[{}|\\])*)\|([^{}|\\]*)\}|[{}|\\]")
_NUMBER = r"\d+(?:\.\d+)?"
_VALUE = re.compile(
    rf"(?P<bound>~|>=|<=)?(?P<one>{_NUMBER})"
    rf"|(?P<vague>\?)?(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})"
    rf"|\?(?:(?P<from>{_NUMBER})\.\.|\.\.(?P<to>{_NUMBER}))?",
    re.ASCII,
)
_BOUNDS: dict[str | None, Bound] = {
    None: "exact",
    "~": "approx",
    ">=": "at_least",
    "<=": "at_most",
}
_SHOWN = 50  # problems that one error lists


class _Mark(NamedTuple):
    """A mark as written: the NUMBER's references are resolved when the report is read."""

    line: int
    start: int
    end: int
    code: list[str]


def read_markup(path: Path) -> Iterator[Located]:
    """The reports of a markup file, each with the line of its ``===``.

    Raises:
        HasilaError: the markup is wrong; the message lists what is wrong, line by line.
    """
    problems: list[str] = []
    reports: list[Located] = []
    blocks: list[tuple[int, str, list[tuple[int, str]]]] = []
    for number, line in numbered_lines(path):
        if line.startswith("==="):
            blocks.append((number, line[3:].strip(), []))
        elif blocks:
            blocks[-1][2].append((number, line))
        elif line.strip():
            problems.append(f"{path}:{number}: text before the first report (a line `=== id`)")
    for number, identifier, lines in blocks:
        found: list[tuple[int, str]] = [] if identifier else [(number, "`===` needs an id")]
        report = _report(identifier, lines, found)
        problems += [f"{path}:{line}: report {identifier}: {problem}" for line, problem in found]
        reports.append(Located(str(path), number, report))
    if problems:
        more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise HasilaError("\n".join(problems[:_SHOWN] + more))
    yield from reports


def _report(
    identifier: str, lines: list[tuple[int, str]], problems: list[tuple[int, str]]
) -> Report:
    """A report from the lines after its ``===``; what is wrong is added to ``problems``."""
    header: dict[str, str] = {}
    body = iter(lines)
    for number, line in body:
        if not line.strip():
            break
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not key or not value:
            problems.append(
                (number, "a header line is `key: value`; an empty line ends the header")
            )
        elif key in ("id", "text", "spans") or key in header:
            problems.append((number, f"header line {key!r} is not allowed (twice)"))
        header[key] = value
    text, marks = _text(body, problems)
    if text.startswith("\n") or not text:
        problems.append((lines[0][0] if lines else 0, "after the header: one empty line, the text"))
    fields: dict[str, Any] = {name: header.pop(name, None) for name in FIELDS}
    return Report(identifier, text, _spans(marks, problems), **fields, meta=header)


def _text(
    lines: Iterator[tuple[int, str]], problems: list[tuple[int, str]]
) -> tuple[str, list[_Mark]]:
    """The bare text and its marks with their offsets."""
    pieces: list[str] = []
    marks: list[_Mark] = []
    length = 0
    for number, line in lines:
        end = 0
        for match in _MARK.finditer(line):
            literal, surface, code = match.groups()
            piece = line[end : match.start()]
            end = match.end()
            length += len(piece)
            if surface is not None:
                plain = _unescaped(surface)
                marks.append(_Mark(number, length, length + len(plain), code.split()))
            elif literal is not None:
                plain = literal
            else:
                near = line[max(0, match.start() - 15) : match.end() + 15]
                problems.append(
                    (number, f"stray {match[0]!r} near {near!r}; a literal one is \\{match[0]}")
                )
                plain = match[0]
            pieces += [piece, plain]
            length += len(plain)
        pieces.append(line[end:] + "\n")
        length += len(line) - end + 1
    return "".join(pieces).rstrip("\n"), marks


def _spans(marks: list[_Mark], problems: list[tuple[int, str]]) -> tuple[Span, ...]:
    """The spans of a report's marks, references resolved."""
    named: dict[str, Offsets] = {}
    for line, start, end, code in marks:
        name = code[0] if code else ""
        if re.fullmatch(r"[AL]\d+", name) and named.setdefault(name, (start, end)) != (start, end):
            problems.append(
                (line, f"{name} is the name of an earlier span; leave later mentions bare")
            )
    spans = []
    for line, start, end, code in marks:
        match code:
            case [name] if re.fullmatch(r"[AL]\d*", name):
                spans.append(Span(start, end, _LABELS[name[0]]))
            case ["N", value, of, *refs] if of in COUNTED and (read := value_of(value)):
                if unknown := [ref for ref in refs if ref not in named]:
                    problems.append((line, f"{' '.join(unknown)} names no span of this report"))
                who, where = (
                    tuple(named[ref] for ref in refs if ref in named and ref[0] == letter)
                    for letter in "AL"
                )
                quantity = Quantity(*read, cast("Any", of), who, where)
                if None not in read[:2] and cast("float", read[0]) > cast("float", read[1]):
                    problems.append((line, f"{value}: low is above high"))
                spans.append(Span(start, end, "NUMBER", quantity))
            case _:
                problems.append(
                    (
                        line,
                        f"mark {' '.join(code)!r}: write A, A1, L, L1 or `N VALUE OF REF…`, "
                        f"with OF among {' '.join(COUNTED)}",
                    )
                )
    return tuple(spans)


def value_of(code: str) -> tuple[float | None, float | None, Bound] | None:
    """Low, high and bound of a VALUE such as ``~27``; None if it is none."""
    if not (match := _VALUE.fullmatch(code)):
        return None
    if one := match["one"]:
        bound, value = _BOUNDS[match["bound"]], _number(one)
        return None if bound == "at_most" else value, None if bound == "at_least" else value, bound
    low, high = (_number(end) if end else None for end in _ends(match))
    return low, high, "vague" if code.startswith("?") else "range"


def _ends(match: re.Match[str]) -> tuple[str | None, str | None]:
    return match["low"] or match["from"], match["high"] or match["to"]


def _number(digits: str) -> float:
    return float(digits) if "." in digits else int(digits)


def _unescaped(surface: str) -> str:
    return re.sub(r"\\(.)", r"\1", surface)

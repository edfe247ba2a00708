"""Building the reports that ship: the batches people write, checked, and split into three parts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from .duplicates import TextIndex
from .errors import HasilaError, counted
from .gate import check
from .markup import read_markup
from .normalise import normalised
from .types import Report
from .words import is_mark, words

if TYPE_CHECKING:
    from .jsonl import Located

EVENTS = (
    *("air-strike", "shelling", "clashes", "car-bomb", "suicide-attack", "assassination"),
    *("prison-break", "raids", "abduction", "protest", "displacement", "prisoner-exchange"),
    *("drone-missile", "mines", "ceasefire-talks", "relief-convoy", "naval", "tribal-fighting"),
)
MANNERS = (
    *("agency-lead", "local-brief", "monitor-statement", "military-communique"),
    *("casualty-bulletin", "social-post", "daily-roundup", "feature"),
)
LENGTH = 80, 220
"""Fewest and most words of a report, punctuation not counted."""

PARTS = {"train": 0.7, "dev": 0.1, "test": 0.2}
SOURCE = "hasila"


def read_batches(folder: Path) -> list[Report]:
    """The reports of ``folder/*.txt``, in order.

    Raises:
        HasilaError: there are none, or some are wrong: the message lists everything found.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise HasilaError(f"{folder}: no batches (*.txt) to build from")
    problems: list[str] = []
    located: list[Located] = []
    for file in files:
        try:
            located += read_markup(file)
        except HasilaError as error:
            problems.append(str(error))
    for file_name, line, report in located:
        where = f"{file_name}:{line}: report {report.id}"
        problems += [f"{where}: {problem}" for problem in _header_problems(report)]
    problems += [str(finding) for finding in check(located) if finding.severity == "error"]
    if problems:
        raise HasilaError("\n".join(problems))
    return [replace(row.report, source=SOURCE) for row in located]


def _header_problems(report: Report) -> list[str]:
    problems = []
    for key, allowed in (("event", EVENTS), ("manner", MANNERS)):
        if report.meta.get(key) not in allowed:
            problems.append(f"{key} {report.meta.get(key)!r} is not one of {', '.join(allowed)}")
    if unknown := set(report.meta) - {"event", "manner"}:
        problems.append(f"header has unknown keys: {', '.join(sorted(unknown))}")
    try:
        date.fromisoformat(report.date or "")
    except ValueError:
        problems.append(f"date {report.date!r} is not YYYY-MM-DD")
    if not report.country:
        problems.append("country is missing")
    if not LENGTH[0] <= (count := word_count(report.text)) <= LENGTH[1]:
        problems.append(f"{counted(count, 'word')}; reports have {LENGTH[0]} to {LENGTH[1]}")
    return problems


def word_count(text: str) -> int:
    """Words with a letter or digit, as people count them."""
    return sum(not is_mark(text[start:end]) for start, end in words(text))


def split(reports: Sequence[Report]) -> dict[str, list[Report]]:
    """Reports by part, each part in the order given; the same for the same reports, always.

    Near-duplicates stay together, and every country and manner is spread over all parts by
    iterative stratification (Sechidis et al. 2011): the rarest trait first, each group to the part
    that lacks most of it.

    Raises:
        HasilaError: a country or manner is too rare to be in every part.
    """
    groups = _groups(reports)
    traits = {leader: _traits(members) for leader, members in groups.items()}
    total: Counter[str] = sum(traits.values(), Counter())
    # At least one of everything in every part, however small the part.
    lacks = {
        part: {trait: max(1.0, share * count) for trait, count in total.items()}
        for part, share in PARTS.items()
    }
    parts: dict[str, str] = {}
    waiting = sorted(groups, key=lambda leader: blake2b(leader.encode()).digest())
    while waiting:
        left: Counter[str] = sum((traits[leader] for leader in waiting), Counter())
        rarest = min(left, key=lambda trait: (left[trait], trait))
        leader = next(leader for leader in waiting if rarest in traits[leader])
        part = max((lacks[part][rarest], sum(lacks[part].values()), part) for part in PARTS)[2]
        for trait, count in traits[leader].items():
            lacks[part][trait] -= count
        parts |= {report.id: part for report in groups[leader]}
        waiting.remove(leader)
    result = {part: [r for r in reports if parts[r.id] == part] for part in PARTS}
    for part, members in result.items():
        if missing := sorted(set(total) - set(_traits(members))):
            raise HasilaError(f"{part} would have no report with {', '.join(missing)}: write more")
    return result


def _traits(reports: Iterable[Report]) -> Counter[str]:
    return Counter(
        trait
        for report in reports
        for trait in (f"country {report.country}", f"manner {report.meta['manner']}")
    )


def _groups(reports: Sequence[Report]) -> Mapping[str, list[Report]]:
    """Near-duplicates together, under the id of the first."""
    texts = TextIndex()
    leader = list(range(len(reports)))

    def root(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for number, report in enumerate(reports):
        same = texts.add(normalised(report.text, words(report.text)))
        leader[number] = number if same is None else same
    for first, second, _ in texts.near():
        low, high = sorted((root(first), root(second)))
        leader[high] = low
    groups = defaultdict(list)
    for number, report in enumerate(reports):
        groups[reports[root(number)].id].append(report)
    return groups

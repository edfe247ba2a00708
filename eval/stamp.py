"""The protocol stamp: what a score was made of, in every result, so that it can be made again."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..data.provenance import file_sha256, versions
from ..data.types import Report
from .matching import Strict


def command() -> str:
    """The command line of this process, as a shell would take it; the program by its name."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file a score depends on: what it was used as, and the SHA-256 of its bytes."""

    role: str
    name: str
    sha256: str
    reports: int
    spans: int

    @classmethod
    def of(cls, role: str, path: Path, reports: Sequence[Report]) -> "DataFile":
        """Stamp a file that was read as these reports; of its path, the name is kept."""
        spans = sum(len(report.spans) for report in reports)
        return cls(role, path.name, file_sha256(path), len(reports), spans)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The protocol of an evaluation.

    Attributes:
        system: what was evaluated: a checkpoint or a file of predictions.
        weights: the SHA-256 of a checkpoint's weights.
        data: the files, gold first.
        split: which part of the data the gold reports are.
        label_map: how labels were renamed before scoring.
        decoding: how tags became spans, where it is known.
        losses: what limits cost, counted: words cut, reports without a prediction, ….
        matching: the rule of the headline figures.
        seed: of the bootstrap and the randomisation.
        rounds: of both.
        versions: of the interpreter and the libraries.
        command: the command line.
    """

    system: str
    weights: str = "not known: predictions from a file"
    data: tuple[DataFile, ...] = ()
    split: str = "not stated"
    label_map: str = "none"
    decoding: str = "not ours: spans taken from a file"
    losses: Mapping[str, int] = field(default_factory=dict)
    matching: str = f"{Strict.name}: {Strict.summary}, one to one"
    seed: int = 0
    rounds: int = 0
    versions: Mapping[str, str] = field(default_factory=versions)
    command: str = field(default_factory=command)

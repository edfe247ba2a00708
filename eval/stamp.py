"""The protocol stamp: what a score was made of, in every result, so that it can be made again."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ..data.provenance import file_sha256, versions
from ..data.types import Report
from .cases import Pairing, named
from .matching import Strict

_T = TypeVar("_T")


def command() -> str:
    """The command line of this process, as a shell would take it; the program by its name."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def said_of(name: str, losses: Mapping[str, _T]) -> dict[str, _T]:
    """Losses under the name of what they are of, where that is one of several.

    >>> said_of("gold", {"orphan I- tags": 2})
    {'gold: orphan I- tags': 2}
    """
    return {f"{name}: {what}" if name else what: value for what, value in losses.items()}


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
        lost: the ids of the reports among the losses, under the same words.
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
    lost: Mapping[str, Sequence[str]] = field(default_factory=dict)
    matching: str = f"{Strict.name}: {Strict.summary}, one to one"
    seed: int = 0
    rounds: int = 0
    versions: Mapping[str, str] = field(default_factory=versions)
    command: str = field(default_factory=command)

    def with_pairing(self, pairing: Pairing, name: str = "") -> "Stamp":
        """The stamp with what a pairing lost, under the system's name if there are several."""
        ids = {what: ids for what, ids in pairing.lost.items() if ids}
        return replace(
            self,
            losses={**self.losses, **said_of(name, pairing.losses)},
            lost={**self.lost, **said_of(name, ids)},
        )

    def loss_rows(self) -> Iterator[tuple[str, str]]:
        """What was lost and how often; of reports, the first ids."""
        for what, count in self.losses.items():
            ids = self.lost.get(what)
            yield what, f"{count:,}" + (f" ({named(ids)})" if ids else "")

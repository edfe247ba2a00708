"""Run folders: what a run wrote, whether it can go on, and from where."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from ..data.config import Section
from ..data.errors import HasilaError
from ..data.files import atomic_text
from ..model.checkpoint import require_empty
from .provenance import Hashes

CONFIG = "config.yaml"
DATA = "data.json"
Say = Callable[..., None]
"""Prints a line for a person."""


def plain(console: Console) -> Say:
    """Print lines as they are: a path may hold what would be markup, and is not to be broken."""
    return partial(console.print, markup=False, soft_wrap=True)


def silent(*_: object) -> None:
    """Say nothing."""


def begin_run(output: Path, config: Section, data: Hashes) -> None:
    """Write the resolved config and what the data is: from now on the folder holds a run."""
    with atomic_text(output / CONFIG) as stream:
        yaml.safe_dump(config.model_dump(mode="json"), stream, sort_keys=False)
    with atomic_text(output / DATA) as stream:
        stream.write(json.dumps(data, indent=2) + "\n")


def resume_point(
    output: Path, config: Section, data: Hashes, mark: str, *, resume: bool, say: Say = silent
) -> Path | None:
    """The checkpoint of a run folder to go on from; None to start at the beginning.

    A run is bound to its config and its data once it has learnt something: with its first
    checkpoint.

    Args:
        output: the run folder.
        config: of the run.
        data: the files it is to read.
        mark: the file that marks the folder as complete.
        resume: whether a run may be there.
        say: prints what happens.

    Raises:
        HasilaError: the folder is none or holds something else, a run that `resume` was not asked
            for, or one with another config or other data.
    """
    if not (output / CONFIG).exists():
        require_empty(output)
        if resume:
            say(f"{output}: nothing to resume yet, starting from the beginning")
        return None
    if not resume:
        raise HasilaError(
            f"{output}: holds a run already; go on with --resume, "
            "or choose another folder with --set output=…"
        )
    last = last_complete(output / "checkpoints", say)
    if last or (output / mark).exists():
        _require_same(output, config, data)
    return last


def last_complete(folder: Path, say: Say = silent) -> Path | None:
    """The newest complete Trainer checkpoint below a folder; half-written ones are removed.

    The Trainer writes ``trainer_state.json`` last, so one that parses marks a complete checkpoint.
    """
    complete = []
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1])):
        try:
            json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))
        except (OSError, ValueError):
            say(f"{checkpoint}: half-written, skipped")
            shutil.rmtree(checkpoint, ignore_errors=True)  # each process of a run does it
        else:
            complete.append(checkpoint)
    return complete[-1] if complete else None


def _require_same(output: Path, config: Section, data: Hashes) -> None:
    before = yaml.safe_load((output / CONFIG).read_text("utf-8"))
    differs = _flat(before).items() ^ _flat(config.model_dump(mode="json")).items()
    if differs:
        keys = ", ".join(sorted({key for key, _ in differs}))
        raise HasilaError(f"{output}: was started with another config (it differs in: {keys})")
    # What is in the files counts, and their order; they may have moved.
    kept = output / DATA
    known = [sha256 for _, sha256 in json.loads(kept.read_text("utf-8"))] if kept.exists() else []
    if known != [sha256 for _, sha256 in data]:
        new = [name for name, sha256 in data if sha256 not in known]
        raise HasilaError(
            f"{output}: was started with other data "
            f"({', '.join(new) or 'more files, or in another order'}); "
            "choose another folder with --set output=…"
        )


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[f"{above}{key}"] = repr(value)
    return flat

"""Run folders: what a run wrote, whether it can go on, and from where."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ..data.config import Section
from ..data.errors import HasilaError
from ..data.files import atomic_text

CONFIG = "config.yaml"
Say = Callable[..., None]
"""Prints a line for a person."""


def silent(*_: object) -> None:
    """Say nothing."""


def write_config(output: Path, config: Section) -> None:
    """Write the resolved config: from now on the folder holds a run."""
    with atomic_text(output / CONFIG) as stream:
        yaml.safe_dump(config.model_dump(mode="json"), stream, sort_keys=False)


def resume_point(output: Path, config: Section, resume: bool, say: Say = silent) -> Path | None:
    """The checkpoint of a run folder to go on from; None to start at the beginning.

    Raises:
        HasilaError: the folder holds something else, a run that `resume` was not asked for, one
            with another config.
    """
    if not (output / CONFIG).exists():
        if output.exists() and any(output.iterdir()):
            raise HasilaError(f"{output}: is not empty and no run; choose another output:")
        if resume:
            say(f"{output}: nothing to resume yet, starting from the beginning")
        return None
    if not resume:
        raise HasilaError(
            f"{output}: holds a run already; go on with --resume, "
            "or choose another folder with --set output=…"
        )
    before = yaml.safe_load((output / CONFIG).read_text("utf-8"))
    differs = _flat(before).items() ^ _flat(config.model_dump(mode="json")).items()
    if differs:
        keys = ", ".join(sorted({key for key, _ in differs}))
        raise HasilaError(f"{output}: was started with another config (it differs in: {keys})")
    return last_complete(output / "checkpoints", say)


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
            shutil.rmtree(checkpoint)
        else:
            complete.append(checkpoint)
    return complete[-1] if complete else None


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[f"{above}{key}"] = repr(value)
    return flat

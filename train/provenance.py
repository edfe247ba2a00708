"""What a run was made of: enough to make it again, or to see why one cannot."""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..data.files import open_bytes
from ..data.provenance import file_sha256, versions
from ..model.checkpoint import encoder_path

_ROOT = Path(__file__).parents[1]


Hashes = Sequence[tuple[str, str]]
"""The name and the SHA-256 of each file of a run, as they are given: a file may be given twice."""


def hashes(files: Iterable[Path]) -> Hashes:
    """What files hold before a run reads them.

    Raises:
        HasilaError: one of them cannot be read.
    """
    found = []
    for path in files:
        open_bytes(path).close()  # one clear error for what is missing, or a folder
        found.append((_name(path), file_sha256(path)))
    return found


def encoder_weights(name: str) -> list[Path]:
    """The files of an encoder that lies in a folder; one on the hub is known by its revision."""
    return sorted(Path(encoder_path(name)).glob("*.safetensors"))


def provenance(config: dict[str, Any], data: Hashes) -> dict[str, Any]:
    """The resolved config, the hashes of the files, the versions, the commit if there is one."""
    return {
        "config": config,
        "data": dict(data),
        "versions": versions(),
        "commit": _commit(),
    }


def _name(path: Path) -> str:
    """A path as it was given; of a file that ships its place in the package, wherever that is."""
    return path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else str(path)


def _commit() -> str | None:
    if not (_ROOT / ".git").exists():  # installed: the repository around it is somebody else's
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

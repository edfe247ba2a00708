"""What a run was made of: enough to make it again, or to see why one cannot."""

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..data.provenance import file_sha256, versions


def provenance(config: dict[str, Any], files: Iterable[Path]) -> dict[str, Any]:
    """The resolved config, the hashes of the data, the versions, the commit if there is one."""
    return {
        "config": config,
        "data": {str(path): file_sha256(path) for path in files},
        "versions": versions(),
        "commit": _commit(),
    }


def _commit() -> str | None:
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():  # installed: the repository around it is somebody else's
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

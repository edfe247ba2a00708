"""A run's shards on disk: written once each, whole or not at all, until the output is made of them.

The folder of a run holds a manifest, which says what the run is, and the shards done so far. After
kill -9, a full disk or a power cut the same command finds them and does the rest.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..data.errors import HasilaError
from ..data.files import atomic_bytes, atomic_text
from ..model.checkpoint import METADATA
from .rows import Fields, File
from .shards import Shard

_MANIFEST = "manifest.json"


def manifest(model: Path, files: Sequence[File], fields: Fields) -> dict[str, Any]:
    """What a run is: shards of runs that differ in any of this are never mixed."""
    return {
        "hasila": version("hasila"),
        "model": checkpoint_digest(model),
        "input": [[str(file.path), file.size] for file in files],
        "fields": list(fields),
    }


def checkpoint_digest(folder: Path) -> str:
    """SHA-256 of what a checkpoint computes with: weights, tokenizer, config, metadata."""
    digest = hashlib.sha256()
    names = ("config.json", "tokenizer.json", METADATA)
    for path in (*(folder / name for name in names), *sorted(folder.glob("*.safetensors"))):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


class Journal:
    """The folder of a run. Only `opened` makes one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def finished(self) -> Iterator[Shard]:
        """The shards that are done, in order; a damaged one is not."""
        for path in sorted(self.folder.glob("*.shard")):
            with suppress(ValueError):
                yield _read(path)

    def complete(self) -> Iterator[Shard]:
        """The shards of a run that has done them all, in order.

        Raises:
            HasilaError: one was damaged or removed meanwhile.
        """
        for number, path in enumerate(sorted(self.folder.glob("*.shard"))):
            try:
                shard = _read(path)
            except ValueError:
                shard = None
            if shard is None or shard.number != number:
                raise HasilaError(
                    f"{self.folder}: a finished part (number {number}) was damaged or removed "
                    "meanwhile; give the same command: it is made again"
                )
            yield shard

    def write(self, number: int, stored: bytes) -> None:
        """Keep a finished shard."""
        with atomic_bytes(self.folder / f"{number:08}.shard") as stream:
            stream.write(stored)

    def remove(self) -> None:
        """Remove the folder: the output is made."""
        shutil.rmtree(self.folder)


def _read(path: Path) -> Shard:
    return Shard.unpacked(int(path.stem), path.read_bytes())


@contextmanager
def opened(folder: Path, made_of: dict[str, Any]) -> Iterator[Journal]:
    """The journal of a run, old or new, for this process alone.

    Raises:
        HasilaError: the folder belongs to another run, or another process is working on it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HasilaError(f"{folder}: another process is working on this run") from None
        path = folder / _MANIFEST
        if path.exists():
            before = json.loads(path.read_text("utf-8"))
            if differs := [key for key in made_of if before.get(key) != made_of[key]]:
                raise HasilaError(
                    f"{folder}: an unfinished run with another {' and '.join(differs)}; "
                    "finish it with the command it was started with, remove the folder to begin "
                    "anew, or name another output"
                )
        else:
            for stale in folder.glob("*.shard"):  # of a run that was killed while it cleared up
                stale.unlink()
            with atomic_text(path) as stream:
                json.dump(made_of, stream, ensure_ascii=False, indent=1)
        yield Journal(folder)
    finally:
        os.close(lock)

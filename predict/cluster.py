"""The engine of many machines: Ray Data reads, maps over actors that hold the model, restarts them.

Shards come back to the one process that writes them, so a worker or a machine that dies loses or
doubles nothing: what it had in hand is computed again. The checkpoint, and the input under the same
paths, must be where every machine finds them, such as a shared folder.
"""

import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pyarrow as pa

from ..data.errors import HasilaError
from ..model.checkpoint import checkpoint_path
from ..model.extractor import Extractor
from .local import Engine, Shards
from .shards import Chunk, Pending, shard_of
from .sources import STANDARD_INPUT

try:
    import ray
    from ray.data import ActorPoolStrategy, DataContext
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask
except ImportError:
    raise HasilaError('--engine ray needs: pip install "hasila[ray]"') from None

_BLOCK = 2**18  # bytes; a chunk or two, so that work is handed out in small parts


def ray_engine(
    model: Path, *, workers: int = 0, gpus: float = 0.0, batch_pieces: int = 0
) -> Engine:
    """An engine on the Ray cluster at RAY_ADDRESS, or on this machine where there is none.

    Args:
        model: a checkpoint, at this path on every machine.
        workers: actors that hold the model at the most; 0 is one for each CPU or share of a GPU.
        gpus: share of a GPU each of them takes.
        batch_pieces: pieces a batch holds at most; 0 chooses.
    """

    def run(pending: Pending) -> Shards:
        if any(file.path == STANDARD_INPUT for file in pending.source.files):
            raise HasilaError("--engine ray reads files: standard input is on one machine alone")
        if not ray.is_initialized():
            ray.init(log_to_driver=False)
        context = DataContext.get_current()
        context.target_max_block_size = _BLOCK
        context.enable_progress_bars = False
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
        room = int(resources.get("GPU", 0) / gpus if gpus else resources["CPU"])
        if gpus and not (workers or room):
            message = "the Ray cluster has no GPU: give --gpus 0, or --workers to wait for one"
            raise HasilaError(message)
        # Reading takes next to nothing, and must find room when all CPUs are held by actors that
        # wait for what a machine that died had read.
        chunks = ray.data.read_datasource(_Chunks(pending), override_num_blocks=1, num_cpus=0)
        tagged = chunks.map_batches(
            _Tagger,
            fn_constructor_args=(str(checkpoint_path(model).resolve()), batch_pieces),
            batch_size=1,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(min_size=1, max_size=max(1, workers or room)),
            num_cpus=0 if gpus else 1,
            num_gpus=gpus or None,
        )
        try:
            for row in tagged.iter_rows():
                yield row["number"], row["shard"]
        except ray.exceptions.RayError as error:
            raise HasilaError(f"the Ray cluster gave up: {error}") from error

    return run


class _Chunks(Datasource):
    """The pending chunks, read by one task: reading is a thousand times faster than the model."""

    def __init__(self, pending: Pending) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pending = Pending(pending.source.quiet(), pending.finished)
        self._folder = os.getcwd()  # relative paths mean on every machine what they mean here

    def estimate_inmemory_data_size(self) -> int | None:
        """Not known before it was read."""
        return None

    def get_read_tasks(self, *_: object, **__: object) -> list[ReadTask]:
        """One task, whatever the parallelism asked for."""
        unknown = BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None)
        return [ReadTask(self._tables, unknown)]

    def _tables(self) -> Iterator[pa.Table]:
        with chdir(self._folder):
            for chunk in self._pending:
                yield pa.table({"chunk": [chunk.to_json()]})


class _Tagger:
    """An actor: loads the model once, turns chunks into shards."""

    def __init__(self, model: str, batch_pieces: int) -> None:
        self._extractor = Extractor.load(model, batch_pieces=batch_pieces)

    def __call__(self, batch: pa.Table) -> pa.Table:
        chunks = [Chunk.from_json(text) for text in batch["chunk"].to_pylist()]
        stored = [self._shard(chunk) for chunk in chunks]
        return pa.table({"number": [chunk.number for chunk in chunks], "shard": stored})

    def _shard(self, chunk: Chunk) -> bytes:
        texts = [article.text for article in chunk.articles]
        encoded = self._extractor.encoder.encode(texts)
        return shard_of(chunk, encoded, self._extractor.decide(texts, encoded)).packed()

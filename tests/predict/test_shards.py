"""Chunks, shards and the folder they lie in, by themselves: what a run is bound to."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hasila.data.errors import HasilaError
from hasila.predict import Fields, Source
from hasila.predict.counts import Counts
from hasila.predict.journal import checkpoint_digest, manifest, opened
from hasila.predict.rows import File
from hasila.predict.shards import CHARACTERS, ROWS, Chunk, Pending, Shard, chunks

GOOD = {"id": "a", "text": "قتل 27", "url": "x"}


def source(path: Path, *rows: dict[str, Any] | str) -> Source:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return Source([path])


def test_a_chunk_is_full_when_its_rows_or_its_texts_are(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    long = {"text": "x" * (CHARACTERS // 2)}
    for rows, sizes in (([GOOD] * (ROWS + 1), [ROWS, 1]), ([GOOD, *[long] * 5], [3, 2, 1])):
        found = list(chunks(source(path, *rows)))
        assert [len(chunk.rows) for chunk in found] == sizes
        assert [chunk.number for chunk in found] == [*range(len(sizes))]
        assert found[-1].read == path.stat().st_size


@pytest.mark.parametrize(
    "changed",
    [
        [GOOD | {"id": "b"}, "{"],
        [GOOD | {"text": "قتل 28"}, "{"],
        [GOOD | {"url": "y"}, "{"],
        [GOOD, "{{"],
        [GOOD, "{", "{"],
    ],
)
def test_what_was_done_is_bound_to_every_part_of_its_rows(
    tmp_path: Path, changed: list[dict[str, Any] | str]
) -> None:
    path = tmp_path / "in.jsonl"
    (chunk,) = chunks(source(path, GOOD, "{"))
    assert list(Pending(source(path, GOOD, "{"), {0: chunk.digest})) == []
    with pytest.raises(HasilaError, match="not what it was"):
        list(Pending(source(path, *changed), {0: chunk.digest}))


def test_an_input_that_has_become_shorter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HasilaError, match="not what it was"):
        list(Pending(source(tmp_path / "in.jsonl", GOOD), {1: "of rows that are gone"}))


def test_a_chunk_travels(tmp_path: Path) -> None:
    (chunk,) = chunks(source(tmp_path / "in.jsonl", GOOD, "{", {"text": "نص", "n": [None, 1.5]}))
    assert Chunk.from_json(chunk.to_json()) == chunk
    assert (len(chunk.articles), len(chunk.rejected)) == (2, 1)


def test_a_shard_is_read_as_it_was_written_or_not_at_all() -> None:
    records = tuple(json.dumps(GOOD | {"id": f"{n * n}"}) for n in range(9))
    shard = Shard(3, "digest", 77, Counts(articles=9, fields={"id": "str"}), (), records)
    stored = shard.packed()
    assert Shard.unpacked(3, stored) == shard
    for at in range(12, len(stored)):  # after the head of the compressed frame
        damaged = bytearray(stored)
        damaged[at] ^= 1
        with pytest.raises(ValueError, match="damaged"):
            Shard.unpacked(3, bytes(damaged))


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "hasila.json", "model.safetensors"]
)
def test_a_checkpoint_is_all_that_it_computes_with(
    checkpoint: Path, tmp_path: Path, name: str
) -> None:
    files = ("config.json", "tokenizer.json", "hasila.json", "model.safetensors")
    for file in files:
        shutil.copy(checkpoint / file, tmp_path)
    before = checkpoint_digest(tmp_path)
    assert before == checkpoint_digest(checkpoint)
    with (tmp_path / name).open("ab") as stream:
        stream.write(b" ")
    assert checkpoint_digest(tmp_path) != before


def test_the_shards_of_another_run_are_not_taken(checkpoint: Path, tmp_path: Path) -> None:
    file = File(tmp_path / "in.jsonl", "json", "in.jsonl", 5)
    made_of = manifest(checkpoint, [file], Fields())
    with opened(tmp_path / "run", made_of) as journal:
        journal.write(0, Shard(0, "", 0, Counts(), (), ()).packed())
    for other, what in (
        (manifest(checkpoint, [file._replace(size=6)], Fields()), "input"),
        (manifest(checkpoint, [file], Fields("body")), "fields"),
        (made_of | {"model": "0" * 64}, "model"),
    ):
        refused = pytest.raises(HasilaError, match=f"another {what};")
        with refused, opened(tmp_path / "run", other):
            pass
    # As another version of the program left it.
    path = tmp_path / "run" / "manifest.json"
    path.write_text(json.dumps(made_of | {"hasila": "0.0"}), "utf-8")
    with pytest.raises(HasilaError, match="another hasila;"), opened(tmp_path / "run", made_of):
        pass


def test_a_finished_part_that_was_damaged_or_removed_never_goes_missing(
    checkpoint: Path, tmp_path: Path
) -> None:
    made_of = manifest(checkpoint, [], Fields())
    with opened(tmp_path / "run", made_of) as journal:
        for number in range(3):
            journal.write(number, Shard(number, "", 0, Counts(), (), ()).packed())
        assert [shard.number for shard in journal.complete()] == [0, 1, 2]
        second = tmp_path / "run" / "00000001.shard"
        second.write_bytes(second.read_bytes()[:-1])
        assert [shard.number for shard in journal.finished()] == [0, 2]
        for lose in (lambda: None, second.unlink):
            lose()
            with pytest.raises(HasilaError, match=r"number 1\).*give the same command"):
                list(journal.complete())

"""Exactly once: whatever stops a run, the same command ends with the same bytes."""

import json
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import killed_until_done

from hasila.data.errors import HasilaError
from hasila.data.types import Report
from hasila.model import Extractor
from hasila.predict import Fields, Interrupted, Job, Progress, Source, Summary, local_engine, run
from hasila.predict.local import Engine, Shards, ahead
from hasila.predict.shards import ROWS, Pending

ARTICLES = 5 * ROWS + 3


@pytest.fixture(scope="module")
def extractor(checkpoint: Path) -> Extractor:
    return Extractor.load(checkpoint, device="cpu", workers=2)


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory, reports: list[Report]) -> Path:
    """Articles of one to three reports each, some rows broken."""
    path = tmp_path_factory.mktemp("articles") / "in.jsonl"
    chance = random.Random(7)  # noqa: S311
    with path.open("w", encoding="utf-8") as stream:
        for number in range(ARTICLES):
            text = "\n".join(report.text for report in chance.sample(reports, chance.randint(1, 3)))
            record = {"id": f"n{number}", "text": text, "url": "=x", "meta": {"k": [number, None]}}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            if number % 97 == 5:
                stream.write('{"id": 1, "text": broken}\n')
    return path


def go(
    articles: Path, checkpoint: Path, output: Path, engine: Engine, *, strict: bool = False
) -> Summary:
    job = Job(checkpoint, output, strict=strict)
    return run(job, Source([articles]), engine)


@pytest.fixture(scope="module")
def whole(articles: Path, checkpoint: Path, extractor: Extractor) -> bytes:
    """The output of a run nothing happened to."""
    output = articles.with_name("whole.jsonl")
    go(articles, checkpoint, output, local_engine(extractor))
    return output.read_bytes()


class Crash(Exception):  # noqa: N818
    pass


def dying(engine: Engine, after: int) -> Engine:
    """An engine whose process dies after some shards."""

    def run(pending: Pending) -> Shards:
        for done, shard in enumerate(engine(pending)):
            if done == after:
                raise Crash
            yield shard

    return run


def test_articles_are_tagged_as_the_extractor_tags_them(
    whole: bytes, articles: Path, extractor: Extractor
) -> None:
    records = [json.loads(line) for line in whole.decode().splitlines()]
    given = [json.loads(x) for x in articles.read_text("utf-8").splitlines() if "broken" not in x]
    assert [{k: v for k, v in r.items() if k != "spans"} for r in records] == given
    for record, prediction in zip(
        records, extractor.extract([r["text"] for r in records]), strict=True
    ):
        found = [(s["start"], s["end"], s["label"]) for s in record["spans"]]
        assert found == [span.key for span in prediction.spans]
        assert all(s["surface"] == record["text"][s["start"] : s["end"]] for s in record["spans"])
    assert sum(len(record["spans"]) for record in records) > ARTICLES


def test_a_run_counts_what_it_did(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    states: list[Progress] = []
    job = Job(checkpoint, tmp_path / "out.jsonl")
    summary = run(job, Source([articles]), local_engine(extractor), states.append)
    records = [json.loads(line) for line in whole.decode().splitlines()]
    spans = [span for record in records for span in record["spans"]]
    tree = summary.to_dict()
    assert tree["articles"] == ARTICLES
    assert tree["rejected"] == 4
    assert sum(tree["spans"].values()) == len(spans)
    assert tree["mean_confidence"] == pytest.approx(
        sum(span["confidence"] for span in spans) / len(spans), abs=1e-3
    )
    places = [s["surface"] for s in spans if s["label"] == "LOCATION"]
    top, count = tree["most_frequent"]["LOCATION"][0]
    assert count == max(places.count(place) for place in set(places)) == places.count(top)
    assert states[-1].read == states[-1].size == articles.stat().st_size
    assert states[-1].counts.articles == ARTICLES
    quarantine = [json.loads(x) for x in Path(tree["quarantine"]).read_text().splitlines()]
    assert [row["line"] for row in quarantine] == [7, 105, 203, 301]
    assert not job.folder.exists()


@pytest.mark.parametrize("after", [0, 1, 4, 5])
def test_a_run_goes_on_where_it_died(  # noqa: PLR0917
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path, after: int
) -> None:
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)
    with pytest.raises(Crash):
        go(articles, checkpoint, output, dying(engine, after))
    assert not output.exists()
    summary = go(articles, checkpoint, output, engine)
    assert output.read_bytes() == whole
    assert summary.counts.articles == ARTICLES
    assert summary.words_now < summary.counts.words or after == 0


def test_shards_may_come_in_any_order(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    def shuffled(pending: Pending) -> Shards:
        shards = list(local_engine(extractor)(pending))
        random.Random(3).shuffle(shards)  # noqa: S311
        yield from shards

    go(articles, checkpoint, tmp_path / "out.jsonl", shuffled)
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_damaged_shard_is_made_again(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)
    with pytest.raises(Crash):
        go(articles, checkpoint, output, dying(engine, 3))
    shard = tmp_path / "out.jsonl.parts" / "00000001.shard"
    shard.write_bytes(shard.read_bytes()[:-20])
    go(articles, checkpoint, output, engine)
    assert output.read_bytes() == whole


def test_another_model_or_input_is_refused(
    articles: Path, checkpoint: Path, extractor: Extractor, tmp_path: Path
) -> None:
    mine = tmp_path / "in.jsonl"
    mine.write_bytes(articles.read_bytes())
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)
    with pytest.raises(Crash):
        go(mine, checkpoint, output, dying(engine, 2))
    with pytest.raises(HasilaError, match="another fields"):
        run(Job(checkpoint, output, fields=Fields("body")), Source([mine]), engine)
    with pytest.raises(HasilaError, match="another input"):
        go(articles, checkpoint, output, engine)
    # Of the same size, but not the same: seen by the digest of the rows.
    mine.write_bytes(mine.read_bytes().replace("قتل".encode(), "جرح".encode(), 1))
    with pytest.raises(HasilaError, match="not what it was"):
        go(mine, checkpoint, output, engine)
    other = tmp_path / "other"
    other.mkdir()
    for path in checkpoint.iterdir():
        if path.is_file():
            (other / path.name).write_bytes(path.read_bytes())
    (other / "tokenizer.json").write_text("{}")
    with pytest.raises(HasilaError, match="another model"):
        go(mine, other, output, engine)


def test_shards_that_nothing_vouches_for_are_not_used(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)
    with pytest.raises(Crash):
        go(articles, checkpoint, output, dying(engine, 3))
    # As a kill leaves it while the folder is removed: whose shards these are, nobody knows.
    (tmp_path / "out.jsonl.parts" / "manifest.json").unlink()
    summary = go(articles, checkpoint, output, engine)
    assert summary.words_now == summary.counts.words
    assert output.read_bytes() == whole


def test_one_process_at_a_time(
    articles: Path, checkpoint: Path, extractor: Extractor, tmp_path: Path
) -> None:
    def twice(pending: Pending) -> Shards:
        go(articles, checkpoint, tmp_path / "out.jsonl", local_engine(extractor))
        yield from ()

    with pytest.raises(HasilaError, match="another process"):
        go(articles, checkpoint, tmp_path / "out.jsonl", twice)


def test_strict_stops_at_the_first_bad_row(
    articles: Path, checkpoint: Path, extractor: Extractor, tmp_path: Path
) -> None:
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)
    for _ in range(2):  # it also stops when the bad row was met by an earlier run
        with pytest.raises(HasilaError, match=r"in\.jsonl:7: not valid JSON"):
            go(articles, checkpoint, output, engine, strict=True)
    assert not output.exists()


def test_a_full_disk_says_what_to_do(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system")
    try:
        with pytest.raises(HasilaError, match="make room"):
            go(articles, checkpoint, small / "out.jsonl", local_engine(extractor))
        assert list((small / "out.jsonl.parts").glob("*.shard"))
        subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)  # noqa: S607
        go(articles, checkpoint, small / "out.jsonl", local_engine(extractor))
        assert (small / "out.jsonl").read_bytes() == whole
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S607


def test_a_model_may_be_the_one_that_ships(articles: Path, tmp_path: Path) -> None:
    def none(pending: Pending) -> Shards:
        raise Crash

    with pytest.raises(Crash):
        go(articles, Path("shipped"), tmp_path / "out.jsonl", none)
    with pytest.raises(HasilaError, match="no complete checkpoint"):
        go(articles, tmp_path, tmp_path / "out.jsonl", none)


def test_asked_to_stop_it_finishes_what_is_in_hand(
    articles: Path, checkpoint: Path, extractor: Extractor, whole: bytes, tmp_path: Path
) -> None:
    output, engine = tmp_path / "out.jsonl", local_engine(extractor)

    def interrupted(pending: Pending) -> Shards:
        for number, shard in engine(pending):
            if number == 2:
                os.kill(os.getpid(), signal.SIGINT)
            yield number, shard

    with pytest.raises(Interrupted, match="the same command goes on"):
        go(articles, checkpoint, output, interrupted)
    assert len(list((tmp_path / "out.jsonl.parts").glob("*.shard"))) == 3
    go(articles, checkpoint, output, engine)
    assert output.read_bytes() == whole


def test_nothing_but_bad_rows_is_an_error(
    checkpoint: Path, extractor: Extractor, tmp_path: Path
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"body": "x"}\n' * 3)
    with pytest.raises(HasilaError, match=r"no article in 3 rows; the first: .*fields: body"):
        go(path, checkpoint, tmp_path / "out.jsonl", local_engine(extractor))
    path.write_text("")
    go(path, checkpoint, tmp_path / "out.jsonl", local_engine(extractor))
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_reading_ahead_keeps_order_and_errors() -> None:
    def numbers() -> Iterator[int]:
        yield from range(1, 6)
        raise Crash

    taken: list[int] = []
    with pytest.raises(Crash):
        taken.extend(ahead(numbers()))
    assert taken == [1, 2, 3, 4, 5]


def test_killed_at_random_moments_the_output_is_the_same(
    articles: Path, checkpoint: Path, whole: bytes, tmp_path: Path
) -> None:
    """A few kills; `benchmarks/kills.py` makes a hundred."""
    chance = random.Random(11)  # noqa: S311
    kills = sum(
        killed_until_done(checkpoint, articles, tmp_path / f"{run}.jsonl", chance)
        for run in range(2)
    )
    assert kills
    assert all((tmp_path / f"{run}.jsonl").read_bytes() == whole for run in range(2))

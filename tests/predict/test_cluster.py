"""Ray Data gives the local engine's output, also when a machine dies on the way."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.data.jsonl import read_reports
from hasila.data.types import Report
from hasila.model import Extractor
from hasila.predict import Job, Progress, Source, local_engine, run
from hasila.scripts.cli import app

ray = pytest.importorskip("ray")

from ray.cluster_utils import Cluster  # noqa: E402

from hasila.predict.cluster import ray_engine  # noqa: E402 - it needs Ray

ARTICLES = 1500


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Two nodes: the one that reads and writes, and one that can die."""
    monkeypatch.setenv("RAY_worker_niceness", "0")  # else any other work stops its workers
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 0})
    made.add_node(num_cpus=1, num_gpus=0)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def test_two_nodes_of_which_one_dies(
    cluster: Cluster, checkpoint: Path, reports: list[Report], tmp_path: Path
) -> None:
    articles = tmp_path / "in.jsonl"
    with articles.open("w", encoding="utf-8") as stream:
        for number in range(ARTICLES):
            text = "\n".join(report.text for report in reports[number % 20 :][: number % 7 + 1])
            stream.write(json.dumps({"id": number, "text": text}) + "\n")
            if number % 500 == 7:
                stream.write("{broken\n")
    extractor = Extractor.load(checkpoint, device="cpu")
    local = Job(checkpoint, tmp_path / "local.jsonl")
    run(local, Source([articles]), local_engine(extractor))

    died = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.counts.articles and not died.is_set():
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
            died.set()

    job = Job(checkpoint, tmp_path / "ray.jsonl")
    summary = run(job, Source([articles]), ray_engine(checkpoint, workers=2), watch)
    assert died.is_set()
    assert job.output.read_bytes() == local.output.read_bytes()
    assert job.quarantine.read_bytes() == local.quarantine.read_bytes()
    assert summary.counts.articles == ARTICLES


def test_the_shipped_config_asks_for_a_share_of_a_gpu(
    cluster: Cluster, checkpoint: Path, report_files: Path, tmp_path: Path
) -> None:
    articles, output = report_files / "dev.jsonl", tmp_path / "ray.jsonl"
    command = ["predict", str(checkpoint), str(articles), "--config", "ray", "--output"]
    refused = CliRunner().invoke(app, [*command, str(output)])
    assert isinstance(refused.exception, HasilaError)
    assert "the Ray cluster has no GPU" in str(refused.exception)

    cluster.add_node(num_cpus=0, num_gpus=1)  # Ray takes our word that there is one
    done = CliRunner().invoke(app, [*command, str(output)])
    assert done.exit_code == 0, (done.output, done.exception)
    local = tmp_path / "local.jsonl"
    CliRunner().invoke(app, [*command[:3], "--output", str(local)])
    found = [[(s.start, s.end, s.label) for s in r.spans] for r in read_reports(output)]
    assert found == [[(s.start, s.end, s.label) for s in r.spans] for r in read_reports(local)]
    assert any(found)

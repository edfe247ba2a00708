import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForTokenClassification
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.data.jsonl import read_reports, write_reports
from hasila.data.provenance import file_sha256
from hasila.data.types import Report, Span
from hasila.model import Extractor, read_metadata
from hasila.scripts.cli import app
from hasila.train import load_config, train, train_seeds
from hasila.train.callbacks import stopped_early
from hasila.train.config import TrainConfig
from hasila.train.folder import last_complete
from hasila.train.trainer import parameter_groups

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def assert_same_weights(left: Path, right: Path) -> None:
    one, other = weights(left), weights(right)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def command(config: Path, output: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "hasila.scripts.cli", "train", "--config", str(config)),
        *("--set", f"output={output}", *more),
    ]


def kill_once(run: list[str], reached: Callable[[], bool]) -> None:
    """Start a run in a process of its own and kill it the moment it has reached a point."""
    process = subprocess.Popen(run, env=ONE_THREAD, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while not reached():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


class Acting(Console):
    """A screen in whose output certain words make something happen."""

    def __init__(self, acts: dict[str, Callable[[], object]]) -> None:
        self.printed = io.StringIO()
        super().__init__(file=self.printed, force_terminal=True, highlight=False)
        self.acts = acts

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*objects, **options)
        for words, act in self.acts.items():
            if words in str(objects):
                act()


def interrupt() -> None:
    raise KeyboardInterrupt


def evaluations(folder: Path) -> int:
    history = (folder / "history.jsonl").read_text("utf-8").splitlines()
    return sum("eval_strict_f1" in json.loads(line) for line in history)


def test_a_run_leaves_a_complete_checkpoint(checkpoint: Path) -> None:
    metadata = read_metadata(checkpoint)
    assert metadata.scores["dev"]["micro"]["f1"] > 0.8
    assert metadata.provenance["config"]["model"]["window_pieces"] == metadata.window_pieces == 24
    assert 0.05 <= metadata.temperature <= 20
    low, high = metadata.ranges["NUMBER spans in 100 words"]
    assert 0 < low <= high < 100
    assert all(len(sha256) == 64 for sha256 in metadata.provenance["data"].values())
    assert (checkpoint / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert list((checkpoint / "tensorboard").iterdir())
    assert evaluations(checkpoint) == 6
    assert not (checkpoint / "checkpoints").exists()
    modes = {path.stat().st_mode for path in checkpoint.iterdir() if path.is_file()}
    assert len(modes) == 1  # whoever may read one of its files may read all


def test_the_resolved_config_reproduces_the_run(checkpoint: Path, tmp_path: Path) -> None:
    train(load_config(checkpoint / "config.yaml", [f"output={tmp_path / 'again'}"]))
    assert_same_weights(checkpoint, tmp_path / "again")


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    checkpoint: Path, config_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed"
    epochs = output / "checkpoints"
    # While the first epoch is written, then after the second one is complete.
    kill_once(command(config_file, output), lambda: any(epochs.glob("checkpoint-*")))
    second = epochs / "checkpoint-28" / "trainer_state.json"
    kill_once(command(config_file, output, "--resume"), second.exists)
    done = subprocess.run(
        command(config_file, output, "--resume"),
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_same_weights(checkpoint, output)


def test_a_half_written_checkpoint_is_skipped_with_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for step, state in ((8, '{"epoch": 1}'), (16, '{"epo'), (24, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if state is not None:
            (folder / "trainer_state.json").write_text(state, "utf-8")
    assert last_complete(tmp_path, said.append) == tmp_path / "checkpoint-8"
    assert [line.endswith("half-written, skipped") for line in said] == [True, True]


def test_another_process_may_remove_a_half_written_checkpoint_first(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-8").mkdir()
    assert last_complete(tmp_path, lambda _: (tmp_path / "checkpoint-8").rmdir()) is None


def test_a_run_is_bound_to_what_its_files_held(
    config_file: Path, report_files: Path, tmp_path: Path
) -> None:
    texts, output = tmp_path / "texts.jsonl", tmp_path / "[v2]" / "[/x] of a run"
    lines = (report_files / "train.jsonl").read_text("utf-8").splitlines(keepends=True)[:16]

    def write(count: int) -> None:
        texts.write_text("".join(lines[:count]), "utf-8")

    def config(*more: str):
        return load_config(
            config_file,
            [f"output={output}", f"data.train=[{texts}]", "train.epochs=2", *more],
        )

    write(12)
    with pytest.raises(KeyboardInterrupt):
        train(config("train.seed=5"), console=Acting({"epoch 1:": interrupt}))
    write(16)  # nothing was learnt yet that could be bound to anything
    was = file_sha256(texts)
    with pytest.raises(KeyboardInterrupt):
        train(config(), resume=True, console=Acting({"epoch 2:": interrupt}))
    write(15)
    with pytest.raises(HasilaError, match=r"started with other data \(.*texts\.jsonl\)"):
        train(config(), resume=True)
    write(16)
    metadata = train(config(), resume=True, console=Acting({"epoch 2:": texts.unlink}))
    assert metadata.provenance["data"][str(texts)] == was
    with pytest.raises(HasilaError, match=r"texts\.jsonl"):
        train(config(), resume=True)
    write(15)
    with pytest.raises(HasilaError, match="started with other data"):
        train(config(), resume=True)
    write(16)
    screen = Acting({})
    assert train(config(), resume=True, console=screen) == metadata
    assert f"{output}: this run is complete" in screen.printed.getvalue()
    (tmp_path / "config.yaml").write_bytes((output / "config.yaml").read_bytes())
    done = CliRunner().invoke(app, ["train", "--config", f"{tmp_path}/config.yaml", "--resume"])
    assert f"checkpoint: {output}\n" in done.stdout


def test_a_run_is_bound_to_the_encoder_it_began_with(
    config_file: Path, encoder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(encoder, tmp_path / "encoder")
    config = load_config(
        config_file, [f"output={tmp_path / 'run'}", f"model.encoder={copy}", "train.epochs=2"]
    )
    with pytest.raises(KeyboardInterrupt):
        train(config, console=Acting({"epoch 2:": interrupt}))
    weights = copy / "model.safetensors"
    save_file({name: 2 * value for name, value in load_file(weights).items()}, weights)
    with pytest.raises(HasilaError, match=r"started with other data \(.*model\.safetensors\)"):
        train(config, resume=True)
    shutil.copy(encoder / "model.safetensors", weights)
    metadata = train(config, resume=True)
    assert metadata.provenance["data"][str(weights)] == file_sha256(weights)


def test_a_run_that_stops_early_ends_alike_however_often_it_is_interrupted(
    checkpoint: Path, config_file: Path, tmp_path: Path
) -> None:
    config = load_config(config_file, [f"output={tmp_path / 'run'}", "train.patience=1"])
    screen = Acting({"epoch 2:": interrupt})
    with pytest.raises(KeyboardInterrupt):
        train(config, console=screen)
    shown, hidden = (screen.printed.getvalue().rfind(f"\33[?25{what}") for what in "hl")
    assert shown > hidden > 0, "the cursor is gone"
    curve = tmp_path / "run" / "learning_curve.png"
    with pytest.raises(IsADirectoryError):  # it fails when all is learnt and nothing is written
        train(config, resume=True, console=Acting({"epoch 3:": curve.mkdir}))
    curve.rmdir()
    train(config, resume=True)
    assert evaluations(tmp_path / "run") == 3
    # Whose best epoch was the second of six, too.
    assert_same_weights(checkpoint, tmp_path / "run")


def test_a_run_folder_is_never_overwritten(
    checkpoint: Path, config_file: Path, tmp_path: Path
) -> None:
    config = load_config(config_file, [f"output={checkpoint}"])
    with pytest.raises(HasilaError, match="--resume"):
        train(config)
    assert train(config, resume=True) == read_metadata(checkpoint)
    other = load_config(config_file, [f"output={checkpoint}", "train.seed=5"])
    with pytest.raises(HasilaError, match=r"differs in: train\.seed"):
        train(other, resume=True)
    (tmp_path / "thesis.txt").write_text("ten years of work", "utf-8")
    for output in ("", "thesis.txt", "thesis.txt/run/1"):
        with pytest.raises(HasilaError, match=r"is no empty folder|cannot be written"):
            train(load_config(config_file, [f"output={tmp_path / output}"]))


def test_reports_with_errors_are_refused_before_anything_is_written(
    config_file: Path, report_files: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    write_reports(bad, [Report("bad-1", "قتل 27 مدنيا", (Span(4, 5, "NUMBER"),))])
    config = load_config(
        config_file,
        [f"output={tmp_path / 'run'}", f"data.train=[{report_files}/train.jsonl, {bad}]"],
    )
    with pytest.raises(HasilaError, match=r"(?s)off-word-edge.*bad\.jsonl:1.*bad-1"):
        train(config)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("split", ["train", "dev"])
@pytest.mark.parametrize(
    ("texts", "problem"),
    [([], "there are no reports in it"), (["", " \n"], "no report with words")],
)
def test_reports_without_words_are_refused_before_anything_is_written(
    config_file: Path, tmp_path: Path, split: str, texts: list[str], problem: str
) -> None:
    bare = tmp_path / "bare.jsonl"
    write_reports(bare, [Report(f"bare-{index}", text) for index, text in enumerate(texts)])
    config = load_config(config_file, [f"output={tmp_path / 'run'}", f"data.{split}=[{bare}]"])
    with pytest.raises(HasilaError, match=problem) as raised:
        train(config)
    assert str(bare) in str(raised.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.encoder=/nowhere/such/encoder", "cannot be loaded"),
        ("model.window_pieces=63", "at most 62"),
        ("data.train=[nowhere.jsonl]", r"nowhere\.jsonl"),
    ],
)
def test_what_cannot_be_loaded_is_one_clear_error(
    config_file: Path,
    tmp_path: Path,
    override: str,
    message: str,
) -> None:
    with pytest.raises(HasilaError, match=message):
        train(load_config(config_file, [f"output={tmp_path / 'run'}", override]))


def test_a_tagger_that_finds_nothing_is_said_to(
    config_file: Path, reports: list[Report], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.jsonl"
    write_reports(empty, [replace(report, spans=()) for report in reports[:32]])
    config = load_config(
        config_file, [f"output={tmp_path / 'run'}", f"data.train=[{empty}]", "train.epochs=2"]
    )
    said = io.StringIO()
    train(config, console=Console(file=said))
    assert "finds no span" in said.getvalue()


def test_where_nothing_is_to_be_found_finding_nothing_is_no_fault(
    config_file: Path, reports: list[Report], tmp_path: Path
) -> None:
    dev = tmp_path / "dev.jsonl"
    write_reports(dev, [replace(report, spans=()) for report in reports[32:]])
    config = load_config(
        config_file, [f"output={tmp_path / 'run'}", f"data.dev=[{dev}]", "train.epochs=1"]
    )
    said = io.StringIO()
    train(config, console=Console(file=said))
    assert "the dev reports have no spans" in said.getvalue()
    assert "finds no span" not in said.getvalue()


def test_dev_scores_leave_out_what_its_guidelines_leave_out(
    config_file: Path, reports: list[Report], tmp_path: Path
) -> None:
    """As `hasila evaluate` does."""
    path = tmp_path / "dev.jsonl"
    write_reports(
        path,
        [
            replace(
                report,
                spans=tuple(span for span in report.spans if span.label != "NUMBER"),
                meta={"unannotated": ["NUMBER"]},
            )
            for report in reports[32:]
        ],
    )
    config = load_config(config_file, [f"output={tmp_path / 'run'}", f"data.dev=[{path}]"])
    scores = train(config).scores["dev"]
    found = Extractor.load(tmp_path / "run").extract([report.text for report in reports[32:]])
    assert any(span.label == "NUMBER" for prediction in found for span in prediction.spans)
    assert "NUMBER" not in scores["labels"] or scores["labels"]["NUMBER"]["predicted"] == 0
    assert scores["micro"]["f1"] > 0.6


def test_early_stopping_looks_at_the_log_alone() -> None:
    def log(*scores: float) -> list[dict[str, float]]:
        return [{"loss": 1.0}, *({"eval_strict_f1": score} for score in scores)]

    assert not stopped_early(log(0.1, 0.2, 0.3), patience=1)
    assert stopped_early(log(0.1, 0.3, 0.3), patience=1)
    assert not stopped_early(log(0.3, 0.2), patience=2)
    assert stopped_early(log(0.3, 0.2, 0.1), patience=2)
    assert not stopped_early(log(0.3, 0.2, 0.1), patience=0)
    assert not stopped_early([], patience=1)


def test_each_seed_is_a_run_of_its_own(config_file: Path, tmp_path: Path) -> None:
    config = load_config(config_file, [f"output={tmp_path}", "train.epochs=1"])
    found = train_seeds(config, [0, 1])
    assert found.keys() == {0, 1}
    assert read_metadata(tmp_path / "seed-1").provenance["config"]["train"]["seed"] == 1
    assert not torch.equal(
        weights(tmp_path / "seed-0")["classifier.weight"],
        weights(tmp_path / "seed-1")["classifier.weight"],
    )
    assert train_seeds(config, [0, 1], resume=True) == found
    with pytest.raises(HasilaError, match=r"seed -1: .*\n.*train\.seed"):
        train_seeds(config, [2, -1])
    assert not (tmp_path / "seed-2").exists()


def test_layers_learn_at_rates_that_fall_towards_the_embeddings() -> None:
    model = BertForTokenClassification(
        BertConfig(num_hidden_layers=3, hidden_size=8, num_attention_heads=2, vocab_size=50)
    )
    settings = TrainConfig(
        learning_rate=1e-3, head_learning_rate=1e-2, layer_decay=0.5, weight_decay=0.1
    )
    groups = parameter_groups(model, settings)
    rate = {id(value): group["lr"] for group in groups for value in group["params"]}
    decay = {id(value): group["weight_decay"] for group in groups for value in group["params"]}
    layers = model.bert.encoder.layer
    assert rate[id(model.classifier.weight)] == 1e-2
    assert [rate[id(layer.attention.self.query.weight)] for layer in layers] == pytest.approx(
        [2.5e-4, 5e-4, 1e-3]
    )
    assert rate[id(model.bert.embeddings.word_embeddings.weight)] == pytest.approx(1.25e-4)
    assert decay[id(layers[0].attention.self.query.weight)] == 0.1
    assert decay[id(layers[0].attention.self.query.bias)] == 0
    assert decay[id(layers[0].output.LayerNorm.weight)] == 0
    assert len(rate) == len(list(model.parameters()))


def test_frozen_embeddings_stay_those_of_the_encoder(
    encoder: Path, config_file: Path, tmp_path: Path
) -> None:
    one_epoch = ["train.epochs=1", "train.freeze_embeddings=true", f"output={tmp_path / 'run'}"]
    train(load_config(config_file, one_epoch))
    before, after = weights(encoder), weights(tmp_path / "run")
    moved = {name for name in before if not torch.equal(before[name], after[f"bert.{name}"])}
    assert {"embeddings.word_embeddings.weight"} == before.keys() - moved


def test_two_processes_train_one_model(
    config_file: Path, report_files: Path, tmp_path: Path
) -> None:
    output = tmp_path / "two"
    launched = subprocess.run(
        [
            # Without MPI, accelerate starts several CPU processes only as it starts GPU ones.
            *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"),
            *("--num_processes", "2", "--main_process_port", "0"),
            *("-m", "hasila.scripts.cli", "train"),
            *("--config", str(config_file), "--set", f"output={output}"),
            *("--set", "train.batch_size=2"),
        ],
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert launched.returncode == 0, launched.stderr
    assert launched.stdout.count("strict dev F1") == launched.stdout.count("checkpoint:") == 1
    assert read_metadata(output).scores["dev"]["micro"]["f1"] > 0.6
    history = (output / "history.jsonl").read_text("utf-8").splitlines()
    assert json.loads(history[-1])["step"] == 6 * 14  # 56 windows, 2 a process and step, 6 epochs
    dev = list(read_reports(report_files / "dev.jsonl"))
    assert any(p.spans for p in Extractor.load(output).extract([r.text for r in dev]))

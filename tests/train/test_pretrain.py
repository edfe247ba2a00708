import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer
from typer.testing import CliRunner

from hasila.data.errors import HasilaError
from hasila.scripts.cli import app
from hasila.train import load_config, load_pretrain_config, pack, packing_encoder, pretrain, train
from hasila.train.blocks import split
from hasila.train.packing import PackedCorpus, vocabulary_sha256
from hasila.train.pretraining import RESULT

ROOT = Path(__file__).parents[2]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """The config of a short run; its dropout must come back when it is resumed."""
    path = tmp_path_factory.mktemp("pretrain") / "tiny.yaml"
    path.write_text(
        f"""
output: unset
data: {{block: 32, heldout_every: 8}}
model: {{encoder: "{encoder}", dropout: 0.1}}
train: {{epochs: 40, batch_size: 2, accumulate: 2, learning_rate: 5e-3, checkpoint_every: 5000}}
""",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory, tiny: Path, corpus_file: Path) -> Path:
    output = tmp_path_factory.mktemp("run") / "encoder"
    pretrain(load_pretrain_config(tiny, [f"output={output}"]), [corpus_file])
    return output


SHORT = ["train.epochs=6", "train.checkpoint_every=1200"]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, tiny: Path, corpus_file: Path) -> Path:
    """What others must end like: a short run, uninterrupted, from texts."""
    output = tmp_path_factory.mktemp("run") / "short"
    pretrain(load_pretrain_config(tiny, [f"output={output}", *SHORT]), [corpus_file])
    return output


def assert_same_weights(left: Path, right: Path) -> None:
    one, other = (load_file(folder / "model.safetensors") for folder in (left, right))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_encoder_learns_from_context(
    pretrained: Path, encoder: Path, corpus_file: Path, tmp_path: Path
) -> None:
    packer = packing_encoder(str(encoder))
    pack([corpus_file], packer, tmp_path / "corpus.safetensors")
    corpus = PackedCorpus(tmp_path / "corpus.safetensors", vocabulary_sha256(packer.tokenizer))
    train, held = (
        np.concatenate([corpus.read(*corpus.bounds[list(run)])[0] for run in runs])
        for runs in split(corpus, 8)
    )
    counts = np.bincount(train, minlength=len(packer.tokenizer)) + 1
    of_frequency = -np.log(counts / counts.sum())[held].mean()
    result = json.loads((pretrained / RESULT).read_text("utf-8"))
    assert result["heldout"]["before"]["loss"] > of_frequency
    assert result["heldout"]["after"]["loss"] < of_frequency - 0.5


def test_a_result_says_what_the_run_was(pretrained: Path) -> None:
    result = json.loads((pretrained / RESULT).read_text("utf-8"))
    assert result["pieces_per_second"] > 0
    assert result["corpus"].startswith("40 documents")
    assert result["provenance"]["config"]["train"]["epochs"] == 40


def test_the_log_of_a_run_adds_up(pretrained: Path) -> None:
    result = json.loads((pretrained / RESULT).read_text("utf-8"))
    lines = (pretrained / "history.jsonl").read_text("utf-8").splitlines()
    history = [json.loads(line) for line in lines]
    heldout = [entry["heldout_loss"] for entry in history if "heldout_loss" in entry]
    assert len(heldout) > 3
    assert [heldout[0], heldout[-1]] == [
        result["heldout"][when]["loss"] for when in ("before", "after")
    ]
    rates = [entry["learning_rate"] for entry in history if "loss" in entry]
    assert max(rates) == 5e-3
    assert rates[-1] < 1e-3
    assert history[-1]["pieces"] == result["pieces"]


def test_the_result_is_a_plain_encoder(
    pretrained: Path, encoder: Path, config_file: Path, tmp_path: Path
) -> None:
    assert {path.name for path in pretrained.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        *("config.yaml", "data.json", "history.jsonl", RESULT),
    }
    modes = {path.stat().st_mode for path in pretrained.glob("*.*")}
    assert len(modes) == 1, "some files are for their owner alone"
    text = "قتل 27 من قسد"
    was, is_ = (AutoTokenizer.from_pretrained(folder) for folder in (encoder, pretrained))
    assert was(text)["input_ids"] == is_(text)["input_ids"]
    _, loading = AutoModelForMaskedLM.from_pretrained(pretrained, output_loading_info=True)
    assert not any(loading.values())
    overrides = [f"model.encoder={pretrained}", f"output={tmp_path / 'tagger'}", "train.epochs=1"]
    metadata = train(load_config(config_file, overrides))
    assert metadata.provenance["config"]["model"]["encoder"] == str(pretrained)


def command(texts: Path, config: Path, output: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "hasila.scripts.cli", "pretrain", str(texts)),
        *("--config", str(config), "--set", f"output={output}", *more),
        *(word for override in SHORT for word in ("--set", override)),
    ]


def kill_at(run: list[str], sign: Path) -> None:
    """Start a run in a process of its own and kill it once a file is there."""
    process = subprocess.Popen(run, env=ONE_THREAD, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while not sign.exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    short: Path, tiny: Path, corpus_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed"
    checkpoint = output / "checkpoints" / "checkpoint-10"
    kill_at(command(corpus_file, tiny, output), checkpoint / "trainer_state.json")
    assert not (output / RESULT).exists()
    other = tmp_path / "other.txt"
    other.write_text(corpus_file.read_text("utf-8") + "خبر آخر\n", "utf-8")
    with pytest.raises(HasilaError, match=r"started with other data \(.*other\.txt\)"):
        pretrain(load_pretrain_config(tiny, [f"output={output}", *SHORT]), [other], resume=True)
    done = subprocess.run(
        command(corpus_file, tiny, output, "--resume"),
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"held-out perplexity [\d.,]+ before, [\d.,]+ after", done.stdout)
    steps = [int(n) for n in re.findall(r"^step (\d+) of", done.stderr, re.MULTILINE)]
    assert steps[0] > 10, "it began anew"
    assert_same_weights(short, output)


def test_a_packed_corpus_trains_as_its_texts_do(
    short: Path, tiny: Path, encoder: Path, corpus_file: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "corpus.safetensors"
    arguments = ["pack", str(corpus_file), "--output", str(packed), "--encoder", str(encoder)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "40 documents" in done.stdout
    pretrain(load_pretrain_config(tiny, [f"output={tmp_path / 'run'}", *SHORT]), [packed])
    assert_same_weights(short, tmp_path / "run")
    assert packed.exists()


def test_a_run_is_as_long_as_asked_and_done_once(
    tiny: Path, corpus_file: Path, tmp_path: Path
) -> None:
    config = load_pretrain_config(
        tiny, [f"output={tmp_path / 'run'}", "train.epochs=null", "train.pieces=3000"]
    )
    result = pretrain(config, [corpus_file])
    assert result["pieces"] == pytest.approx(3000, rel=0.1)
    written = (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns
    assert pretrain(config, [corpus_file], resume=True) == result
    assert (tmp_path / "run" / "model.safetensors").stat().st_mtime_ns == written
    moved, other = tmp_path / "moved.txt", tmp_path / "other.txt"
    shutil.copy(corpus_file, moved)
    assert pretrain(config, [moved], resume=True) == result
    other.write_text("خبر آخر\n", "utf-8")
    for files in ([other], [moved, other], [moved, moved]):
        with pytest.raises(HasilaError, match="started with other data"):
            pretrain(config, files, resume=True)


def test_a_corpus_too_small_binds_a_run_to_nothing(
    tiny: Path, corpus_file: Path, tmp_path: Path
) -> None:
    def config(*more: str):
        length = ["train.epochs=null", "train.pieces=500"]
        return load_pretrain_config(tiny, [f"output={tmp_path / 'run'}", *length, *more])

    with pytest.raises(HasilaError, match=r"set data\.heldout_every lower and .* --resume"):
        pretrain(config("data.heldout_every=41"), [corpus_file])
    assert pretrain(config("data.heldout_every=40"), [corpus_file], resume=True)["pieces"]


def test_a_damaged_encoder_stops_the_run(
    tiny: Path, encoder: Path, corpus_file: Path, tmp_path: Path
) -> None:
    damaged = shutil.copytree(encoder, tmp_path / "damaged")
    weights = load_file(damaged / "model.safetensors")
    weights["embeddings.LayerNorm.weight"].fill_(torch.nan)
    save_file(weights, damaged / "model.safetensors", metadata={"format": "pt"})
    overrides = [f"output={tmp_path / 'run'}", f"model.encoder={damaged}"]
    with pytest.raises(HasilaError, match="the loss is nan"):
        pretrain(load_pretrain_config(tiny, overrides), [corpus_file])


def test_a_missing_text_leaves_no_run_behind(tiny: Path, tmp_path: Path) -> None:
    config = load_pretrain_config(tiny, [f"output={tmp_path / 'run'}"])
    for name in ("none.txt", "none.safetensors", "none.txt.zst"):
        with pytest.raises(HasilaError, match=name):
            pretrain(config, [tmp_path / name])
    assert not (tmp_path / "run").exists()


def test_a_block_must_fit_the_encoder(tiny: Path, corpus_file: Path, tmp_path: Path) -> None:
    config = load_pretrain_config(tiny, [f"output={tmp_path / 'run'}", "data.block=65"])
    with pytest.raises(HasilaError, match=r"data\.block 65 .* at most 64"):
        pretrain(config, [corpus_file])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("train.pieces=100", "give either pieces or epochs"),
        ("train.epochs=null", "give either pieces or epochs"),
        ("train.decay=0.99", r"warmup 0\.05 and decay 0\.99 are more than the whole run"),
        ("train.heldout_every=5", r"no such key; did you mean data\.heldout_every\?"),
        ("train.mask=1", r"train\.mask: should be less than 1"),
    ],
)
def test_a_config_that_cannot_be_is_refused(tiny: Path, override: str, problem: str) -> None:
    with pytest.raises(HasilaError, match=problem):
        load_pretrain_config(tiny, [override])


@pytest.mark.parametrize("path", sorted((ROOT / "configs/pretrain").glob("*.yaml")))
def test_shipped_configs_load_by_path_and_by_name(path: Path) -> None:
    assert load_pretrain_config(path) == load_pretrain_config(path.stem)


def test_the_name_of_no_shipped_config_lists_them() -> None:
    with pytest.raises(HasilaError, match="name a file, or one of cpu, gpu"):
        load_pretrain_config("tpu")

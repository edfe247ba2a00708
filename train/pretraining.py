"""Continued pre-training: an encoder reads raw text of the field before it learns to tag.

A run is a pure function of its config and its corpus: which blocks a step reads and which words it
masks depend on the seed and the step's number alone. So a checkpoint is the weights, the
optimizer's moments and a step's number, and an interrupted run ends with the same weights as one
that was not (on a GPU up to the order in which it adds).
"""

import hashlib
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.trainer_utils import set_seed

from ..data.errors import HasilaError
from ..data.files import atomic_text
from ..data.pieces import Encoder
from ..model.checkpoint import save_model
from ..model.hardware import keep_freed_memory
from .blocks import Blocks, split
from .folder import begin_run, plain, resume_point
from .learner import Learner, Progress
from .masked_lm import load_masked_lm
from .masking import WordMasker
from .packing import PackedCorpus, pack, packing_encoder, vocabulary_sha256
from .pretrain_config import PretrainConfig
from .provenance import Hashes, encoder_weights, hashes, provenance

RESULT = "pretraining.json"
"""What a run wrote last: it marks the folder as complete."""


def pretrain(
    config: PretrainConfig,
    files: Sequence[Path],
    *,
    resume: bool = False,
    console: Console | None = None,
) -> dict[str, Any]:
    """Pre-train an encoder on texts and leave it in ``config.output``, to train taggers from.

    Args:
        config: of the run.
        files: texts or packed corpora, see `hasila.train.packing.pack`.
        resume: go on from the last checkpoint of an interrupted run of the same config over files
            that hold the same.
        console: where progress is printed; stderr if not given.

    Returns:
        ``heldout`` (loss in nats and perplexity, before and after), ``pieces``, ``seconds``,
        ``pieces_per_second``, ``corpus``, ``provenance``; also written to `RESULT`.

    Raises:
        HasilaError: a file or the encoder cannot be read, the corpus is too small, or the run
            folder holds another run.
    """
    console = console or Console(stderr=True)
    say = plain(console)
    output = Path(config.output).resolve()
    data = hashes([*files, *encoder_weights(config.model.encoder)])
    last = resume_point(output, config, data, RESULT, resume=resume, say=say)
    if (output / RESULT).exists():
        say(f"{output}: this run is complete, nothing to resume")
        return cast("dict[str, Any]", json.loads((output / RESULT).read_text("utf-8")))
    keep_freed_memory()
    set_seed(config.train.seed)
    encoder = packing_encoder(config.model.encoder, config.model.revision)
    tokenizer = encoder.tokenizer
    model = load_masked_lm(config.model, last)
    _require_width(config.data.block, model, tokenizer)
    begin_run(output, config, data)
    corpus = _corpus(files, data, encoder, output)
    say(f"corpus: {corpus.describe()}")
    train, heldout = split(corpus, config.data.heldout_every)
    learner = Learner(
        config,
        model,
        WordMasker(tokenizer, config.train.mask),
        Blocks(corpus, train, encoder, config.data.block),
        Blocks(corpus, heldout, encoder, config.data.block),
    )
    done = learner.run(output / "checkpoints", last, say)
    with atomic_text(output / "history.jsonl") as stream:
        stream.writelines(json.dumps(entry) + "\n" for entry in done.history)
    save_model(output, model, tokenizer)
    result = _summary(done) | {
        "corpus": corpus.describe(),
        "provenance": provenance(config.model_dump(mode="json"), data),
    }
    with atomic_text(output / RESULT) as stream:
        stream.write(json.dumps(result, indent=2) + "\n")
    shutil.rmtree(output / "checkpoints")
    for packed in output.glob("corpus-*.safetensors"):
        packed.unlink()
    return result


def _corpus(files: Sequence[Path], data: Hashes, encoder: Encoder, output: Path) -> PackedCorpus:
    """One packed corpus as it is; anything else packed once into the run folder."""
    vocabulary = vocabulary_sha256(encoder.tokenizer)
    if len(files) == 1 and files[0].suffix == ".safetensors":
        return PackedCorpus(files[0], vocabulary)
    parts = "".join([vocabulary, *(sha256 for _, sha256 in data)])
    packed = output / f"corpus-{hashlib.sha256(parts.encode()).hexdigest()[:16]}.safetensors"
    if not packed.exists():
        pack(files, encoder, packed)
    return PackedCorpus(packed, vocabulary)


def _require_width(width: int, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    longest = min(model.config.max_position_embeddings, tokenizer.model_max_length)
    if width > longest:
        raise HasilaError(f"data.block {width} is more than the encoder reads: at most {longest}")


def _summary(done: Progress) -> dict[str, Any]:
    losses = [entry["heldout_loss"] for entry in done.history if "heldout_loss" in entry]
    return {
        "heldout": {
            when: {"loss": loss, "perplexity": math.exp(loss)}
            for when, loss in (("before", losses[0]), ("after", losses[-1]))
        },
        "pieces": done.pieces,
        "seconds": round(done.seconds, 1),
        "pieces_per_second": round(done.pieces / done.seconds),
    }

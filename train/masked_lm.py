"""A masked language model over any BERT- or RoBERTa-like encoder, and its state on disk."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForMaskedLM, PreTrainedModel

from ..data.errors import HasilaError
from ..model.checkpoint import ENCODERS, encoder_path, load_body, loading
from ..model.hardware import attention_for, best_device
from ..model.int8 import QUANTIZED, load_quantized
from .pretrain_config import PretrainModelConfig

_HEADS = ("cls", "lm_head")  # what BERT and RoBERTa call the part behind the encoder
NO_TARGET = -100
_STATE = "trainer_state.json"  # by this name `last_complete` knows a whole checkpoint


class Batch(NamedTuple):
    """What one pass reads.

    Attributes:
        ids: (rows, width) pieces, some masked.
        attention: (rows, width) 1 where there is a piece, 0 on padding.
        positions: (targets,) where in the flattened rows a piece is asked for.
        targets: (targets,) the pieces to find there, `NO_TARGET` where none is.
        asked: targets that are one.
        pieces: pieces read, padding not counted.
    """

    ids: Tensor
    attention: Tensor
    positions: Tensor
    targets: Tensor
    asked: int
    pieces: int


def load_masked_lm(config: PretrainModelConfig, checkpoint: Path | None = None) -> PreTrainedModel:
    """The encoder in fp32 with a language-model head tied to its embeddings.

    An encoder without such a head gets a new one. With a ``checkpoint``, its weights are taken.

    Raises:
        HasilaError: it cannot be loaded, or is of no kind that is understood.
    """
    name = checkpoint or encoder_path(config.encoder)
    with loading(f"encoder {config.encoder!r}", ENCODERS):
        shape = AutoConfig.from_pretrained(name, revision=config.revision)
        shape.hidden_dropout_prob = config.dropout
        shape.attention_probs_dropout_prob = config.attention_dropout
        computed: dict[str, Any] = {
            "dtype": torch.float32,
            "attn_implementation": attention_for(best_device()),
        }
        model: PreTrainedModel
        if (Path(name) / QUANTIZED).exists():
            model = AutoModelForMaskedLM.from_config(shape, **computed)  # type: ignore[no-untyped-call]
            load_body(model, load_quantized(Path(name)))
        else:
            model = AutoModelForMaskedLM.from_pretrained(
                name, config=shape, revision=config.revision, use_safetensors=True, **computed
            )
    if not any(hasattr(model, name) for name in _HEADS):
        raise HasilaError(
            f"encoder {config.encoder!r}: {type(model).__name__} is neither BERT- nor RoBERTa-like"
        )
    return model


def masked_logits(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Scores of all pieces at the masked positions alone: (targets, vocabulary).

    The vocabulary is the model's widest matrix; to multiply four rows in five by it only to throw
    them away would cost more than several layers.
    """
    hidden = model.base_model(input_ids=batch.ids, attention_mask=batch.attention)
    chosen = hidden.last_hidden_state.flatten(0, 1)[batch.positions]
    head: nn.Module = next(getattr(model, name) for name in _HEADS if hasattr(model, name))
    logits: Tensor = head(chosen)
    return logits


def summed_loss(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Cross-entropy over the targets of a batch, in nats, added up: ()."""
    logits = masked_logits(model, batch).float()
    return nn.functional.cross_entropy(
        logits, batch.targets, ignore_index=NO_TARGET, reduction="sum"
    )


def save_state(
    folder: Path, model: PreTrainedModel, optimizer: torch.optim.Optimizer, state: dict[str, Any]
) -> None:
    """Write a checkpoint to go on from; its last file makes it whole. Older ones beside it go."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    moments = {
        f"{index}.{name}": value
        for index, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }
    save_file(moments, folder / "optimizer.safetensors")
    partial = folder / f"{_STATE}.partial"
    partial.write_text(json.dumps(state), "utf-8")
    partial.replace(folder / _STATE)
    for older in folder.parent.glob("checkpoint-*"):
        if older != folder:
            shutil.rmtree(older)


def load_state(folder: Path, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a checkpoint's moments in place; returns what else was saved with them."""
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in load_file(folder / "optimizer.safetensors").items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    state: dict[str, Any] = json.loads((folder / _STATE).read_text("utf-8"))
    return state

"""What training starts from: an encoder with a head for our tags."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ..data.errors import HasilaError
from ..model.checkpoint import ENCODERS, encoder_path, load_body, loading
from ..model.hardware import attention_for, best_device
from ..model.int8 import QUANTIZED, load_quantized
from ..model.labels import LabelSet
from .config import ModelConfig


def load_tagger(
    config: ModelConfig, labels: LabelSet
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The encoder in fp32, with a new head unless it has one for these labels, and its tokenizer.

    Raises:
        HasilaError: it cannot be loaded.
    """
    name, revision = encoder_path(config.encoder), config.revision
    computed: dict[str, Any] = {
        "dtype": torch.float32,
        "attn_implementation": attention_for(best_device()),
    }
    wanted: dict[str, Any] = {
        "num_labels": len(labels.tags),
        "id2label": dict(enumerate(labels.tags)),
        "label2id": {tag: index for index, tag in enumerate(labels.tags)},
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": config.attention_dropout,
    }
    with loading(f"encoder {config.encoder!r}", ENCODERS):
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision)
        given = AutoConfig.from_pretrained(name, revision=revision)
        heads = [kind for kind in given.architectures or () if kind.endswith("Classification")]
        other = bool(heads) and given.id2label != wanted["id2label"]
        quantized = (Path(name) / QUANTIZED).exists()
        loads: dict[str, Any] = {"revision": revision, "use_safetensors": True, **computed}
        if not quantized and not other:
            model = AutoModelForTokenClassification.from_pretrained(name, **loads, **wanted)
            return model, tokenizer
        if quantized:
            weights = load_quantized(Path(name))
        else:
            whole = AutoModelForTokenClassification.from_pretrained(name, **loads)
            weights = whole.state_dict()
        shape = AutoConfig.from_pretrained(name, revision=revision, **wanted)
        model = AutoModelForTokenClassification.from_config(shape, **computed)  # type: ignore[no-untyped-call]
        if heads and not other:
            model.load_state_dict(weights)
        else:
            load_body(model, weights)
    return model, tokenizer


def window_limit(pieces: int, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """Pieces a window may hold, checked against what the encoder can read.

    Raises:
        HasilaError: it cannot read as many.
    """
    positions = min(
        getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length,
        tokenizer.model_max_length,
    )
    special = tokenizer.num_special_tokens_to_add()
    if pieces + special > positions:
        raise HasilaError(
            f"model.window_pieces {pieces} is more than the encoder reads: "
            f"at most {positions - special}"
        )
    return pieces

"""Checkpoints: a plain Hugging Face token-classification folder plus ``hasila.json``.

``hasila.json`` is written last and all at once, so it is also the mark that the folder is complete.
Weights are safetensors, and code from a checkpoint is never run.
"""

from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ..data.errors import HasilaError
from ..data.files import atomic_text

METADATA = "hasila.json"
SHIPPED_ENCODER = Path(__file__).parent / "encoder"


class Metadata(BaseModel, extra="forbid"):
    """What `METADATA` says of a checkpoint.

    Attributes:
        window_pieces: pieces a window holds, special pieces not counted.
        stride: pieces overlapping windows share.
        temperature: what the log-odds of a span are divided by to make them its confidence.
        provenance: resolved config, data hashes, versions, seed.
        scores: scores on the development reports.
        ranges: the usual low and high of what `model.ranges` watches, on the development reports.
    """

    window_pieces: int
    stride: int
    temperature: float = 1.0
    provenance: dict[str, Any] = Field(default_factory=dict)
    scores: dict[str, Any] = Field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)


def encoder_path(name: str) -> str:
    """Where to load an encoder from: ``shipped``, a local folder, or a name on the hub."""
    return str(SHIPPED_ENCODER) if name == "shipped" else name


def save_checkpoint(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    metadata: Metadata,
) -> None:
    """Write a checkpoint; until the last moment the folder does not count as one."""
    (folder / METADATA).unlink(missing_ok=True)
    save_model(folder, model, tokenizer)
    with atomic_text(folder / METADATA) as stream:
        stream.write(metadata.model_dump_json(indent=2) + "\n")


def save_model(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Write a plain Hugging Face folder that whoever may read its config may read."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):  # written for their owner's eyes alone
        weights.chmod((folder / "config.json").stat().st_mode)


def read_metadata(folder: Path) -> Metadata:
    """The metadata of a complete checkpoint.

    Raises:
        HasilaError: there is no checkpoint, or it is not complete.
    """
    try:
        return Metadata.model_validate_json((folder / METADATA).read_bytes())
    except FileNotFoundError:
        raise HasilaError(
            f"{folder}: no complete checkpoint ({METADATA} is missing); "
            f"train one with `hasila train`, or finish an interrupted run with --resume"
        ) from None
    except (OSError, ValidationError) as error:
        raise HasilaError(f"{folder / METADATA}: cannot be read: {error}") from error


def load_checkpoint(
    folder: Path, *, dtype: torch.dtype, attention: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Metadata]:
    """Model, tokenizer and metadata of a complete checkpoint.

    Raises:
        HasilaError: it is missing, incomplete or damaged.
    """
    metadata = read_metadata(folder)
    try:
        model = AutoModelForTokenClassification.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise HasilaError(f"{folder}: the checkpoint cannot be loaded: {error}") from error
    return model, tokenizer, metadata

"""Checkpoints: a plain Hugging Face token-classification folder plus ``hasila.json``.

Its weights are ``model.safetensors``, or a quarter of that as `QUANTIZED`.

``hasila.json`` is written last and all at once, so it is also the mark that the folder is complete.
Weights are safetensors, and code from a checkpoint is never run.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field, ValidationError
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.initialization import no_init_weights

from ..data.errors import HasilaError
from ..data.files import atomic_text, require_folder
from .int8 import QUANTIZED, load_quantized

METADATA = "hasila.json"
SHIPPED = "shipped"
"""The name of what ships, where a folder is asked for."""
SHIPPED_ENCODER = Path(__file__).parent / "encoder"
SHIPPED_TAGGER = Path(__file__).parent / "tagger"
ENCODERS = (
    "name a hub model, a folder with config.json, model.safetensors and tokenizer.json, "
    "`shipped` or `shipped-tagger`"
)
"""What an encoder can be, for those who named something else."""


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
    """Where to load an encoder from: one that ships, a local folder, or a name on the hub.

    Raises:
        HasilaError: there is something of that name here, and no encoder in it.
    """
    shipped = {SHIPPED: SHIPPED_ENCODER, "shipped-tagger": SHIPPED_TAGGER}
    path = str(shipped.get(name, name))
    if Path(path).exists() and not any(Path(path).glob("*.json")):
        raise HasilaError(f"encoder {name!r}: there is none in it; {ENCODERS}")
    return path


def checkpoint_path(name: str | Path) -> Path:
    """The folder of a checkpoint: the one given, or that of the tagger that ships."""
    return SHIPPED_TAGGER if str(name) == SHIPPED else Path(name)


def is_checkpoint(folder: Path) -> bool:
    """Whether a path is meant as a checkpoint, be it complete or not."""
    return any((folder / name).exists() for name in (METADATA, "config.json", "config.yaml"))


def weights_path(folder: Path) -> Path:
    """The file that holds a checkpoint's weights."""
    quantized = folder / QUANTIZED
    return quantized if quantized.exists() else folder / "model.safetensors"


def save_checkpoint(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    metadata: Metadata,
) -> None:
    """Write a checkpoint; until the last moment the folder does not count as one."""
    (folder / METADATA).unlink(missing_ok=True)
    save_model(folder, model, tokenizer)
    complete(folder, metadata)


def complete(folder: Path, metadata: Metadata) -> None:
    """Write `METADATA`: from now on the folder is a checkpoint."""
    with atomic_text(folder / METADATA) as stream:
        stream.write(metadata.model_dump_json(indent=2) + "\n")


def save_model(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Write a plain Hugging Face folder that whoever may read its config may read."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    make_readable(folder)


def make_readable(folder: Path) -> None:
    """Let whoever may read a folder's config read its weights too."""
    for weights in folder.glob("*.safetensors"):  # written for their owner's eyes alone
        weights.chmod((folder / "config.json").stat().st_mode)


def require_empty(folder: Path) -> None:
    """Refuse to write into a folder that is none, or that holds something.

    Raises:
        HasilaError: it is a file or not empty, or can never be there.
    """
    require_folder(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HasilaError(f"{folder}: is no empty folder; choose another")


@contextmanager
def loading(what: str, advice: str = "") -> Iterator[None]:
    """Make one clear error of what libraries raise while they load something.

    Damaged files lead them to raise anything: SafetensorError, KeyError, TypeError, bare Exception.

    Raises:
        HasilaError: ``what`` cannot be loaded.
    """
    try:
        yield
    except HasilaError:
        raise
    except Exception as error:
        found = f"{what} cannot be loaded: {type(error).__name__}: {error}"
        raise HasilaError(f"{found}\n{advice}".rstrip()) from error


def read_metadata(folder: Path) -> Metadata:
    """The metadata of a complete checkpoint.

    Raises:
        HasilaError: there is no checkpoint, or it is not complete.
    """
    try:
        return Metadata.model_validate_json((folder / METADATA).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise HasilaError(
            f"{folder}: no complete checkpoint ({METADATA} is missing); "
            f"train one with `hasila train`, or finish an interrupted run with --resume"
        ) from None
    except (OSError, ValidationError) as error:
        raise HasilaError(f"{folder / METADATA}: cannot be read: {error}") from error


def load_body(model: PreTrainedModel, weights: Mapping[str, Tensor]) -> None:
    """Give a model the encoder that some weights hold, whatever head they have; its own stays.

    Raises:
        RuntimeError: weights of the encoder are missing, or of other shapes.
    """
    body = f"{model.base_model_prefix}."
    model.base_model.load_state_dict(
        {n.removeprefix(body): value for n, value in weights.items() if n.startswith(body)}
    )


def load_checkpoint(
    folder: Path, *, dtype: torch.dtype, attention: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, Metadata]:
    """Model, tokenizer and metadata of a complete checkpoint.

    Raises:
        HasilaError: it is missing, incomplete or damaged.
    """
    metadata = read_metadata(folder)
    with loading(f"{folder}: the checkpoint"):
        if weights_path(folder).name == QUANTIZED:
            with no_init_weights():  # they would all be random numbers that nobody reads
                model = AutoModelForTokenClassification.from_config(  # type: ignore[no-untyped-call]
                    AutoConfig.from_pretrained(folder, local_files_only=True),
                    dtype=dtype,
                    attn_implementation=attention,
                ).eval()
            model.load_state_dict(load_quantized(folder))
        else:
            model = AutoModelForTokenClassification.from_pretrained(
                folder,
                dtype=dtype,
                attn_implementation=attention,
                use_safetensors=True,
                local_files_only=True,
            )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return model, tokenizer, metadata

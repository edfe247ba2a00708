"""The config of a training run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..data.config import SHIPPED_CONFIGS, Fraction, Number, Rate, Section, read_config


class DataConfig(Section):
    """Where the reports are: files, or ``shipped`` for those inside the package."""

    train: list[str] = Field(default=["shipped"], min_length=1)
    dev: list[str] = Field(default=["shipped"], min_length=1)


class ModelConfig(Section):
    """The encoder and how text is laid before it."""

    encoder: str = "shipped"
    """``shipped``, ``shipped-tagger`` (with its head, where the labels are ours), a local folder,
    or a name on the Hugging Face hub."""
    revision: str | None = None
    """A branch, tag or commit of a hub encoder; pin a commit for a run to be reproducible."""
    window_pieces: int = Field(default=254, ge=8, le=8190)
    """Pieces a window holds, special pieces not counted."""
    stride: int = Field(default=64, ge=0)
    """Pieces that windows share where no sentence ends within one."""
    dropout: Fraction = 0.1
    attention_dropout: Fraction = 0.0
    """Random numbers for every pair of pieces: what it costs a CPU, it has to earn."""

    @model_validator(mode="after")
    def _stride_fits(self) -> Self:
        if 2 * self.stride > self.window_pieces:
            raise ValueError(
                f"stride {self.stride} must be at most half of window_pieces {self.window_pieces}"
            )
        return self


class TrainConfig(Section):
    """How the tagger is fine-tuned."""

    epochs: int = Field(default=10, ge=1)
    batch_size: int = Field(default=8, ge=1)
    """Windows a step takes on each process."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up before a step."""
    learning_rate: Rate = 4e-4
    """Peak rate of the encoder's top layer (AdamW)."""
    head_learning_rate: Rate = 1e-3
    layer_decay: Annotated[Number, Field(gt=0, le=1)] = 1.0
    """Each layer learns at this fraction of the rate of the layer above it."""
    freeze_embeddings: bool = False
    """Whether the words of the vocabulary keep the embeddings they have: rare words that training
    shows once are not moved away from those like them that it never shows."""
    warmup: Fraction = 0.1
    """Share of all steps in which the rate rises; after them it falls linearly to zero."""
    weight_decay: Annotated[Number, Field(ge=0)] = 0.01
    ema_decay: Fraction = 0.99
    """How slowly the kept weights follow the trained ones, step by step; 0 keeps the trained."""
    clip: Annotated[Number, Field(gt=0)] = 1.0
    """The gradient's norm is cut to this."""
    patience: int = Field(default=0, ge=0)
    """Stop after this many epochs without a better strict dev F1; 0 never stops early."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``auto``: bf16 where the machine is fast at it (GPUs, CPUs with AMX), else fp32."""


class Config(Section):
    """A training run."""

    output: str
    """The run folder."""
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a config file, or a shipped one by its bare name, and apply ``section.key=value``.

    Raises:
        HasilaError: all that is wrong with it, in one message.
    """
    return read_config(Config, path, SHIPPED_CONFIGS, overrides)

"""The config of a pre-training run, as strict as that of a training run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..data.config import SHIPPED_CONFIGS, Fraction, Number, Rate, Section, read_config


class PretrainDataConfig(Section):
    """How the corpus is cut."""

    block: int = Field(default=256, ge=16, le=8192)
    """Pieces of a row the encoder reads, special ones included."""
    heldout_every: int = Field(default=500, ge=2)
    """Every such document is kept for the held-out loss and never trained on."""


class PretrainModelConfig(Section):
    """The encoder to go on from."""

    encoder: str = "shipped"
    """``shipped``, a local folder, or a name on the Hugging Face hub."""
    revision: str | None = None
    """A branch, tag or commit of a hub encoder; pin a commit for a run to be reproducible."""
    dropout: Fraction = 0.0
    """No text is seen often enough to overfit, and dropout costs a CPU up to half its speed."""
    attention_dropout: Fraction = 0.0


class PretrainTrainConfig(Section):
    """How long and how the encoder is pre-trained."""

    pieces: int | None = Field(default=None, ge=1)
    """Length of the run in pieces read; give either this or ``epochs``."""
    epochs: Annotated[Number, Field(gt=0)] | None = None
    """Length of the run in readings of the corpus."""
    batch_size: int = Field(default=32, ge=1)
    """Blocks the machine computes at once."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up before a step."""
    learning_rate: Rate = 5e-4
    """Peak rate (AdamW)."""
    warmup: Fraction = 0.05
    """Share of all steps in which the rate rises; then it holds."""
    decay: Annotated[Number, Field(ge=0, le=1)] = 0.3
    """Share of all steps at the end in which it falls to zero; 1 - warmup: it never holds."""
    weight_decay: Annotated[Number, Field(ge=0)] = 0.01
    clip: Annotated[Number, Field(gt=0)] = 1.0
    """The gradient's norm is cut to this."""
    mask: Annotated[Number, Field(gt=0, lt=1)] = 0.2
    """Share of the words that is masked."""
    checkpoint_every: int = Field(default=5_000_000, ge=1)
    """Pieces after which the held-out loss is measured and a checkpoint written."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``auto``: bf16 where the machine is fast at it (GPUs, CPUs with AMX), else fp32."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.pieces is None) == (self.epochs is None):
            raise ValueError("give either pieces or epochs, the length of the run")
        return self

    @model_validator(mode="after")
    def _schedule_fits(self) -> Self:
        if self.warmup + self.decay > 1:
            raise ValueError(
                f"warmup {self.warmup} and decay {self.decay} are more than the whole run"
            )
        return self


class PretrainConfig(Section):
    """A pre-training run."""

    output: str
    """The run folder; at the end it is an encoder to train taggers from."""
    data: PretrainDataConfig = PretrainDataConfig()
    model: PretrainModelConfig = PretrainModelConfig()
    train: PretrainTrainConfig


def load_pretrain_config(path: str | Path, overrides: Sequence[str] = ()) -> PretrainConfig:
    """Read a config file, or a shipped one by its bare name, and apply ``section.key=value``.

    Raises:
        HasilaError: all that is wrong with it, in one message.
    """
    return read_config(PretrainConfig, path, SHIPPED_CONFIGS / "pretrain", overrides)

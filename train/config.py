"""The config of a training run: one short YAML, typed and strict.

Everything is checked before anything is loaded, and all problems come in one message.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from ..data.errors import HasilaError

SHIPPED_CONFIGS = Path(__file__).parent.parent / "configs"


def _number(value: object) -> object:
    # YAML 1.1 reads 3e-5, without a point, as a string.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Number = Annotated[float, BeforeValidator(_number)]
Rate = Annotated[Number, Field(gt=0, lt=1)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]


class Section(BaseModel, extra="forbid", strict=True, frozen=True):
    """A part of a config: no unknown keys, no silent conversions, never changed."""


AnyConfig = TypeVar("AnyConfig", bound=Section)


class DataConfig(Section):
    """Where the reports are: files, or ``shipped`` for those inside the package."""

    train: list[str] = Field(default=["shipped"], min_length=1)
    dev: list[str] = Field(default=["shipped"], min_length=1)


class ModelConfig(Section):
    """The encoder and how text is laid before it."""

    encoder: str = "shipped"
    """``shipped``, a local folder, or a name on the Hugging Face hub."""
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
    return read_config(Config, path, overrides, SHIPPED_CONFIGS)


def read_config(
    kind: type[AnyConfig], path: str | Path, overrides: Sequence[str], shipped: Path
) -> AnyConfig:
    """As `load_config`, for any kind of config and the folder its shipped ones lie in."""
    path = Path(path)
    if not path.exists() and (shipped / f"{path.name}.yaml").exists():
        path = shipped / f"{path.name}.yaml"
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        names = ", ".join(sorted(file.stem for file in shipped.glob("*.yaml")))
        raise HasilaError(f"{path}: {error.strerror}; shipped configs are: {names}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise HasilaError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(tree, dict):
        raise HasilaError(f"{path}: expected keys such as output:, data:, model:, train:")
    for override in overrides:
        _set(tree, override)
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        raise HasilaError(
            "\n  - ".join([f"{path}: not a config:", *_problems(kind, error)])
        ) from None


def _set(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or not last:
        raise HasilaError(f"--set {override}: expected section.key=value")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise HasilaError(f"--set {override}: {section} has no keys below it")
    try:
        tree[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise HasilaError(f"--set {override}: the value is not valid YAML: {error}") from error


def _problems(kind: type[BaseModel], error: ValidationError) -> Iterator[str]:
    keys = dict(_keys(kind))
    for problem in error.errors():
        where = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), [*keys.values()], n=1)
            nearest = next((path for path, name in keys.items() if near and name == near[0]), None)
            yield f"{where}: no such key" + (f"; did you mean {nearest}?" if nearest else "")
        elif problem["type"] == "missing":
            yield f"{where}: is missing"
        else:
            message = problem["msg"].removeprefix("Value error, ").replace("Input should", "should")
            found = problem["input"]
            shown = "" if isinstance(found, Mapping) else f", found {found!r}"
            yield f"{where}: {message}{shown}" if where else f"{message}{shown}"


def _keys(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        yield f"{above}{name}", name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{above}{name}.")

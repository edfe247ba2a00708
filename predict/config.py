"""The config of a prediction run: how it computes, what it reads and writes."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ..data.config import SHIPPED_CONFIGS, Number, Section, checked, read_tree
from .rows import Fields
from .sinks import SINKS


class PredictConfig(Section):
    """A prediction run, but for its files."""

    engine: Literal["local", "ray"] = "local"
    """``ray``: the machines of a Ray cluster."""
    workers: int = Field(default=0, ge=0)
    """Batches computed side by side; 0 chooses."""
    batch_pieces: int = Field(default=0, ge=0)
    """Word pieces in a batch, padding included; 0 chooses."""
    gpus: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Share of a GPU that each worker takes, with ray."""
    to: str = ""
    """What is written, a key of `SINKS`; without it the output's ending says it."""
    text_field: str = "text"
    id_field: str = "id"
    strict: bool = False
    """Stop at the first row that is no article."""

    @field_validator("to")
    @classmethod
    def _known(cls, to: str) -> str:
        if to and to not in SINKS:
            raise ValueError(f"choose {', '.join(SINKS)}")
        return to

    @model_validator(mode="after")
    def _gpus_are_shared_by_ray(self) -> Self:
        if self.gpus and self.engine != "ray":
            raise ValueError(f"gpus {self.gpus:g} is for engine ray; leave it 0 with {self.engine}")
        return self

    @property
    def fields(self) -> Fields:
        """The names of the articles' text and id."""
        return Fields(self.text_field, self.id_field)


def load_predict_config(path: str | Path | None = None, **options: object) -> PredictConfig:
    """Read a config file, or a shipped one by its bare name.

    Args:
        path: the file; without one there are the options and the defaults.
        options: values that win over the file's; those that are None were not given.

    Raises:
        HasilaError: all that is wrong with it, in one message.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if path is None:
        return checked(PredictConfig, given, "the options given")
    file, tree = read_tree(PredictConfig, path, SHIPPED_CONFIGS / "predict")
    source = f"{file} with the options given" if given else str(file)
    return checked(PredictConfig, tree | given, source)

"""The tagger: labels, decoding, checkpoints, and the `Extractor` that turns text into spans."""

if __name__ != "hasila.model":
    raise ImportError("import hasila.model, not model: the folder is part of the package hasila")

from .checkpoint import (
    SHIPPED,
    Metadata,
    checkpoint_path,
    is_checkpoint,
    load_checkpoint,
    read_metadata,
    save_checkpoint,
    weights_path,
)
from .extractor import Extractor
from .labels import LabelSet
from .quantization import quantize_checkpoint

__all__ = [
    "SHIPPED",
    "Extractor",
    "LabelSet",
    "Metadata",
    "checkpoint_path",
    "is_checkpoint",
    "load_checkpoint",
    "quantize_checkpoint",
    "read_metadata",
    "save_checkpoint",
    "weights_path",
]

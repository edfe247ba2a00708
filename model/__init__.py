"""The tagger: labels, decoding, checkpoints, and the `Extractor` that turns text into spans."""

if __name__ != "hasila.model":
    raise ImportError("import hasila.model, not model: the folder is part of the package hasila")

from .checkpoint import Metadata, load_checkpoint, read_metadata, save_checkpoint
from .extractor import Extractor
from .labels import LabelSet

__all__ = [
    "Extractor",
    "LabelSet",
    "Metadata",
    "load_checkpoint",
    "read_metadata",
    "save_checkpoint",
]

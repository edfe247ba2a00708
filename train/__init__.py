"""Training: the typed config, the run, its provenance."""

if __name__ != "hasila.train":
    raise ImportError("import hasila.train, not train: the folder is part of the package hasila")

from .config import Config, load_config
from .run import train, train_seeds

__all__ = ["Config", "load_config", "train", "train_seeds"]

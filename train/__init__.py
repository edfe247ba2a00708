"""Training: the typed config, the run, its provenance."""

if __name__ != "hasila.train":
    raise ImportError("import hasila.train, not train: the folder is part of the package hasila")

from .config import Config, load_config
from .packing import pack, packing_encoder
from .pretrain_config import PretrainConfig, load_pretrain_config
from .pretraining import pretrain
from .run import train, train_seeds

__all__ = [
    "Config",
    "PretrainConfig",
    "load_config",
    "load_pretrain_config",
    "pack",
    "packing_encoder",
    "pretrain",
    "train",
    "train_seeds",
]

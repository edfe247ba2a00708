"""Batch inference: articles from files of many kinds, tagged records out, nothing lost."""

if __name__ != "hasila.predict":
    raise ImportError("import hasila.predict, not predict: the folder belongs to package hasila")

from .articles import Article, Rejected, no_article, tagged
from .config import PredictConfig, load_predict_config
from .local import local_engine
from .rows import Fields
from .run import Interrupted, Job, Progress, require_unread, run
from .sinks import SINKS, sink_of
from .sources import Source
from .summary import Summary

__all__ = [
    "SINKS",
    "Article",
    "Fields",
    "Interrupted",
    "Job",
    "PredictConfig",
    "Progress",
    "Rejected",
    "Source",
    "Summary",
    "load_predict_config",
    "local_engine",
    "no_article",
    "require_unread",
    "run",
    "sink_of",
    "tagged",
]

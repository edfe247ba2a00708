"""Batch inference: articles from files and folders, tagged records out."""

if __name__ != "hasila.predict":
    raise ImportError(
        "import hasila.predict, not predict: the folder is part of the package hasila"
    )

from .articles import Article, Rejected, tagged
from .run import predict_articles
from .sources import read_articles

__all__ = ["Article", "Rejected", "predict_articles", "read_articles", "tagged"]

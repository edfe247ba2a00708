"""Evaluation: matching, scores, how sure they are, calibration, the evaluation report."""

if __name__ != "hasila.eval":
    raise ImportError("import hasila.eval, not eval: the folder is part of the package hasila")

from .scores import Counts, Macro, Scores, score

__all__ = ["Counts", "Macro", "Scores", "score"]

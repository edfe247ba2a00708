"""Evaluation: matching, scores, how sure they are, calibration, the evaluation report."""

if __name__ != "hasila.eval":
    raise ImportError("import hasila.eval, not eval: the folder is part of the package hasila")

from .errors import KINDS, Kind, SpanError, confusion, find_errors
from .matching import STRATEGIES, Boundary, Overlap, Partial, Strategy, Strict, tally
from .scores import Counts, Macro, Scores, score

__all__ = [
    "KINDS",
    "STRATEGIES",
    "Boundary",
    "Counts",
    "Kind",
    "Macro",
    "Overlap",
    "Partial",
    "Scores",
    "SpanError",
    "Strategy",
    "Strict",
    "confusion",
    "find_errors",
    "score",
    "tally",
]

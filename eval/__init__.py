"""Evaluation: matching, scores, how sure they are, calibration, the evaluation report."""

if __name__ != "hasila.eval":
    raise ImportError("import hasila.eval, not eval: the folder is part of the package hasila")

from .calibration import Calibration, calibrate
from .cases import Case, Pairing, judged, pair
from .certainty import Spread, spread
from .comparison import Comparison, compare
from .errors import KINDS, Kind, SpanError, confusion, find_errors
from .evaluation import Evaluation, evaluate, human_ceiling
from .markdown import to_markdown
from .matching import STRATEGIES, Boundary, Overlap, Partial, Strategy, Strict, tally
from .plain import to_dict
from .predictions import read_predictions
from .report import to_html
from .scores import Counts, Macro, Scores, score, score_cases
from .stamp import DataFile, Stamp

__all__ = [
    "KINDS",
    "STRATEGIES",
    "Boundary",
    "Calibration",
    "Case",
    "Comparison",
    "Counts",
    "DataFile",
    "Evaluation",
    "Kind",
    "Macro",
    "Overlap",
    "Pairing",
    "Partial",
    "Scores",
    "SpanError",
    "Spread",
    "Stamp",
    "Strategy",
    "Strict",
    "calibrate",
    "compare",
    "confusion",
    "evaluate",
    "find_errors",
    "human_ceiling",
    "judged",
    "pair",
    "read_predictions",
    "score",
    "score_cases",
    "spread",
    "tally",
    "to_dict",
    "to_html",
    "to_markdown",
]

"""Reports and what is done with them: types, words, formats, the gate, windows and batches."""

if __name__ != "hasila.data":
    raise ImportError("import hasila.data, not data: the folder is part of the package hasila")

from .formats import FORMATS, Losses, open_reports, pre_annotate, read_format, write_format
from .gate import Finding, check, require_clean
from .jsonl import Located, read_located, read_reports, write_reports
from .relabel import LabelMap, load_label_map, relabelled

__all__ = [
    "FORMATS",
    "Finding",
    "LabelMap",
    "Located",
    "Losses",
    "check",
    "load_label_map",
    "open_reports",
    "pre_annotate",
    "read_format",
    "read_located",
    "read_reports",
    "relabelled",
    "require_clean",
    "write_format",
    "write_reports",
]

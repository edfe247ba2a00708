if __name__ != "hasila.data":
    raise ImportError("import hasila.data, not data: the folder is part of the package hasila")

from .gate import Finding, check, require_clean
from .jsonl import Located, read_located, read_reports, write_reports

__all__ = [
    "Finding",
    "Located",
    "check",
    "read_located",
    "read_reports",
    "require_clean",
    "write_reports",
]

"""How fast text is cut into words, normalised and encoded, on one core.

    python benchmarks/words.py [REPORTS.jsonl] [--turns 5]

Each step takes turns with the others, and its best turn counts. "encode, words known" is what long
runs see: almost all words of news were seen before; "tokenizer on each text" is what it replaces.
"""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from transformers import AutoTokenizer

from hasila.data.config import SHIPPED_REPORTS
from hasila.data.jsonl import read_reports
from hasila.data.normalise import normalise
from hasila.data.pieces import Encoder
from hasila.data.words import words
from hasila.model.checkpoint import SHIPPED_ENCODER

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=Path, default=SHIPPED_REPORTS / "train.jsonl")
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    texts = [report.text for report in read_reports(given.reports)]
    surfaces = [[text[start:end] for start, end in words(text)] for text in texts]
    tokenizer = AutoTokenizer.from_pretrained(SHIPPED_ENCODER)
    known = Encoder(tokenizer, limit=254, stride=64)
    known.encode(texts)
    steps: dict[str, Callable[[], object]] = {
        "words": lambda: [words(text) for text in texts],
        "normalise": lambda: [normalise(word) for text in surfaces for word in text],
        "encode, no word known": lambda: Encoder(tokenizer, 254, 64).encode(texts),
        "encode, words known": lambda: known.encode(texts),
        "tokenizer on each text": lambda: [
            tokenizer(text, is_split_into_words=True) for text in surfaces
        ],
    }
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(given.turns):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            best[name] = min(best[name], time.perf_counter() - started)
    characters = sum(map(len, texts))
    table = Table("step", "million characters/s", "against the tokenizer")
    for name, seconds in best.items():
        speed = characters / seconds / 1e6
        table.add_row(name, f"{speed:.2f}", f"{best['tokenizer on each text'] / seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()

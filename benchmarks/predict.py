"""Words a second against the usual way, in one run: `python benchmarks/predict.py MODEL ARTICLES`.

ARTICLES is JSONL with a field "text", or text (also .zst) with one article a line and paragraph
breaks as a literal backslash-n. Every way reads the same articles in turn, turn after turn, and
the best turn of each counts, because what else a machine does only ever slows one down.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import torch
from transformers import pipeline
from transformers.utils import logging

from hasila.data.files import open_bytes
from hasila.data.words import words
from hasila.model import Extractor, checkpoint_path, load_checkpoint
from hasila.model.hardware import attention_for, best_device, has_fast_bf16, keep_freed_memory


def read(path: Path) -> Iterator[str]:
    """The texts of a file."""
    with open_bytes(path) as stream:
        for line in stream:
            text = line.decode().strip()
            yield json.loads(text)["text"] if text.startswith("{") else text.replace("\\n", "\n")


def usual(
    model: Path, dtype: torch.dtype, batch: int, attention: str
) -> Callable[[list[str]], object]:
    """The pipeline over windows; without a stride it would silently read 512 pieces an article."""
    tagger, tokenizer, _ = load_checkpoint(checkpoint_path(model), dtype=dtype, attention=attention)
    tagger = pipeline(
        "token-classification",
        model=tagger,
        tokenizer=tokenizer,
        stride=64,
        aggregation_strategy="first",
        device=best_device(),
    )
    if batch == 1:
        return tagger
    return lambda texts: tagger(sorted(texts, key=len), batch_size=batch)


def ours(extractor: Extractor) -> Callable[[list[str]], object]:
    """The extractor, as `hasila predict` calls it: 64 articles at a time."""

    def extract(texts: list[str]) -> None:
        for start in range(0, len(texts), 64):
            extractor.extract(texts[start : start + 64])

    return extract


def matrix_peak(dtype: torch.dtype, seconds: float = 1.0) -> float:
    """Operations a second of plain matrix products, the best of a few shapes."""
    best = 0.0
    for size in (1024, 2048):
        a, b = (torch.randn(size, size, dtype=dtype, device=best_device()) for _ in range(2))
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            (a @ b).sum().item()
            best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best


def encoder_operations(extractor: Extractor, texts: list[str]) -> float:
    """Operations in the matrix products of the encoder's layers, padding and overlap left out."""
    config = extractor.model.config
    hidden, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    total = 0.0
    for text in extractor.encoder.encode(texts):
        lengths = [sum(map(len, text.pieces[slice(*window)])) for window in text.owned]
        weights = 2 * (4 * hidden**2 + 2 * hidden * inner)
        total += sum(layers * (n * weights + 4 * n * n * hidden) for n in lengths)
    return total


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a checkpoint, or `shipped`")
    parser.add_argument("file", metavar="ARTICLES", type=Path)
    parser.add_argument("--articles", type=int, default=64, help="how many of them")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    keep_freed_memory()
    texts = list(islice(read(arguments.file), arguments.articles))
    counts = [len(words(text)) for text in texts]
    total = sum(counts)
    dtype = torch.bfloat16 if has_fast_bf16(best_device()) else torch.float32
    cores = torch.get_num_threads()
    model, attention = arguments.model, attention_for(best_device())

    def load(**settings: int) -> Callable[[list[str]], object]:
        return ours(Extractor.load(model, **settings))  # type: ignore[arg-type]

    plain = load_checkpoint(checkpoint_path(model), dtype=dtype, attention=attention)
    ways = {
        "pipeline, defaults": usual(model, torch.float32, 1, "sdpa"),
        f"pipeline, {dtype}, sorted, batch 8": usual(model, dtype, 8, attention),
        f"pipeline, {dtype}, sorted, batch 32": usual(model, dtype, 32, attention),
        f"ours, {dtype}, a batch a core": ours(Extractor(*plain, workers=cores)),
        "ours, as it chooses, one batch on all cores": load(),
        "ours, as it chooses, a batch a core": load(workers=cores),
        "ours, a batch a core, of 4096 pieces": load(workers=cores, batch_pieces=4096),
        "ours, a batch a core, of 2048 pieces": load(workers=cores, batch_pieces=2048),
        "ours, a batch a core, of 512 pieces": load(workers=cores, batch_pieces=512),
    }
    print(
        f"{platform.machine()}, {cores} cores, {best_device()}, torch {torch.__version__}; "
        f"{len(texts)} articles, {total:,} words, median {statistics.median(counts):.0f}"
    )
    seconds = {name: float("inf") for name in ways}
    for way in ways.values():
        way(texts[:2])  # warm up
    for _ in range(arguments.turns):
        for name, way in ways.items():
            began = time.perf_counter()
            way(texts)
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    first = seconds["pipeline, defaults"]
    for name, took in seconds.items():
        print(f"{name:45} {total / took:8,.0f} words/s  {first / took:5.2f}")
    peak = matrix_peak(dtype)
    done = encoder_operations(Extractor.load(model), texts)
    best = min(took for name, took in seconds.items() if name.startswith("ours"))
    share = f"the encoder of the fastest reaches {done / best / peak:.0%} of it"
    print(f"{dtype} matrix products: {peak / 1e9:,.0f} GFLOP/s at best; {share}")


if __name__ == "__main__":
    main()

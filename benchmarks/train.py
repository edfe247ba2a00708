"""Training throughput against the stock way, as a ratio measured in one run.

The stock way is what transformers' ``run_ner.py`` does: fp32, the default attention, the encoder's
own dropout, every example padded to 256 pieces. Its examples are given here as users give them,
once a sentence each (a CoNLL file) and once a whole report each (what does not fit is cut off).
Ours are windows packed up to 254 pieces at sentence ends, in batches of like length, with the
dropout, number format, attention and allocator `hasila train` chooses. Counted are real pieces,
padding not; the model, the optimizer and the batch size are the same. The ways take turns, each in
a process of its own, and each way's best turn counts.

    python benchmarks/train.py [REPORTS.jsonl] [--steps 6] [--turns 3]
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from hasila.data.batches import length_grouped
from hasila.data.config import SHIPPED_REPORTS
from hasila.data.jsonl import read_reports
from hasila.data.pieces import Encoder
from hasila.data.types import Report
from hasila.data.windows import sentence_ends
from hasila.data.words import words
from hasila.model.checkpoint import SHIPPED_ENCODER
from hasila.model.hardware import (
    attention_for,
    best_device,
    has_fast_bf16,
    keep_freed_memory,
)
from hasila.model.labels import IGNORED, LabelSet
from hasila.train.config import Config
from hasila.train.dataset import Collator, training_windows
from hasila.train.trainer import parameter_groups

Batch = dict[str, torch.Tensor]
Examples = Callable[[list[Report]], list[list[str]]]
BATCH = 8
WIDTH = 256
CONFIG = Config(output="unused")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=Path, default=SHIPPED_REPORTS / "train.jsonl")
    parser.add_argument("--steps", type=int, default=6, help="steps in one turn")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    # A process each: the allocator's setting, for one, is not to be shared.
    spawn = multiprocessing.get_context("spawn")
    ends = {}
    for name in WAYS:
        ends[name], other = spawn.Pipe()
        spawn.Process(target=serve, args=(name, given.reports, other), daemon=True).start()
    padding = {name: end.recv() for name, end in ends.items()}
    best = dict.fromkeys(WAYS, 0.0)
    for _ in range(given.turns):
        for name, end in ends.items():
            end.send(given.steps)
            best[name] = max(best[name], end.recv())
    for end in ends.values():
        end.send(0)  # no more turns
    table = Table("way", "pieces/s", "hasila is faster by", "padding", title=best_device().type)
    for name, speed in best.items():
        table.add_row(
            name, f"{speed:,.0f}", f"{best['hasila'] / speed:.2f}", f"{padding[name]:.0%}"
        )
    Console().print(table)


def serve(name: str, path: Path, turns: Connection) -> None:
    """Run one way: answer a number of steps with the pieces a second they took."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    way = Way(WAYS[name], list(read_reports(path)))
    turns.send(way.padding)
    while steps := turns.recv():
        turns.send(way.turn(steps))


class Way:
    """One way to train: its own model and optimizer, its batches one after another."""

    def __init__(self, examples: Examples | None, reports: list[Report]) -> None:
        """A model as large as the shipped encoder: as the stock script makes it, or as we do.

        Its weights are random: time does not depend on them.
        """
        device = best_device()
        tokenizer = AutoTokenizer.from_pretrained(SHIPPED_ENCODER)
        ours = examples is None
        shape = AutoConfig.from_pretrained(SHIPPED_ENCODER, num_labels=len(LabelSet().tags))
        attention = None
        if ours:
            keep_freed_memory()
            shape.attention_probs_dropout_prob = CONFIG.model.attention_dropout
            shape.hidden_dropout_prob = CONFIG.model.dropout
            attention = attention_for(device)
        self.model = AutoModelForTokenClassification.from_config(
            shape, attn_implementation=attention
        ).to(device)
        self.model.train()
        self.batches = (
            our_batches(reports, tokenizer)
            if examples is None
            else stock_batches(examples(reports), tokenizer)
        )
        self.bf16 = ours and has_fast_bf16(device)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.model, CONFIG.train), fused=True)
        self.at = 0
        masks = torch.stack([batch["attention_mask"].float().mean() for batch in self.batches])
        self.padding = 1 - masks.mean().item()

    def turn(self, steps: int) -> float:
        """Take some steps; one more before the clock starts. Real pieces a second."""
        self.step()
        started, pieces = time.perf_counter(), 0
        for _ in range(steps):
            pieces += self.step()
        return pieces / (time.perf_counter() - started)

    def step(self) -> int:
        """One optimizer step; the real pieces it took."""
        batch = {name: value.to(self.model.device) for name, value in self.batches[self.at].items()}
        self.at = (self.at + 1) % len(self.batches)
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.bf16):
            loss = self.model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CONFIG.train.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return int(batch["attention_mask"].sum())


def whole(reports: list[Report]) -> list[list[str]]:
    """The words of each report."""
    return [[report.text[a:b] for a, b in words(report.text)] for report in reports]


def sentences(reports: list[Report]) -> list[list[str]]:
    """The words of each sentence of each report."""
    found = []
    for report in reports:
        spans = words(report.text)
        surfaces = [report.text[a:b] for a, b in spans]
        ends = [0, *(end + 1 for end in sentence_ends(report.text, spans)), len(spans)]
        found += [surfaces[a:b] for a, b in pairwise(ends) if a < b]
    return found


WAYS: dict[str, Examples | None] = {
    "run_ner, a sentence an example": sentences,
    "run_ner, a report an example": whole,
    "hasila": None,
}


def stock_batches(examples: list[list[str]], tokenizer: PreTrainedTokenizerBase) -> list[Batch]:
    """Random batches padded to one width, as ``run_ner.py --pad_to_max_length`` makes them."""
    encoded = tokenizer(
        examples,
        is_split_into_words=True,
        truncation=True,
        max_length=WIDTH,
        padding="max_length",
    )
    rows = [
        {"input_ids": ids, "attention_mask": mask, "labels": [0 if m else IGNORED for m in mask]}
        for ids, mask in zip(encoded["input_ids"], encoded["attention_mask"], strict=True)
    ]
    collate = DataCollatorForTokenClassification(tokenizer, padding="max_length", max_length=WIDTH)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0)).tolist()
    return [
        collate([rows[index] for index in order[at : at + BATCH]])
        for at in range(0, len(rows) - BATCH + 1, BATCH)
    ]


def our_batches(reports: list[Report], tokenizer: PreTrainedTokenizerBase) -> list[Batch]:
    """The batches `hasila train` makes."""
    encoder = Encoder(tokenizer, limit=WIDTH - 2, stride=64)
    windows = training_windows(reports, encoder, LabelSet()).windows
    collate = Collator(encoder.tokenizer.pad_token_id, WIDTH)
    order = length_grouped([len(ids) for ids in windows["input_ids"]], BATCH, seed=0)
    return [
        collate([windows[index] for index in order[at : at + BATCH]])
        for at in range(0, len(order) - BATCH + 1, BATCH)
    ]


if __name__ == "__main__":
    main()

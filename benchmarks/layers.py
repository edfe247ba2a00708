"""What each layer of an encoder knows of words: linear classifiers on frozen layers.

A logistic regression reads the tag of each word from what one layer says of its first piece; the
encoder itself is not trained (probing, as in Liu et al. 2019, "Linguistic knowledge and
transferability of contextual representations"). The score is the micro F1 of the tags other than O,
word by word, on reports that the regression has not seen.

    python benchmarks/layers.py [--encoder FOLDER] [--train REPORTS.jsonl] [--test REPORTS.jsonl]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hasila.data.batches import bucketed
from hasila.data.config import SHIPPED_REPORTS
from hasila.data.jsonl import read_reports
from hasila.data.pieces import Encoder
from hasila.model import LabelSet
from hasila.model.labels import IGNORED, OUTSIDE
from hasila.scripts.console import quiet_libraries
from hasila.train.config import ModelConfig
from hasila.train.dataset import Collator, TrainingWindows, training_windows
from hasila.train.tagger import load_tagger

LABELS = LabelSet()
BUDGET = 2_048  # pieces computed at a time


def main() -> None:
    """Probe each layer and print its score."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--encoder", default="shipped")
    parser.add_argument("--train", type=Path, default=SHIPPED_REPORTS / "train.jsonl")
    parser.add_argument("--test", type=Path, default=SHIPPED_REPORTS / "dev.jsonl")
    given = parser.parse_args()
    quiet_libraries()
    model, tokenizer = load_tagger(ModelConfig(encoder=given.encoder), LABELS)
    encoder = Encoder(tokenizer, limit=254, stride=64)
    collate = Collator(pad=tokenizer.pad_token_id, limit=256)
    seen, unseen = (
        read(training_windows(list(read_reports(path)), encoder, LABELS), collate, model.base_model)
        for path in (given.train, given.test)
    )
    table = Table("layer", "F1 of the tags", title=given.encoder)
    for layer in range(len(seen[0])):
        learner = SGDClassifier(
            loss="log_loss", alpha=1e-3, average=True, max_iter=10, tol=None, random_state=0
        )
        probe = make_pipeline(StandardScaler(), learner)
        probe.fit(seen[0][layer], seen[1])
        tags = [tag for tag in range(len(LABELS.tags)) if tag != OUTSIDE]
        found = probe.predict(unseen[0][layer])
        table.add_row(
            str(layer or "embeddings"),
            f"{f1_score(unseen[1], found, labels=tags, average='micro'):.3f}",
        )
    Console().print(table)


@torch.inference_mode()
def read(
    given: TrainingWindows, collate: Collator, model: torch.nn.Module
) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """What each layer says of words, (layers + 1, words, width), and their tags, (words,)."""
    model.eval()
    rows = list(given.windows)
    layers, tags = [], []
    for places in bucketed([len(row["input_ids"]) for row in rows], BUDGET):
        batch = collate([rows[place] for place in places])
        asked = batch.pop("labels")
        hidden = model(**batch, output_hidden_states=True).hidden_states
        there = asked != IGNORED
        layers.append(torch.stack([layer[there] for layer in hidden]).half().numpy())
        tags.append(asked[there].numpy())
    return np.concatenate(layers, axis=1), np.concatenate(tags)


if __name__ == "__main__":
    main()

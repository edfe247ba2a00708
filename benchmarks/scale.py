"""Time and memory of ever longer inputs: `python benchmarks/scale.py MODEL ARTICLES`.

Time should grow with the number of articles and memory should not. MODEL is a checkpoint, or
`tiny`: one layer of 32 with random weights and the tokenizer that ships, to measure everything but
the model. ARTICLES is as for `benchmarks/predict.py`; it is repeated as often as needed, each
article cut to its first words with `--words`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification

from hasila.model import Extractor, save_checkpoint
from predict import read


def main() -> None:
    """Predict each length in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("file", metavar="ARTICLES", type=Path)
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--words", type=int, help="of each article; all of them by default")
    arguments = parser.parse_args()
    texts = [
        " ".join(text.split()[: arguments.words]) if arguments.words else text
        for text in islice(read(arguments.file), 2_000)
    ]
    print(f"{'articles':>9} {'words':>12} {'seconds':>8} {'words/s':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as name:
        model = tiny(Path(name) / "tiny") if arguments.model == "tiny" else arguments.model
        for count in arguments.articles:
            source, output, summary = (Path(name) / file for file in ("in.jsonl", "o.jsonl", "s"))
            with source.open("w", encoding="utf-8") as stream:
                for number, text in enumerate(islice(cycle(texts), count)):
                    record = {"id": number, "text": text}
                    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            command = [sys.executable, "-m", "hasila.scripts.cli", "predict", model]
            command += [source, "--output", output, "--summary-file", summary]
            subprocess.run(list(map(str, command)), capture_output=True, check=True)
            made = json.loads(summary.read_text("utf-8"))
            print(
                f"{count:9,} {made['words']:12,} {made['seconds']:8.1f} "
                f"{made['words_per_second']:8,.0f} {made['peak_memory_bytes'] / 1e6:8,.0f}",
                flush=True,
            )


def tiny(folder: Path) -> Path:
    """A checkpoint that costs next to nothing to compute with."""
    shipped = Extractor.load()
    config = shipped.model.config
    config.update({"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2})
    config.intermediate_size = 64
    torch.manual_seed(0)
    folder.mkdir()
    model = AutoModelForTokenClassification.from_config(config)
    save_checkpoint(folder, model, shipped.encoder.tokenizer, shipped.metadata)
    return folder


if __name__ == "__main__":
    main()

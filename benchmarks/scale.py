"""Time and memory of ever longer inputs: `python benchmarks/scale.py MODEL ARTICLES`.

Time should grow with the number of articles and memory should not. What is measured is everything
but the model, so a tiny checkpoint is enough. ARTICLES is as for `benchmarks/predict.py`; it is
repeated as often as needed, each article cut to its first words with `--words`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

from predict import read


def main() -> None:
    """Predict each length in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
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
        for count in arguments.articles:
            source, output, summary = (Path(name) / file for file in ("in.jsonl", "o.jsonl", "s"))
            with source.open("w", encoding="utf-8") as stream:
                for number, text in enumerate(islice(cycle(texts), count)):
                    record = {"id": number, "text": text}
                    stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            command = [sys.executable, "-m", "hasila.scripts.cli", "predict", arguments.model]
            command += [source, "--output", output, "--summary-file", summary]
            subprocess.run(list(map(str, command)), capture_output=True, check=True)
            made = json.loads(summary.read_text("utf-8"))
            print(
                f"{count:9,} {made['words']:12,} {made['seconds']:8.1f} "
                f"{made['words_per_second']:8,.0f} {made['peak_memory_bytes'] / 1e6:8,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""A hundred kills at random moments, the output compared: `python benchmarks/kills.py MODEL`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from killing import killed_until_done, predict


def main() -> None:
    """Predict until enough processes were killed; each time the output must be the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a checkpoint; a tiny one is enough")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--articles", type=int, default=500)
    arguments = parser.parse_args()
    chance, kills, runs = Random(0), 0, 0  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        articles = folder / "articles.jsonl"
        with articles.open("w", encoding="utf-8") as stream:
            for number in range(arguments.articles):
                text = f"قتل {number} من مدنيين في حلب. " * chance.randint(1, 30)
                stream.write(json.dumps({"id": number, "text": text}) + "\n")
        predict(arguments.model, articles, folder / "whole.jsonl")
        whole = (folder / "whole.jsonl").read_bytes()
        while kills < arguments.kills:
            output = folder / f"{runs}.jsonl"
            kills += killed_until_done(arguments.model, articles, output, chance)
            if output.read_bytes() != whole:
                sys.exit(f"run {runs}: the output differs")
            runs += 1
            print(f"{kills} kills, {runs} runs: equal to the uninterrupted one", flush=True)


if __name__ == "__main__":
    main()

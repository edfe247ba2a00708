"""How long `check` takes over many reports, and how much memory: `python benchmarks/check.py`."""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hasila.data import check, read_located, write_reports
from hasila.data.types import Report, Span
from hasila.data.words import words

SYLLABLES = [start + end for start in "بتسملركندعفم" for end in "ايو"]
LABELS = "ACTOR", "LOCATION", "NUMBER"


def made(count: int, length: int) -> Iterator[Report]:
    """Reports of random words, a span every six, one report in a hundred nearly a copy."""
    chance = random.Random(0)  # noqa: S311
    vocabulary = ["".join(chance.choices(SYLLABLES, k=k)) for k in (1, 2, 3) for _ in range(9000)]
    text = ""

    def one(number: int) -> Report:
        nonlocal text
        if number % 100 != 99:
            text = " ".join(chance.choices(vocabulary, k=length)) + "."
        else:
            text += " آخر"
        spans = [Span(*offsets, chance.choice(LABELS)) for offsets in words(text)[:-2:6]]
        return Report(f"r{number}", text, tuple(spans))

    return map(one, range(count))


def main() -> None:
    """Write the reports, check them as a stream, print seconds and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--words", type=int, default=150)
    options = parser.parse_args()
    for count in options.reports:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "reports.jsonl"
            write_reports(path, made(count, options.words))
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            started, busy = time.perf_counter(), time.process_time()
            findings = sum(1 for _ in check(read_located(path)))
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{count:,} reports of {options.words} words ({path.stat().st_size / 2**20:,.0f} "
                f"MiB): {seconds:.1f} s ({busy:.1f} s of one core), peak memory "
                f"{peak:.0f} MiB ({peak - before:+.0f} over what was used before), "
                f"{findings:,} findings"
            )


if __name__ == "__main__":
    main()

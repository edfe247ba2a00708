"""How long an evaluation of 1,000 reports takes: the bootstrap, all of it, and its page to load.

    python benchmarks/evaluate.py [REPORTS]

The page is loaded in headless Chromium where there is one (Debian: apt install chromium).
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hasila.data.types import LABELS, PredictedSpan, Report, Span
from hasila.data.words import words
from hasila.eval import Stamp, evaluate, pair, to_html
from hasila.eval.breakdown import BY_LABEL, tabulate
from hasila.eval.certainty import intervals

SENTENCE = "وقالت مصادر إن قوات النظام قصفت بلدة إبلين وقتلت 27 مدنياً وجرحت عشرات آخرين. "
PROBE = (
    "document.title = 'loaded ' + Math.round(performance.now()) + ' ' "
    "+ document.querySelectorAll('#list li').length;"
)


def make(count: int) -> tuple[list[Report], list[Report]]:
    """Gold reports of some 160 words and 35 spans, and predictions a third of which are wrong."""
    chance = random.Random(0)  # noqa: S311 - nothing secret
    gold, found = [], []
    for number in range(count):
        text = SENTENCE * 10
        starts = words(text)
        spans, claims = [], []
        for index in range(0, len(starts) - 3, 4):
            end = index + chance.randint(1, 3)
            label = chance.choice(LABELS)
            spans.append(Span(starts[index][0], starts[end - 1][1], label))
            if chance.random() < 0.2:
                end = index + chance.randint(1, 3)
            if chance.random() < 0.9:
                claims.append(
                    PredictedSpan(
                        starts[index][0],
                        starts[end - 1][1],
                        chance.choice(LABELS) if chance.random() < 0.1 else label,
                        confidence=chance.uniform(0.5, 1),
                    )
                )
        gold.append(Report(str(number), text, tuple(spans), source=f"source {number % 20}"))
        found.append(Report(str(number), text, tuple(claims)))
    return gold, found


def page_load(html: str) -> str:
    """What Chromium says of the page: milliseconds from navigation until it is interactive."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        return "not measured: no chromium"
    # The page's policy lets no foreign script run, so the probe goes in with its policy taken out.
    head, policy, rest = html.partition('<meta http-equiv="Content-Security-Policy"')
    page = head + rest[rest.index(">") + 1 :] if policy else html
    page = page.replace("</body>", f"<script>{PROBE}</script></body>")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, "utf-8")
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={folder}/profile",
            "--dump-dom",
            path.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    title = done.stdout.partition("<title>")[2].partition("</title>")[0]
    _, milliseconds, listed = title.split()
    return f"{milliseconds} ms, {listed} errors listed at first"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    gold, found = make(count)
    pairing = pair(gold, found)

    start = time.perf_counter()
    counts = tabulate(pairing.cases, BY_LABEL).counts
    counted = time.perf_counter()
    intervals(counts)
    print(f"{count:,} reports, {sum(len(r.spans) for r in gold):,} gold spans")
    print(f"counting the labels of every report: {counted - start:.2f} s")
    print(f"10,000 rounds of the bootstrap: {time.perf_counter() - counted:.2f} s")

    start = time.perf_counter()
    evaluation = evaluate(pairing, Stamp("benchmark"), training=gold[:100])
    print(f"the whole evaluation: {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    html = to_html(evaluation)
    size = len(html.encode()) / 2**20
    print(f"writing the page: {time.perf_counter() - start:.1f} s, {size:.1f} MiB")
    print(f"{len(evaluation.errors):,} errors; the page loads in {page_load(html)}")


if __name__ == "__main__":
    main()

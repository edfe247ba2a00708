"""Processes that predict and are killed; forked from one that has imported all, for speed."""

from multiprocessing import get_context
from pathlib import Path
from random import Random

from hasila.model import Extractor
from hasila.predict import Job, Source, local_engine, run

_IMPORTED = ["hasila.model", "hasila.predict", "transformers.models.bert.modeling_bert"]


def predict(checkpoint: Path, articles: Path, output: Path) -> None:
    """What ``hasila predict`` does, with two workers."""
    extractor = Extractor.load(checkpoint, device="cpu", workers=2)
    run(Job(checkpoint, output), Source([articles]), local_engine(extractor))


def killed_until_done(checkpoint: Path, articles: Path, output: Path, chance: Random) -> int:
    """Predict, again and again killed with SIGKILL at random moments, until the output is there.

    Returns:
        The number of kills.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    kills, longest = 0, 1.0
    while True:
        process = context.Process(target=predict, args=(checkpoint, articles, output))
        process.start()
        process.join(chance.uniform(0, longest))
        if not process.is_alive():
            assert process.exitcode == 0
            return kills
        process.kill()
        process.join()
        kills += 1
        longest *= 1.1  # however slow the machine, in the end it gets through

"""Where commands print: results to stdout, everything else to stderr."""

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def quiet_libraries() -> None:
    """Keep transformers' progress bars and load reports off the screen; its errors still show."""
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

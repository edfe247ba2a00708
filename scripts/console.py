"""Where commands print: results to stdout, everything else to stderr."""

import logging

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def quiet_libraries() -> None:
    """Keep transformers' progress bars and load reports off the screen; its errors still show.

    A web page without an article is told by whoever reads it; trafilatura need not say it thrice.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

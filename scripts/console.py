"""Where commands print: results to stdout, everything else to stderr."""

import logging

from rich.console import Console
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def plain(text: str) -> Text:
    """Text of users' files for a terminal, which it must not control: no markup, no escapes.

    What is not to be printed goes (bidi marks, halves of characters), white space is a space.
    """
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return Text("".join(kept))


def quiet_libraries() -> None:
    """Keep transformers' progress bars and load reports off the screen; its errors still show.

    A web page without an article is told by whoever reads it; trafilatura need not say it thrice.
    """
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

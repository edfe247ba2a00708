"""``hasila pack``."""

from pathlib import Path
from typing import Annotated

import typer

from .console import out, quiet_libraries


def pack(
    texts: Annotated[
        list[Path],
        typer.Argument(help="Texts (.txt, .gz, .zst), one document a line; or packed corpora."),
    ],
    output: Annotated[
        Path, typer.Option(help="The packed corpus: NAME.safetensors, or NAME.safetensors.zst.")
    ],
    encoder: Annotated[
        str, typer.Option(help="Whose tokenizer: shipped, a folder, or a hub name.")
    ] = "shipped",
) -> None:
    """Tokenise texts once into a packed corpus, small enough to carry to another machine."""
    from ..train import pack, packing_encoder

    quiet_libraries()
    described = pack(texts, packing_encoder(encoder), output)
    out.print(
        f"{output}: {described}; {output.stat().st_size / 2**20:,.1f} MiB",
        markup=False,
        soft_wrap=True,
    )

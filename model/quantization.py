"""`hasila quantize`: a checkpoint in a quarter of its room."""

from collections.abc import Sequence
from pathlib import Path

import torch

from .checkpoint import complete, load_checkpoint, make_readable, require_empty
from .extractor import Extractor
from .int8 import save_quantized, watch_inputs


def quantize_checkpoint(checkpoint: Path, folder: Path, texts: Sequence[str]) -> None:
    """Write a checkpoint anew with its weights as int8, a quarter of fp32's room.

    Args:
        checkpoint: the folder of one.
        folder: where to; not there yet, or empty.
        texts: typical ones; reading them shows how wide the inputs of its layers are, which
            int8 products need to know.

    Raises:
        HasilaError: it is no complete checkpoint, or the other folder is none or holds something.
    """
    require_empty(folder)
    model, tokenizer, metadata = load_checkpoint(checkpoint, dtype=torch.float32, attention="sdpa")
    inputs = watch_inputs(model)
    Extractor(model, tokenizer, metadata).extract(texts)
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save_quantized(model.state_dict(), folder, inputs)
    make_readable(folder)
    complete(folder, metadata)

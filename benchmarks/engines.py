r"""The tagger's network in other engines: `python benchmarks/engines.py [MODEL]`.

One batch of one shape, each engine in turn, the best of several turns; engines that are not
installed (`pip install openvino onnxruntime onnxscript`) are left out. This is the most an engine
could bring: articles come in many shapes, and words have to be cut and spans decoded besides.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from hasila.model import Extractor

Run = Callable[[], Any]


class Logits(torch.nn.Module):
    """A token classifier as a function of two tensors."""

    def __init__(self, model: torch.nn.Module) -> None:
        """Wrap a model."""
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits of shape (windows, pieces, tags)."""
        return self.model(input_ids=ids, attention_mask=mask).logits


def main() -> None:
    """Print each engine's time, its ratio to PyTorch's, and how far its logits are from them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", nargs="?", default="shipped")
    parser.add_argument("--shape", nargs=2, type=int, default=(8, 256), help="windows, pieces")
    parser.add_argument("--turns", type=int, default=6)
    given = parser.parse_args()
    model = Logits(Extractor.load(given.model).model).eval()
    ids = torch.randint(5, 20_000, tuple(given.shape), generator=torch.Generator().manual_seed(0))
    with TemporaryDirectory() as folder, torch.inference_mode():
        ways = dict(engines(model, (ids, torch.ones_like(ids)), Path(folder)))
        expected = torch.as_tensor(ways["PyTorch"]())
        far = {name: (torch.as_tensor(run()) - expected).abs().max() for name, run in ways.items()}
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(given.turns):
            for name, run in ways.items():
                start = time.perf_counter()
                run()
                best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        ratio = best["PyTorch"] / seconds
        print(f"{name:14} {1000 * seconds:8.1f} ms  {ratio:5.2f}  logits within {far[name]:.0e}")


def engines(
    model: Logits, inputs: tuple[torch.Tensor, torch.Tensor], folder: Path
) -> Iterator[tuple[str, Run]]:
    """Each engine that is here, ready to run on the inputs."""
    yield "PyTorch", lambda: model(*inputs)
    compiled = torch.compile(model)
    yield "torch.compile", lambda: compiled(*inputs)
    arrays = [tensor.numpy() for tensor in inputs]
    with suppress(ImportError):
        import openvino  # noqa: PLC0415 - optional

        core = openvino.Core()
        network = core.compile_model(
            openvino.convert_model(model, example_input=inputs),
            "CPU",
            {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "PERFORMANCE_HINT": "LATENCY"},
        )
        yield "OpenVINO", lambda: network(arrays)[0]
    with suppress(ImportError):
        import onnxruntime  # noqa: PLC0415 - optional

        path = folder / "model.onnx"
        torch.onnx.export(model, inputs, path, input_names=["ids", "mask"], dynamo=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        feed = dict(zip(("ids", "mask"), arrays, strict=True))
        yield "ONNX Runtime", lambda: session.run(None, feed)[0]


if __name__ == "__main__":
    main()

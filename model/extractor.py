"""From texts to spans: the one path every prediction takes."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit, logit
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..data.batches import bucketed, padded
from ..data.pieces import EncodedText, Encoder
from ..data.types import Offsets, PredictedSpan, Prediction
from ..data.words import without_marks
from .checkpoint import SHIPPED, Metadata, checkpoint_path, load_checkpoint, weights_path
from .decode import Logits, probabilities, viterbi
from .hardware import attention_for, best_batch_pieces, best_device, has_fast_bf16
from .int8 import QUANTIZED, Int8Linear, compute_in_int8, has_int8_products
from .labels import LabelSet, runs

_SUREST = 1e-6  # no span is surer than this far from certainty: log-odds stay finite
_Job = tuple[list[int], npt.NDArray[np.int64], npt.NDArray[np.int64]]


class Extractor:
    """Finds spans in texts.

    A text's result depends on that text alone: not on batch size, padding, order, or the other
    texts of a call (up to the rounding of floating-point sums).

    A span's confidence is the lowest probability any of its words gives its tag: a span is as sure
    as its least sure word. A checkpoint's temperature then scales its log-odds, so that of spans
    with confidence 0.8 about 80 % are right (Platt scaling without a bias; fitted on dev reports).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        metadata: Metadata,
        *,
        batch_pieces: int = 0,
        workers: int = 1,
    ) -> None:
        """Wrap a loaded model.

        Args:
            model: a token classifier whose labels are a `LabelSet`.
            tokenizer: its fast tokenizer.
            metadata: window size, stride and temperature.
            batch_pieces: pieces a batch holds at most, padding included; 0 chooses for the device.
            workers: batches computed at the same time, each with its share of the CPU's threads.
        """
        self.model = model
        self.labels = LabelSet.of(model.config)
        self.encoder = Encoder(tokenizer, metadata.window_pieces, metadata.stride)
        self.metadata = metadata
        self.batch_pieces = batch_pieces or best_batch_pieces(model.device)
        self._pool = _thread_pool(workers) if workers > 1 else None

    @classmethod
    def load(
        cls,
        checkpoint: str | Path = SHIPPED,
        *,
        device: str | None = None,
        batch_pieces: int = 0,
        workers: int = 1,
    ) -> "Extractor":
        """Load a checkpoint, or the tagger that ships, onto a device (the best there is).

        It computes in bf16 where the machine is fast at it. Elsewhere a quantized checkpoint
        computes in int8 on x86 CPUs (`model.int8`), and all else in fp32. ``batch_pieces`` and
        ``workers`` are as in the constructor.

        Raises:
            HasilaError: the folder is no complete checkpoint.
        """
        on = best_device() if device is None else torch.device(device)
        dtype = torch.bfloat16 if has_fast_bf16(on) else torch.float32
        folder = checkpoint_path(checkpoint)
        model, tokenizer, metadata = load_checkpoint(
            folder, dtype=dtype, attention=attention_for(on)
        )
        if (
            weights_path(folder).name == QUANTIZED
            and (on.type, dtype) == ("cpu", torch.float32)
            and has_int8_products()
        ):
            compute_in_int8(model, folder)
        model.to(on)  # type: ignore[arg-type]  # transformers types the argument away
        return cls(model, tokenizer, metadata, batch_pieces=batch_pieces, workers=workers)

    @property
    def numbers(self) -> str:
        """What its layers multiply: ``int8``, ``bfloat16`` or ``float32``."""
        if any(isinstance(layer, Int8Linear) for layer in self.model.modules()):
            return "int8"
        return str(self.model.dtype).removeprefix("torch.")

    def extract(self, texts: Sequence[str]) -> list[Prediction]:
        """The spans of each text, in order, with offsets into the raw text."""
        return self.decide(texts, self.encoder.encode(texts))

    def decide(self, texts: Sequence[str], encoded: Sequence[EncodedText]) -> list[Prediction]:
        """`extract` for texts that were encoded before, perhaps while others were computed."""
        logits = self.logits(encoded)
        counts = [len(text.offsets) for text in encoded]
        starts = np.array([0, *accumulate(counts)], dtype=np.int64)
        tags = viterbi(logits, starts[:-1])
        begins, ends = runs(tags)
        sure = _scaled(
            _lowest(probabilities(logits), tags, begins, ends), self.metadata.temperature
        )
        edges = np.searchsorted(begins, starts)
        return [
            Prediction(
                spans=tuple(
                    self._spans(
                        text,
                        one.offsets,
                        zip(
                            (begins[low:high] - start).tolist(),
                            (ends[low:high] - start).tolist(),
                            tags[begins[low:high]].tolist(),
                            sure[low:high].tolist(),
                            strict=True,
                        ),
                    )
                ),
                words=len(one.offsets),
                cut_words=one.cut_words,
            )
            for text, one, start, low, high in zip(
                texts, encoded, starts.tolist(), edges, edges[1:], strict=False
            )
        ]

    def logits(self, encoded: Sequence[EncodedText]) -> Logits:
        """The logits of every word of all texts laid end to end, shape (words, tags)."""
        total = sum(len(text.offsets) for text in encoded)
        decided = np.zeros((total, len(self.labels.tags)), dtype=np.float32)
        jobs = list(self._jobs(encoded))
        batches = [
            [jobs[index] for index in batch]
            for batch in bucketed([len(job[0]) for job in jobs], self.batch_pieces)
        ]
        # On a GPU these calls return at once; what is computed is fetched after the last of them.
        computed = list((self._pool.map if self._pool else map)(self._forward, batches))
        for batch, logits in zip(batches, computed, strict=True):
            decided[np.concatenate([job[2] for job in batch])] = logits.float().cpu().numpy()
        return decided

    def _jobs(self, encoded: Sequence[EncodedText]) -> Iterator[_Job]:
        """Per window: its piece ids, where its owned words begin in them, which words those are."""
        base = 0
        for text in encoded:
            for window, owned in zip(text.windows, text.owned, strict=True):
                ids = self.encoder.with_specials(text, window)
                lengths = [len(word) for word in text.pieces[window.start : owned.end]]
                first = np.array([0, *accumulate(lengths[:-1])]) + len(self.encoder.prefix)
                yield ids, first[owned.start - window.start :], base + np.arange(*owned)
            base += len(text.offsets)

    def _forward(self, batch: Sequence[_Job]) -> torch.Tensor:
        """Logits of the words that a batch of windows decides, shape (words, tags)."""
        rows = np.repeat(np.arange(len(batch)), [len(job[1]) for job in batch])
        columns = np.concatenate([job[1] for job in batch])
        special = len(self.encoder.prefix) + len(self.encoder.suffix)
        width = padded(max(len(job[0]) for job in batch), self.encoder.limit + special)
        ids = np.full((len(batch), width), self.encoder.tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(batch), width), dtype=np.int64)
        for row, (window, _, _) in enumerate(batch):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        with torch.inference_mode():
            logits: torch.Tensor = self.model(
                input_ids=self._there(ids), attention_mask=self._there(mask)
            ).logits
            return logits[self._there(rows), self._there(columns)]

    def _there(self, array: npt.NDArray[np.int64]) -> torch.Tensor:
        """An array on the model's device; to a GPU it travels while the GPU computes."""
        tensor = torch.from_numpy(array)
        if self.model.device.type == "cuda":
            return tensor.pin_memory().to(self.model.device, non_blocking=True)
        return tensor.to(self.model.device)

    def _spans(
        self, text: str, offsets: list[Offsets], found: Iterable[tuple[int, int, int, float]]
    ) -> Iterator[PredictedSpan]:
        """Spans from first word, last word, tag and confidence; no mark stays at an edge."""
        for first, last, tag, confidence in found:
            if inside := without_marks(text, offsets[first : last + 1]):
                start, end = inside
                label = self.labels.labels[(tag - 1) // 2]
                yield PredictedSpan(
                    start, end, label, surface=text[start:end], confidence=round(confidence, 4)
                )


def _thread_pool(workers: int) -> ThreadPoolExecutor:
    """Threads that share the CPU's cores; PyTorch releases Python's lock while it computes."""
    each = max(1, torch.get_num_threads() // workers)
    return ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(each,))


def _lowest(
    probability: Logits,
    tags: npt.NDArray[np.int64],
    begins: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """The lowest probability of a decided tag within each span, shape (spans,)."""
    if not len(begins):
        return np.zeros(0, dtype=np.float32)
    chosen = np.append(probability[np.arange(len(tags)), tags], np.float32(1))
    lowest: npt.NDArray[np.float32] = np.minimum.reduceat(
        chosen, np.stack([begins, ends + 1], axis=1).ravel()
    )[::2]
    return lowest


def _scaled(probability: npt.NDArray[np.float32], temperature: float) -> npt.NDArray[np.float64]:
    """Probabilities with their log-odds divided by a temperature, shape as given."""
    inside = np.clip(probability.astype(np.float64), _SUREST, 1 - _SUREST)
    scaled: npt.NDArray[np.float64] = expit(logit(inside) / temperature)
    return scaled

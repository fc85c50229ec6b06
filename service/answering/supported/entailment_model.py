"""The adapter: a cross-encoder for natural language inference, from a folder on this machine, as `Entails`.

The folder is one that sentence-transformers' `CrossEncoder` saves or loads: `config.json` whose `id2label` names
entailment, neutral and contradiction, safetensors weights, a tokenizer. In order: (1) labels and weights are looked at,
(2) the model is loaded without network, pickles or code of its own, (3) weights that are missing would be made up at
random, so that is an error. It computes in float32 on the threads that the encoder left it. One pair is judged beside
the other readings of the same sentence alone: what it says does not depend on who else asks.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from indexes.errors import EncoderError
from indexes.model_files import folder_digest
from service.answering.supported.entailment import Shares

SETTING = "GREENLIT_ENTAILMENT"
_LABELS = ("entailment", "neutral", "contradiction")
_MOST_TOKENS = 512  # where the model does not say how many it takes
_UNENTAILED = Shares(0.0, 1.0, 0.0)
_SAMPLE = ("Masters are kept for ten years.", "Masters are never kept.")


class EntailmentModel:
    """A cross-encoder of a local folder. Any thread may call; texts are cut into tokens by one at a time."""

    def __init__(self, folder: Path, *, least: float) -> None:
        """Load the model.

        Args:
            folder: holds its files.
            least: the least share of entailment of a sentence that is released.

        Raises:
            EncoderError: files are missing, cannot be loaded, or are of another kind of model.
        """
        self.least = least
        config = _config(folder)
        self._places = _places(folder, config)
        self.digest = folder_digest(folder)
        self._model, self._tokenizer = _load(folder)
        most = min(int(config.get("max_position_embeddings") or _MOST_TOKENS), int(self._tokenizer.model_max_length))
        self._most_tokens = most - 2 * ("roberta" in str(config.get("model_type")))  # its places begin behind padding
        self._cutting = threading.Lock()  # a fast tokenizer breaks where two threads set how it cuts

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Shares]:
        """Return what it says of each pair of a premise and a sentence.

        A premise that is too long is cut; a sentence that is too long by itself is not entailed.
        """
        if not pairs:
            return []
        with self._cutting:
            if any(len(self._tokenizer(text)["input_ids"]) >= self._most_tokens for _, text in pairs):
                return [_UNENTAILED] * len(pairs)
            features = self._tokenizer(
                [premise for premise, _ in pairs],
                [text for _, text in pairs],
                padding=True,
                truncation="only_first",
                max_length=self._most_tokens,
                return_tensors="pt",
            )
        with torch.inference_mode():
            shares = torch.softmax(self._model(**features).logits.to(torch.float32), dim=-1).tolist()
        return [Shares(*(float(each[place]) for place in self._places)) for each in shares]

    def doubts(self) -> list[str]:
        """Return what speaks against it, in words for operators, after asking it about a made-up sentence."""
        said, opposite = _SAMPLE
        same, other = self.judge([(said, said), (said, opposite)])
        found = []
        if same.entailment < self.least:
            found.append(f"it finds that a sentence entails itself with a share of {same.entailment:.2f} only")
        if other.entailment >= self.least:
            found.append(f"it finds that a sentence entails its opposite, with a share of {other.entailment:.2f}")
        return found


def _config(folder: Path) -> Mapping[str, Any]:
    if not folder.is_dir():
        raise EncoderError(f"{SETTING}: expected the folder of a cross-encoder, got '{folder}'; nothing is downloaded")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{SETTING}: expected config.json of a cross-encoder in {folder}, got none that can be read "
            f"({type(error).__name__})"
        ) from error
    if not isinstance(config, dict):
        raise EncoderError(f"{SETTING}: expected {folder / 'config.json'} to hold an object, got another form")
    return config


def _places(folder: Path, config: Mapping[str, Any]) -> list[int]:
    """Return at which place the model says each of `_LABELS`."""
    expected = f"{SETTING}: expected three labels in id2label of {folder / 'config.json'}, {', '.join(_LABELS)}"
    labels = config.get("id2label")
    if not isinstance(labels, dict) or not labels:
        raise EncoderError(f"{expected}; got none: this is no model for natural language inference")
    named = {str(label).strip().lower(): place for place, label in labels.items()}
    if len(labels) != len(_LABELS) or set(named) != set(_LABELS):
        got = ", ".join(sorted(f"'{label}'" for label in labels.values()))
        raise EncoderError(f"{expected}; got {len(labels)}: {got[:200]}")
    try:
        places = [int(named[label]) for label in _LABELS]
    except ValueError:
        places = []
    if sorted(places) != list(range(len(_LABELS))):
        raise EncoderError(f"{expected}, numbered from 0 to 2; got {', '.join(sorted(map(str, labels)))}")
    return places


def _load(folder: Path) -> tuple[Any, Any]:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        model, told = AutoModelForSequenceClassification.from_pretrained(  # nosec B615
            folder, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **local
        )
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, **local)  # nosec B615
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise EncoderError(f"{SETTING}: the entailment model in {folder} cannot be loaded: {error}") from error
    if missing := sorted([*told["missing_keys"], *(str(one) for one in told["mismatched_keys"])]):
        raise EncoderError(
            f"{SETTING}: expected all weights of a classifier in {folder}, got none that fit for {missing[0]}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}: it was not trained to classify"
        )
    if len(set(tokenizer("one two three", add_special_tokens=False)["input_ids"])) < 3:  # noqa: PLR2004  (as many words)
        raise EncoderError(
            f"{SETTING}: the model in {folder} cannot tell words apart: expected its tokenizer.json or vocab.txt there"
        )
    return model.eval(), tokenizer

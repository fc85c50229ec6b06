"""Entailment models for tests: `Entailing` within the process, and a tiny real one that says what a test wants."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification

from service.answering.supported.entailment import Shares
from tests.support.models import embedded_model

LABELS = ("entailment", "neutral", "contradiction")
SURE = 5.0  # the bias of the label that the tiny one says: a share of 0.99
Judges = Callable[[str, str], Shares]


def is_entailed(_premise: str, _text: str) -> Shares:
    """Find that everything is entailed."""
    return Shares(0.9, 0.08, 0.02)


def says_nothing(_premise: str, _text: str) -> Shares:
    """Find that nothing says anything of anything."""
    return Shares(0.1, 0.8, 0.1)


@dataclass
class Entailing:
    """Says of a premise and a sentence what a function says; `asked` are the pairs that it was asked about."""

    judges: Judges = is_entailed
    digest: str = "e" * 64
    least: float = 0.5
    asked: list[tuple[str, str]] = field(default_factory=list)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Shares]:
        self.asked += pairs
        return [self.judges(premise, text) for premise, text in pairs]


def make_entailment_model(folder: Path, *, says: str = "entailment", labels: Sequence[str] = LABELS) -> Path:
    """Make a cross-encoder of two thin layers with the encoder's words that says one label of everything.

    Args:
        folder: does not exist yet.
        says: which one of `labels`.
        labels: in the order of its outputs.
    """
    kept = shutil.ignore_patterns("model.safetensors", "README.md", "modules.json", "1_Pooling", "2_Normalize")
    shutil.copytree(embedded_model(), folder, ignore=kept)
    settings: dict[str, Any] = json.loads((folder / "config.json").read_text())
    settings |= {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2}
    config = BertConfig(**settings)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: at for at, label in enumerate(labels)}
    torch.manual_seed(0)
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([SURE * (label == says) for label in labels]))
    model.save_pretrained(folder)
    return folder

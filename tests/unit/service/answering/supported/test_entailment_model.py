"""A cross-encoder for natural language inference is loaded from a folder, or it is said what is wrong with that."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertModel

from indexes.errors import EncoderError
from service.answering.supported.entailment_model import EntailmentModel
from tests.support.entailment import LABELS, make_entailment_model

PAIR = ("Fines are never reimbursed.", "Fines are not reimbursed.")


def _load(folder: Path) -> EntailmentModel:
    return EntailmentModel(folder, least=0.5)


@pytest.fixture
def copied(entailment_model: Path, tmp_path: Path) -> Path:
    """A model's folder that a test may break."""
    return shutil.copytree(entailment_model, tmp_path / "model")


@pytest.mark.parametrize(
    ("says", "labels"),
    [
        ("entailment", LABELS[::-1]),
        ("neutral", ("CONTRADICTION", "ENTAILMENT", "NEUTRAL")),
        ("contradiction", ("Neutral", "Contradiction", "Entailment")),
    ],
)
def test_the_labels_are_told_by_their_names(tmp_path: Path, says: str, labels: tuple[str, ...]) -> None:
    said = next(label for label in labels if label.lower() == says)
    (shares,) = _load(make_entailment_model(tmp_path / "model", says=said, labels=labels)).judge([PAIR])
    assert getattr(shares, says) > 0.9
    assert shares.entailment + shares.neutral + shares.contradiction == pytest.approx(1)


def test_a_folder_of_sentence_transformers_is_read_as_it_reads_it(entailment_model: Path, tmp_path: Path) -> None:
    CrossEncoder(str(entailment_model), device="cpu", local_files_only=True).save_pretrained(str(tmp_path))
    theirs = CrossEncoder(str(tmp_path), device="cpu", local_files_only=True)
    expected = torch.softmax(torch.tensor(theirs.predict([PAIR], show_progress_bar=False)), dim=-1)[0].tolist()
    (shares,) = _load(tmp_path).judge([PAIR])
    assert [shares.entailment, shares.neutral, shares.contradiction] == pytest.approx(expected, abs=1e-5)


def test_the_digest_tells_one_model_from_another(entailment_model: Path, copied: Path) -> None:
    assert _load(entailment_model).digest == _load(copied).digest
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-6}))
    assert _load(entailment_model).digest != _load(copied).digest


def test_a_long_premise_is_cut_and_a_sentence_that_is_too_long_is_not_entailed(entailment_model: Path) -> None:
    model = _load(entailment_model)
    long = "Fines are never reimbursed. " * 200
    (cut,), (whole,) = model.judge([(long, PAIR[1])]), model.judge([(PAIR[0], long)])
    assert (cut.entailment > 0.9, whole.entailment) == (True, 0.0)
    assert model.judge([]) == []


def test_many_may_ask_at_once(entailment_model: Path) -> None:
    model = _load(entailment_model)
    pairs = [(f"{PAIR[0]} {'More. ' * at}", PAIR[1]) for at in range(8)]
    alone = [model.judge([pair]) for pair in pairs]
    with ThreadPoolExecutor(4) as several:
        assert list(several.map(lambda pair: model.judge([pair]), pairs)) == alone


def test_what_speaks_against_a_model_is_told(entailment_model: Path, tmp_path: Path) -> None:
    (doubt,) = _load(entailment_model).doubts()
    assert doubt.startswith("it finds that a sentence entails its opposite, with a share of 0.9")
    (doubt,) = _load(make_entailment_model(tmp_path / "neutral", says="neutral")).doubts()
    assert doubt.startswith("it finds that a sentence entails itself with a share of 0.0")


def _configured(**more: Any) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | more))

    return write


def _labelled(*labels: str) -> Callable[[Path], None]:
    return _configured(id2label=dict(enumerate(labels)), label2id={label: at for at, label in enumerate(labels)})


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _not_trained_to_classify(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    BertModel(BertConfig(**config)).save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_labelled("LABEL_0", "LABEL_1", "LABEL_2"), "expected three labels in id2label of .* got 3: 'LABEL_0'"),
        (_labelled("entailment", "not_entailment"), "got 2: 'entailment', 'not_entailment'"),
        (_labelled("entailment", "neutral", "contradiction", "other"), "got 4: "),
        (_labelled("entailment", "entailment", "contradiction"), "got 3: 'contradiction', 'entailment', 'entailment'"),
        (_configured(id2label=None), "got none: this is no model for natural language inference"),
        (_configured(id2label=dict(zip("abc", LABELS, strict=True))), "numbered from 0 to 2; got a, b, c"),
        (_configured(id2label=dict(zip("124", LABELS, strict=True))), "numbered from 0 to 2; got 1, 2, 4"),
        (_configured(model_type="made-up", auto_map={"AutoConfig": "code.Config"}), "cannot be loaded"),
        (_pickled, "no safetensors weights .*pickled weights are refused"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), "cannot be loaded"),
        (lambda folder: (folder / "config.json").unlink(), "expected config.json .*FileNotFoundError"),
        (lambda folder: (folder / "config.json").write_text("{"), "expected config.json .*JSONDecodeError"),
        (lambda folder: (folder / "config.json").write_text("[]"), "to hold an object, got another form"),
        (_not_trained_to_classify, "expected all weights of a classifier .* it was not trained to classify"),
        (_configured(hidden_size=64), "cannot be loaded|all weights of a classifier"),
        (
            lambda folder: [(folder / one).unlink(missing_ok=True) for one in ("tokenizer.json", "vocab.txt")],
            "cannot be loaded|cannot tell words apart",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(copied: Path, broken: Callable[[Path], object], said: str) -> None:
    broken(copied)
    with pytest.raises(EncoderError, match=said):
        _load(copied)


def test_a_name_of_a_hub_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"GREENLIT_ENTAILMENT: expected the folder .* nothing is downloaded"):
        _load(tmp_path / "cross-encoder/nli-deberta-v3-small")

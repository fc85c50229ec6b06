"""A model is examined: who approved it, what it may be sent, and whether a text comes of it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.models.endpoints import Endpoints
from service.models.errors import ModelError, ModelNotApprovedError, ModelUnavailableError
from service.models.following import Models
from service.models.models_file import MODELS_FILE
from service.models.trying import FACT
from service.operating.checks import Found
from service.operating.model import examined_model
from tests.support.model_parts import ENTRY, EXPIRES, SayingModel, written

TERMS: dict[str, Any] = {"region": "EU", "retention": "none", "training": False}
EARLY = EXPIRES - timedelta(days=90)
Examine = Callable[..., Found]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Examine the model of an entry, given what it says and the day."""

    def examined(model: SayingModel, today: date = EARLY, **more: Any) -> Found:
        (tmp_path / MODELS_FILE).write_text(written({**ENTRY, **TERMS, **more}))
        models = Models(library=tmp_path, on_change=lambda _: None, notice=lambda _: None)
        endpoints = Endpoints(models=models, connect=lambda *_: model, environment={}, today=lambda: today)
        return examined_model(endpoints, "writer", known_sources=["handbook"], today=today)

    return examined


def test_who_approved_it_for_what_and_how_long_it_took_is_told(examine: Examine) -> None:
    told = examine(SayingModel(f"With {FACT}."))
    assert told.warnings == []
    assert told.detail.startswith(
        "'writer' is qwen3-8b at https://models.example/v1, owned by it@northlight.example, approved by "
        "legal@northlight.example until 2027-06-30, and may be sent passages of handbook; "
        "asked about a made-up document: first words after "
    )


@pytest.mark.parametrize(
    ("may_send", "words"),
    [
        ({"sources": ["*"]}, "passages of every source;"),
        ({"sources": None, "groups": ["staff", "board"]}, "passages of every source that board or staff may read;"),
        ({"groups": ["staff"]}, "passages of handbook that staff may read;"),
    ],
)
def test_what_it_may_be_sent_is_told(examine: Examine, may_send: dict[str, Any], words: str) -> None:
    assert f"may be sent {words}" in examine(SayingModel(FACT), **may_send).detail


@pytest.mark.parametrize(
    ("more", "today", "said", "words"),
    [
        ({"region": None}, EARLY, FACT, "models.toml does not state region"),
        ({"sources": ["handbok"]}, EARLY, FACT, "there is no source 'handbok' in sources.toml"),
        ({"training": True}, EARLY, FACT, "what is sent may be used to train"),
        ({}, EXPIRES - timedelta(days=13), FACT, "its approval ends in 13 days"),
        ({}, EXPIRES, FACT, "its approval ends today"),
        ({}, EARLY, "I cannot know.", "it did not say what that says"),
    ],
)
def test_what_a_person_should_know_is_a_warning(
    examine: Examine, more: dict[str, Any], today: date, said: str, words: str
) -> None:
    (warning,) = examine(SayingModel(said), today, **more).warnings
    assert warning.startswith("model 'writer': ")
    assert words in warning


def test_one_that_fails_is_told_with_its_approval(examine: Examine) -> None:
    with pytest.raises(ModelError, match=r"^it is down; 'writer' is qwen3-8b at https:"):
        examine(SayingModel(error=ModelUnavailableError("it is down")))


def test_one_that_may_not_be_called_is_not(examine: Examine) -> None:
    model = SayingModel(FACT)
    with pytest.raises(ModelNotApprovedError, match="nobody approved it"):
        examine(model, approved_by=None)
    assert model.asked == []

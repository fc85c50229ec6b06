"""From a name to a client: only what is approved today, with its key; and the same client while nothing changes."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.models.approved import ApprovedModel
from service.models.endpoints import Endpoints
from service.models.errors import ModelNotApprovedError
from service.models.following import Models
from service.models.models_file import MODELS_FILE, ModelsSaid
from service.models.port import Model
from tests.support.model_parts import ENTRY, EXPIRES, LeftModel, SayingModel, written


class Desk:
    """Endpoints of a file that a test writes; `connected` is each client that was made, with its key."""

    def __init__(self, library: Path) -> None:
        self.path = library / MODELS_FILE
        self.environment: dict[str, str] = {}
        self.today = EXPIRES
        self.said: list[ModelsSaid] = []
        self.told: list[str] = []
        self.connected: list[tuple[str, str | None]] = []
        self.client: Model | None = None
        models = Models(library=library, on_change=self.said.append, notice=self.told.append)
        self.endpoints = Endpoints(
            models=models, connect=self._connect, environment=self.environment, today=self._today
        )

    def _today(self) -> date:
        return self.today

    def _connect(self, approved: ApprovedModel, key: str | None) -> Model:
        self.connected.append((approved.endpoint.model, key))
        return self.client or SayingModel("yes")

    def write(self, *entries: dict[str, Any]) -> None:
        self.path.write_text(written(*entries), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write(ENTRY)
    return made


def test_a_client_is_kept_while_its_entry_stays_the_same(desk: Desk) -> None:
    approved, first = desk.endpoints.open("writer")
    assert approved.endpoint.model == "qwen3-8b"
    desk.write(ENTRY, {**ENTRY, "name": "judge"})
    assert desk.endpoints.open("writer")[1] is first
    desk.write({**ENTRY, "model": "qwen3-32b"})
    assert desk.endpoints.open("writer")[1] is not first
    assert [model for model, _ in desk.connected] == ["qwen3-8b", "qwen3-32b"]


def test_what_is_taken_out_of_the_file_is_not_opened_any_more(desk: Desk) -> None:
    desk.endpoints.open("writer")
    desk.path.unlink()
    with pytest.raises(ModelNotApprovedError, match=r"'writer' is not in models\.toml: expected one of none"):
        desk.endpoints.open("writer")


def test_another_name_is_told_which_there_are(desk: Desk) -> None:
    with pytest.raises(ModelNotApprovedError, match=r"'wrter' is not in models\.toml: expected one of writer"):
        desk.endpoints.open("wrter")


def test_an_approval_that_ends_over_night_ends_what_was_open(desk: Desk) -> None:
    desk.endpoints.open("writer")
    desk.today += timedelta(days=1)
    with pytest.raises(ModelNotApprovedError, match="its approval ended on 2027-06-30"):
        desk.endpoints.open("writer")


def test_what_nobody_approved_is_not_opened(desk: Desk) -> None:
    desk.write({**ENTRY, "approved_by": None})
    with pytest.raises(ModelNotApprovedError, match="nobody approved it"):
        desk.endpoints.open("writer")


def test_a_file_that_cannot_be_understood_is_the_reason(desk: Desk) -> None:
    desk.write({**ENTRY, "surces": ["legal"]})
    with pytest.raises(ModelNotApprovedError, match="unknown key 'surces'"):
        desk.endpoints.open("writer")


def test_a_key_comes_from_the_environment_and_a_new_one_is_a_new_client(desk: Desk) -> None:
    desk.write({**ENTRY, "api_key_env": "MODELS_API_KEY"})
    for key in ("one", "one", "two\n"):
        desk.environment["MODELS_API_KEY"] = key
        desk.endpoints.open("writer")
    assert desk.connected == [("qwen3-8b", "one"), ("qwen3-8b", "two")]


@pytest.mark.parametrize("key", [None, "", "two words", "schlüssel", "a\r\nX-Header: b"])
def test_a_key_that_is_missing_or_none_is_named_by_its_variable_and_not_shown(desk: Desk, key: str | None) -> None:
    desk.write({**ENTRY, "api_key_env": "MODELS_API_KEY"})
    if key is not None:
        desk.environment["MODELS_API_KEY"] = key
    with pytest.raises(ModelNotApprovedError) as raised:
        desk.endpoints.open("writer")
    came = "another form" if key else "nothing"
    assert str(raised.value) == f"model 'writer': expected its key in MODELS_API_KEY, got {came}"


def test_why_it_could_not_be_asked_is_told_without_calling_it(desk: Desk) -> None:
    assert desk.endpoints.problems("writer") == []
    (unnamed,) = desk.endpoints.problems("wrter")
    assert unnamed.startswith("model 'wrter' is not in models.toml")
    desk.today += timedelta(days=1)
    assert desk.endpoints.problems("writer") == ["model 'writer' may not be called: its approval ended on 2027-06-30"]


def test_a_client_that_leaves_its_model_alone_says_why(desk: Desk) -> None:
    desk.client = LeftModel()
    assert desk.endpoints.problems("writer") == ["model 'writer' failed 5 times in a row"]

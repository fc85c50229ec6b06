"""The parts of a service: a language model is one of them only where the settings ask for it."""

from pathlib import Path
from typing import Any

import pytest

from indexes.errors import EncoderError
from indexes.model_files import folder_digest
from service.models.approved import ApprovedModel
from service.models.errors import ModelNotApprovedError
from service.models.models_file import MODELS_FILE
from service.models.port import Model
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, SayingModel, written
from tests.support.service_parts import VENDOR_QUESTION, Studio, open_studio, with_rules

WRITES: dict[str, Any] = {"answerer": "llm", "model": "writer"}


def connect(approved: ApprovedModel, key: str | None) -> Model:
    """Return a model that says nothing of use."""
    del approved, key
    return SayingModel("yes")


def _changes(studio: Studio) -> list[list[str]]:
    return [leaf["models"] for leaf in studio.all_leaves() if leaf["type"] == "models.changed"]


def _write(library: TinyLibrary, *entries: dict[str, Any]) -> Path:
    path = library.folder / MODELS_FILE
    path.write_text(written(*entries))
    return path


@pytest.mark.parametrize("settings", [{}, {"model": "writer"}])
def test_where_none_is_asked_for_none_is_a_part_and_the_file_is_not_looked_at(
    library: TinyLibrary, settings: dict[str, Any]
) -> None:
    (library.folder / MODELS_FILE).write_text("not TOML")
    with open_studio(with_rules(library), connect=connect, **settings) as studio:
        assert studio.service.answering.steps.mandate is None
        assert studio.ask(VENDOR_QUESTION)["refusal"] is None
        assert not [problem for problem in studio.service.health.report().problems if "model" in problem]
        assert _changes(studio) == []


@pytest.mark.parametrize(
    ("settings", "does"),
    [
        (WRITES, (True, False, False, True)),
        ({"judge": "llm", "model": "writer"}, (False, True, False, True)),
        ({"rewriter": "llm", "model": "writer"}, (False, False, True, True)),
        ({**WRITES, "judge": "llm", "model_fails": "refuse"}, (True, True, False, False)),
    ],
)
def test_the_settings_say_what_a_model_does(
    library: TinyLibrary, settings: dict[str, Any], does: tuple[bool, bool, bool, bool]
) -> None:
    with open_studio(with_rules(library), connect=connect, **settings) as studio:
        mandate = studio.service.answering.steps.mandate
        assert mandate is not None
        assert mandate.name == "writer"
        assert (mandate.writes, mandate.judges, mandate.rewrites, mandate.quotes_instead) == does


def test_an_entailment_model_is_loaded_where_a_model_writes_and_the_release_names_it(
    library: TinyLibrary, entailment_model: Path
) -> None:
    _write(library, ENTRY)
    more: dict[str, Any] = {"entailment": entailment_model, "entailment_least": 0.7}
    with open_studio(with_rules(library), connect=connect, **WRITES, **more) as studio:
        mandate = studio.service.answering.steps.mandate
        assert mandate is not None
        assert mandate.entails is not None
        assert (mandate.entails.digest, mandate.entails.least) == (folder_digest(entailment_model), 0.7)
        studio.ask(VENDOR_QUESTION)
        named = studio.service.settings.config_hash(entailment=mandate.entails.digest)
        assert named != studio.service.settings.config_hash()
        said = {leaf["release"]["config_hash"] for leaf in studio.all_leaves() if "release" in leaf}
        assert said == {named}


@pytest.mark.parametrize("settings", [{}, {"judge": "llm", "model": "writer"}])
def test_an_entailment_model_is_not_looked_at_where_no_model_writes(
    library: TinyLibrary, tmp_path: Path, settings: dict[str, Any]
) -> None:
    with open_studio(with_rules(library), connect=connect, entailment=tmp_path / "none", **settings) as studio:
        mandate = studio.service.answering.steps.mandate
        assert mandate is None or mandate.entails is None


def test_a_service_does_not_start_with_a_broken_entailment_model(library: TinyLibrary, tmp_path: Path) -> None:
    with (
        pytest.raises(EncoderError, match="GREENLIT_ENTAILMENT: expected the folder"),
        open_studio(with_rules(library), connect=connect, entailment=tmp_path / "none", **WRITES),
    ):
        pytest.fail("it started")


def test_a_change_of_what_is_approved_is_on_record_before_it_acts_and_is_seen_without_a_question(
    library: TinyLibrary,
) -> None:
    file = _write(library, ENTRY)
    with open_studio(with_rules(library), connect=connect, **WRITES) as studio:
        mandate = studio.service.answering.steps.mandate
        assert mandate is not None
        assert mandate.endpoints.open("writer")[0].approved_by == ENTRY["approved_by"]
        file.unlink()
        (follow,) = [task for task in studio.service.tasks if task.name == "following models.toml"]
        follow.do()
        assert _changes(studio) == [["writer"], []]
        with pytest.raises(ModelNotApprovedError):
            mandate.endpoints.open("writer")


def test_what_is_on_record_already_is_not_put_there_again(library: TinyLibrary) -> None:
    _write(library, ENTRY)
    with_rules(library)
    for _ in range(2):
        with open_studio(library, connect=connect, **WRITES) as studio:
            studio.service.health.report()  # looks at the file
            changes = _changes(studio)
    assert changes == [["writer"]]

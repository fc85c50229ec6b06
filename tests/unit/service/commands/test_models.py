"""What calls language models: nothing where none is asked for, and what to install where something is missing."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from indexes.errors import SettingsError
from service.commands.models import connecting
from service.models.models_file import MODELS_FILE
from service.models.openai_like import open_model
from service.settings import Settings
from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.model_parts import ENTRY, written
from tests.support.model_server import ModelServer
from tests.support.service_parts import VENDOR_QUESTION, files_holding, with_rules


def test_where_no_model_is_asked_for_nothing_calls_one() -> None:
    assert connecting(Settings(_env_file=None, model="writer")) is None


@pytest.mark.parametrize("wanted", ["answerer", "judge"])
def test_where_one_is_asked_for_its_adapter_calls_it(wanted: str) -> None:
    assert connecting(_settings(wanted)) is open_model


@pytest.mark.parametrize("wanted", ["ANSWERER", "JUDGE"])
def test_without_the_extra_it_says_which_to_install(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    _without_the_extra(monkeypatch)
    with pytest.raises(SettingsError, match=rf"what GREENLIT_{wanted}=llm needs, .*: pip install -e '\.\[llm\]'$"):
        connecting(_settings(wanted.lower()))


@pytest.mark.parametrize("command", [("serve",), ("ask", "Who reviews a vendor?")])
def test_commands_end_with_2_and_name_what_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    _without_the_extra(monkeypatch)
    extra = run(*command, GREENLIT_ANSWERER="llm", GREENLIT_MODEL="writer")
    assert (extra.exit_code, "pip install -e '.[llm]'" in extra.stderr.replace("\n", " ")) == (2, True)
    name = run(*command, GREENLIT_ANSWERER="llm")
    assert (name.exit_code, "expected GREENLIT_MODEL with GREENLIT_ANSWERER=llm" in name.stderr) == (2, True)


def _settings(wanted: str) -> Settings:
    return Settings(_env_file=None, model="writer").model_copy(update={wanted: "llm"})


def _without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "service.models.openai_like", raising=False)
    monkeypatch.setitem(sys.modules, "llama_index.llms.openai_like", None)


# Asked from the command line


@pytest.fixture
def server(library: TinyLibrary) -> Iterator[ModelServer]:
    """A model by script, which the library approves."""
    with_rules(library)
    with ModelServer() as opened:
        approve(library, opened)
        yield opened


def approve(library: TinyLibrary, server: ModelServer, **more: Any) -> None:
    """Approve a model, as people do."""
    entry = ENTRY | {"url": server.url, "sources": ["*"]} | more
    (library.folder / MODELS_FILE).write_text(written(entry))


def asked(run: Run, **settings: str) -> dict[str, Any]:
    """Ask, and return the answer."""
    result = run("ask", VENDOR_QUESTION, "--json", GREENLIT_MODEL="writer", **settings)
    assert result.exit_code == 0, result.stderr
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def test_a_question_goes_by_the_model_that_the_settings_name(run: Run, server: ModelServer) -> None:
    answer = asked(run, GREENLIT_ANSWERER="llm")
    assert (answer["model"]["name"], answer["model"]["wrote"]) == ("writer", True)
    assert {sentence["check"] for sentence in answer["sentences"]} == {"supported"}
    assert [sent.question for sent in server.asked] == [VENDOR_QUESTION]


def test_a_model_that_is_named_only_is_sent_nothing(run: Run, server: ModelServer) -> None:
    assert asked(run)["model"] is None
    assert server.asked == []


def test_the_key_in_the_environment_is_shown_to_the_endpoint_alone(
    run: Run, server: ModelServer, library: TinyLibrary
) -> None:
    approve(library, server, api_key_env="WRITERS_KEY")
    answer = asked(run, GREENLIT_ANSWERER="llm", WRITERS_KEY="sk-of-the-vendor")
    assert server.newest.headers["authorization"] == "Bearer sk-of-the-vendor"
    kept = [library.root / "state", library.builds]
    assert files_holding("sk-of-the-vendor", *kept) == []
    assert "sk-of-the-vendor" not in json.dumps(answer)


def test_quotes_stand_in_for_a_model_that_fails_unless_that_is_refused(run: Run, server: ModelServer) -> None:
    server.plays("html_page")
    answer = asked(run, GREENLIT_ANSWERER="llm")
    assert {sentence["check"] for sentence in answer["sentences"]} == {"verbatim"}
    assert answer["notes"] == ["The language model could not be asked, so these are quotes."]

    settings = {"GREENLIT_ANSWERER": "llm", "GREENLIT_MODEL": "writer", "GREENLIT_MODEL_FAILS": "refuse"}
    refused = run("ask", VENDOR_QUESTION, "--json", **settings)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "the language model could not be asked" in refused.stderr


def test_what_nobody_approved_is_sent_nothing(run: Run, server: ModelServer, library: TinyLibrary) -> None:
    approve(library, server, approved_by="")
    assert asked(run, GREENLIT_ANSWERER="llm")["notes"] == [
        "The language model was not asked, for it is not approved now, so these are quotes."
    ]
    assert server.asked == []

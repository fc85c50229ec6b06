"""What calls language models: nothing where none is asked for, and what to install where something is missing."""

import sys

import pytest

from indexes.errors import SettingsError
from service.commands.models import connecting
from service.models.openai_like import open_model
from service.settings import Settings
from tests.support.command_line import Run


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

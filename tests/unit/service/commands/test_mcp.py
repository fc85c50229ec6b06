"""The command mcp: where it asks, and what it says where it cannot; the protocol itself is tried in integration."""

import asyncio
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

import greenlit
from service.audit.storage.writer_lock import holding
from service.commands.mcp import Somewhere
from service.mcp.knowledge import NotGivenError
from service.operating.running import announced
from service.settings import Settings
from tests.support.audit_doors import use_fakes
from tests.support.command_line import held_log
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    POLICY,
    POLICY_TEXT,
    TRAVEL,
    VENDOR_QUESTION,
    open_studio,
    serving,
    settings_for,
    with_rules,
)


def given(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


def settings(library: TinyLibrary, **more: Any) -> Settings:
    return settings_for(library, log_name="greenlit.test", **more)  # as a studio's log is called


def test_with_no_service_running_it_answers_over_the_same_parts_and_holds_nothing_in_between(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(with_rules(library), monkeypatch)
    here = Somewhere(settings(library))
    answer = given(here.ask(VENDOR_QUESTION, conversation_id="c-1"))
    assert (answer["outcome"], answer["receipt"]["origin"]) == ("answered", "greenlit.test/audit/2026-11")
    assert not holding(library.root / "state")
    assert given(here.search(VENDOR_QUESTION, limit=1))["passages"][0]["document"] == POLICY
    assert [one["document"] for one in given(here.documents())] == [POLICY, TRAVEL]
    assert "ten working days" in given(here.document(POLICY))["text"]
    assert given(here.document("legal/none.md")) is None
    assert here.address == "http://127.0.0.1:8000"
    with pytest.raises(NotGivenError, match="at most 2000 characters, got 2001"):
        given(here.ask("a" * 2001, conversation_id=None))


def test_a_service_that_runs_or_begins_meanwhile_is_asked_instead(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fakes(with_rules(library), monkeypatch)
    somewhere = Somewhere(settings(library))
    assert given(somewhere.ask(VENDOR_QUESTION, conversation_id=None))["outcome"] == "answered"
    with open_studio(library) as studio, serving(studio.app) as url, announced(studio.state, url=url):
        before = len(studio.leaves())
        assert given(somewhere.ask(VENDOR_QUESTION, conversation_id="c-2"))["outcome"] == "answered"
        assert {leaf["channel"] for leaf in studio.leaves()[before:] if "channel" in leaf} == {"mcp"}
        assert given(somewhere.search(VENDOR_QUESTION, limit=1))["passages"]
        assert POLICY_TEXT.splitlines()[-1] in given(somewhere.document(POLICY))["text"]
        assert given(somewhere.document("legal/none.md")) is None
        assert somewhere.address == url
        library.revoke(POLICY)
        assert [one["document"] for one in given(somewhere.documents())] == [TRAVEL]
    assert [one["document"] for one in given(somewhere.documents())] == [TRAVEL]


def test_whoever_holds_the_log_and_does_not_say_where_they_listen_is_named(library: TinyLibrary) -> None:
    log = held_log(with_rules(library))
    try:
        with pytest.raises(NotGivenError, match="holds the audit log and has not said where it listens"):
            given(Somewhere(settings(library)).ask(VENDOR_QUESTION, conversation_id=None))
    finally:
        log.close()


def test_a_named_service_is_asked_with_the_key_and_never_with_the_token_of_this_machine(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio, serving(studio.app) as url:
        elsewhere = Somewhere(settings(library, url=url, api_key=SecretStr("glk_aaaaaaaaaa_" + "a" * 43)))
        assert elsewhere.address == url
        with pytest.raises(NotGivenError, match="Not signed in"):
            given(elsewhere.documents())
    with pytest.raises(NotGivenError, match=r"expected an answer from Greenlit, got none"):
        given(elsewhere.documents())


def test_a_start_that_cannot_be_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = {"GREENLIT_URL": "https://greenlit.northlight.example"}
    without_key = CliRunner().invoke(greenlit.app, ["mcp"], env=named)
    assert (without_key.exit_code, without_key.stdout) == (2, "")
    assert "expected an API key in GREENLIT_API_KEY" in without_key.stderr
    for name in [name for name in sys.modules if name == "mcp" or name.startswith(("mcp.", "mcp_types"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("service.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    for words, environment in ((["mcp"], {}), (["serve"], {"GREENLIT_MCP": "true"})):
        without_extra = CliRunner().invoke(greenlit.app, words, env=environment)
        assert (without_extra.exit_code, without_extra.stdout) == (2, ""), words
        assert "pip install -e '.[mcp]'" in without_extra.stderr.replace("\n", " ")

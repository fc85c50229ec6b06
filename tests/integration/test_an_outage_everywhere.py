"""Passages cannot be looked for, as their server is away: each door says so in its own way, and so does the record."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import openai
import pytest

from indexes.errors import SearchUnavailableError
from service.slack_bot.answers.telling import Telling
from service.slack_bot.errors import Later
from tests.support.audit_doors import command
from tests.support.callers import open_office
from tests.support.chat_clients import body
from tests.support.event_streams import AS_EVENTS, told
from tests.support.fakes import TinyLibrary
from tests.support.mcp_clients import client_at
from tests.support.service_parts import TOKEN, Studio, open_studio, with_rules
from tests.support.service_parts import VENDOR_QUESTION as QUESTION
from tests.support.slack_parts import PAGES, TinySlack, asked, greenlit_of, names, place
from tests.support.traces import over_http

WORDS = "Passages cannot be looked for"
SECRET = "Milvus at http://inside:19530/default"  # is for operators: whoever asks is told less


@dataclass(frozen=True)
class Outage:
    """A service without the server that its passages are looked for at, and a client of it."""

    studio: Studio
    http: httpx.Client

    def asked(self) -> dict[str, str]:
        return {"question": QUESTION}


def _away(*_: object) -> None:
    raise SearchUnavailableError(f"{SECRET} did not search: no answer")


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("outage") / "studio"))
    with open_studio(library) as studio, over_http(studio) as client:
        yield Outage(studio, client)


@pytest.fixture(autouse=True)
def _server_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.candidates.LocalCandidates.find", _away)


def _api(outage: Outage) -> str:
    response = outage.http.post("/v1/ask", json=outage.asked())
    assert (response.status_code, response.json()["type"]) == (503, "urn:greenlit:problem:search")
    return response.text


def _api_in_events(outage: Outage) -> str:
    response = outage.http.post("/v1/ask", json=outage.asked(), headers=AS_EVENTS)
    name, data = told(response.text)[-1]
    assert (name, data["type"], data["status"]) == ("error", "urn:greenlit:problem:search", 503)
    return response.text


def _search(outage: Outage) -> str:
    response = outage.http.post("/v1/search", json=outage.asked())
    assert (response.status_code, response.json()["type"]) == (503, "urn:greenlit:problem:search")
    return response.text


def _page(outage: Outage) -> str:
    response = outage.http.post("/", data=outage.asked())
    assert response.status_code == 503
    assert not lxml.html.fromstring(response.text).xpath("//section[@class='answer']")
    return response.text


def _command(outage: Outage) -> str:
    result = command(outage.studio.library, "ask", QUESTION)
    assert result.exit_code == 1
    return result.stderr.splitlines()[-1]  # the service of this process logs there too


def _openai(outage: Outage) -> str:
    with (
        openai.OpenAI(base_url=f"{outage.http.base_url}/v1", api_key=TOKEN, max_retries=0) as client,
        pytest.raises(openai.InternalServerError) as refused,
    ):
        client.chat.completions.create(**body(QUESTION))
    assert (refused.value.status_code, refused.value.code) == (503, "search")
    return str(refused.value)


def _openai_in_chunks(outage: Outage) -> str:
    response = outage.http.post("/v1/chat/completions", json=body(QUESTION, stream=True))
    assert (response.status_code, response.json()["error"]["code"]) == (503, "search")
    return response.text


def _mcp(outage: Outage) -> str:
    async def ask() -> Any:
        async with client_at(str(outage.http.base_url).rstrip("/"), "2026-07-28") as client:
            return await client.call_tool("ask", outage.asked())

    result = asyncio.run(ask())
    assert (result.is_error, result.structured_content) == (True, None)
    return str(result.content[0].text)


# Each door, the channel that its records name, and how somebody asks through it and is told.
DOORS: Mapping[str, tuple[str, Callable[[Outage], str]]] = {
    "API": ("api", _api),
    "API, in events": ("api", _api_in_events),
    "search": ("api", _search),
    "page": ("web", _page),
    "command line": ("cli", _command),
    "OpenAI": ("openai", _openai),
    "OpenAI, in chunks": ("openai", _openai_in_chunks),
    "MCP": ("mcp", _mcp),
}


@pytest.mark.parametrize("door", DOORS)
def test_each_door_says_that_it_is_not_now_and_the_record_says_why(outage: Outage, door: str) -> None:
    before = len(outage.studio.leaves())
    channel, ask = DOORS[door]
    said = ask(outage)
    assert WORDS in said
    assert SECRET not in said
    received, finished = outage.studio.leaves()[before:]
    assert received["channel"] == channel
    assert (finished["outcome"], finished["reason"]) == ("failed", "search_unavailable")
    assert finished["request_id"] == received["request_id"]
    assert SECRET not in json.dumps([received, finished])


def test_slack_is_answered_later_and_posts_nothing_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> list[Any]:
        async with greenlit_of(office) as greenlit, TinySlack().open() as slack:
            telling = Telling(slack.web(), greenlit, public_url=PAGES, names=names())
            with pytest.raises(Later):
                await telling.answer(asked(QUESTION, place()), sending=lambda: asyncio.sleep(0))
            monkeypatch.undo()
            await telling.answer(asked(QUESTION, place()), sending=lambda: asyncio.sleep(0))
            return slack.posted()

    with open_office(TinyLibrary(tmp_path / "studio")) as office:
        posted = asyncio.run(story())
        outcomes = [leaf.get("outcome") for leaf in office.studio.leaves() if leaf["type"] == "query.finished"]
    assert outcomes == ["failed", "answered"]
    assert len(posted) == 1
    assert WORDS not in str(posted[0].args)

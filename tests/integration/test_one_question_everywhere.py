"""One question through all doors: the same sentences, the same citations, records that differ in the channel alone.

A new door gets a function that asks through it and a line in `DOORS`. `passages` of the retriever for LlamaIndex are a
search: it finds what the answers cite, and its record says the same of what was found. Slack asks for somebody of a
directory, so it is held against the API asked for the same person.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import lxml.html
import openai
import pytest

from service.audit.storage.sqlite_store import SqliteLeafStore
from service.clients.calls import Service
from service.clients.client import Greenlit
from service.clients.llama_index import GreenlitRetriever
from service.slack_bot.answers.telling import Telling
from tests.support.answering_parts import RANKING
from tests.support.audit_doors import command, use_fakes
from tests.support.callers import open_office
from tests.support.chat_clients import body, chunks_of
from tests.support.event_streams import AS_EVENTS, told
from tests.support.fakes import TinyLibrary
from tests.support.mcp_clients import client_at
from tests.support.service_parts import TOKEN, open_studio, with_rules
from tests.support.slack_parts import ADDRESSES, PAGES, THEO, TinySlack, asked, greenlit_of, names, place
from tests.support.traces import over_http

QUESTION = "Who reviews a new AI vendor, and what is the daily travel allowance?"


@dataclass(frozen=True)
class Asking:
    """Somebody who asks: at a running service, by HTTP, and with commands."""

    http: httpx.Client
    library: TinyLibrary

    @property
    def service(self) -> Service:
        return Service(str(self.http.base_url), TOKEN)


@dataclass(frozen=True)
class Said:
    """What a door says: its sentences, and the addresses of their sources in order, from the root on."""

    sentences: list[str]
    sources: list[str]


def _of_json(answer: Mapping[str, Any]) -> Said:
    return Said([one["text"] for one in answer["sentences"]], [one["url"] for one in answer["citations"]])


def _from_root(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(scheme="", netloc="").geturl()


def _api(asking: Asking) -> Said:
    return _of_json(asking.http.post("/v1/ask", json={"question": QUESTION}).json())


def _api_in_events(asking: Asking) -> Said:
    events = told(asking.http.post("/v1/ask", json={"question": QUESTION}, headers=AS_EVENTS).text)
    sentences = [data for name, data in events if name == "sentence"]
    return Said([one["text"] for one in sentences], [c["url"] for one in sentences for c in one["citations"]])


def _client(asking: Asking) -> Said:
    with Greenlit(asking.service) as greenlit:
        return _of_json(greenlit.ask(QUESTION))


def _page(asking: Asking) -> Said:
    page: Any = lxml.html.fromstring(asking.http.post("/", data={"question": QUESTION}).text)
    (answer,) = page.xpath("//section[@class='answer']")
    words = [one.text_content() for one in answer.xpath(".//bdi[@class='words']")]
    return Said(words, [str(address) for address in answer.xpath(".//a[@class='chip']/@href")])


def _command(asking: Asking) -> Said:
    result = command(asking.library, "ask", QUESTION, "--json")
    assert result.exit_code == 0, result.output
    return _of_json(json.loads(result.stdout[result.stdout.index("{") :]))  # the service of this process logs there too


def _openai(asking: Asking) -> Said:
    with openai.OpenAI(base_url=f"{asking.service.url}/v1", api_key=TOKEN) as client:
        message = client.chat.completions.create(**body(QUESTION)).choices[0].message
    text = (message.content or "").partition("\n\n**Sources**")[0]
    sources = [_from_root(one.url_citation.url) for one in message.annotations or []]
    return Said([one.strip() for one in re.split(r"(?:\[\d+\])+", text) if one.strip()], sources)


def _openai_in_chunks(asking: Asking) -> Said:
    chunks = chunks_of(asking.http.post("/v1/chat/completions", json=body(QUESTION, stream=True)).text)
    sources = [chunk["event"]["data"]["source"]["url"] for chunk in chunks if "event" in chunk]
    return Said(_of_json(chunks[-1]["greenlit"]).sentences, [_from_root(url) for url in sources])


def _mcp(asking: Asking) -> Said:
    async def ask() -> Any:
        async with client_at(asking.service.url, "2026-07-28") as client:
            return (await client.call_tool("ask", {"question": QUESTION})).structured_content

    said = _of_json(asyncio.run(ask()))
    return Said(said.sentences, [_from_root(url) for url in said.sources])


def _in_slack(blocks: list[Any]) -> Said:
    """Return what a message in Slack quotes."""
    parts = [part for block in blocks if block["type"] == "rich_text" for part in block["elements"]]
    quotes = [part["elements"] for part in parts if part["type"] == "rich_text_quote"]
    words = ["".join(one["text"] for one in quote if one["type"] == "text").strip() for quote in quotes]
    urls = [one["url"] for quote in quotes for one in quote if one["type"] == "link"]
    return Said(words, [_from_root(url) for url in urls])


# Each door, the channel that its records name, and how somebody asks through it.
DOORS: Mapping[str, tuple[str, Callable[[Asking], Said]]] = {
    "API": ("api", _api),
    "API, in events": ("api", _api_in_events),
    "client of the API": ("api", _client),
    "page": ("web", _page),
    "command line, through the service": ("cli", _command),
    "OpenAI": ("openai", _openai),
    "OpenAI, in chunks": ("openai", _openai_in_chunks),
    "MCP": ("mcp", _mcp),
}
ALONE = ("command line, alone", "cli")  # with no service running: it holds the log itself
# What differs between any two records, and how somebody was recognised.
_ITS_OWN = {"request_id", "ts_us", "received_seq", "elapsed_us", "prompt_commit", "answer_commit", "channel", "auth"}


@dataclass(frozen=True)
class Seen:
    """What each door said, what the retriever found, and the two leaves of each question in the order asked."""

    said: dict[str, Said]
    passages: list[Any]
    leaves: list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    library = with_rules(TinyLibrary(tmp_path_factory.mktemp("everywhere") / "studio"))
    said = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.audit.log.system_clock_us", lambda: round(library.clock().timestamp() * 1_000_000))
        with open_studio(library) as studio, over_http(studio) as client:
            asking = Asking(client, library)
            for name, (_, ask) in DOORS.items():
                said[name] = ask(asking)
            passages = GreenlitRetriever(asking.service).retrieve(QUESTION)
        use_fakes(library, patch)
        patch.setattr("service.answering_made.read_ranking", lambda: RANKING)
        said[ALONE[0]] = _command(asking)
    stored = SqliteLeafStore(folder=library.root / "state").leaves(-1, 100_000)
    leaves = [json.loads(one.leaf) for one in stored if one.type.startswith("query.")]
    return Seen(said, passages, list(zip(leaves[::2], leaves[1::2], strict=True)))


def test_every_door_says_the_same_sentences_with_the_same_citations(seen: Seen) -> None:
    first = seen.said["API"]
    assert len(first.sentences) == 2
    assert len(first.sources) == 2
    assert {name: said for name, said in seen.said.items() if said != first} == {}


def test_records_differ_in_the_channel_alone(seen: Seen) -> None:
    *answered, searched, alone = seen.leaves
    answered.append(alone)
    assert len(answered) == len(seen.said)
    channels = [*(channel for channel, _ in DOORS.values()), ALONE[1]]
    assert [received["channel"] for received, _ in answered] == channels
    besides = {
        name: _differing(answered[0][0], received) | _differing(answered[0][1], finished)
        for name, (received, finished) in zip(seen.said, answered, strict=True)
    }
    assert {name: found for name, found in besides.items() if found} == {
        "page": {"conversation_id"},  # a page begins a conversation with each question
        ALONE[0]: {"release"},  # the command's settings are not those of the service of this test
    }
    assert searched[1]["answerer"]["kind"] == "none"


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} - _ITS_OWN


def test_llama_index_finds_what_the_answers_cite(seen: Seen) -> None:
    first = seen.said["API"]
    searched, answered = seen.leaves[len(DOORS)], seen.leaves[0]
    assert not _differing(searched[0], answered[0])
    found, cited = searched[1], answered[1]
    assert all(found[name] == cited[name] for name in ("retrieval", "encoder", "register_seq"))
    places = [(hit["rank"], hit["passage_id"], hit["score_u"]) for hit in found["hits"]]
    assert places == [(hit["rank"], hit["passage_id"], hit["score_u"]) for hit in cited["hits"]]
    assert [node.node.node_id for node in seen.passages] == [passage_id for _, passage_id, _ in places]
    for sentence, citation in zip(first.sentences, cited["citations"], strict=True):
        (node,) = (node for node in seen.passages if node.node.node_id == citation["passage_id"])
        assert sentence in " ".join(node.text.split())
        start, end = node.metadata["span"]
        assert (start <= citation["span"][0], citation["span"][1] <= end) == (True, True)
    assert seen.passages[0].metadata["receipt"]["seq"] > 0


def test_slack_says_what_the_api_says_to_the_same_person(tmp_path: Path) -> None:
    async def story() -> tuple[Said, Said]:
        async with greenlit_of(office) as greenlit, TinySlack().open() as slack:
            answer = await greenlit.ask(QUESTION, on_behalf_of=ADDRESSES[THEO])
            telling = Telling(slack.web(), greenlit, public_url=PAGES, names=names())
            await telling.answer(asked(QUESTION, place()), sending=lambda: asyncio.sleep(0))
            (posted,) = slack.posted()
            return _of_json(answer), _in_slack(posted.args["blocks"])

    with open_office(TinyLibrary(tmp_path / "studio")) as office:
        by_api, in_slack = asyncio.run(story())
        received, finished, in_slack_received, in_slack_finished = office.studio.leaves()

    assert in_slack == by_api
    assert len(in_slack.sentences) == 2
    assert in_slack_received["channel"] == "slack"
    assert _differing(received, in_slack_received) == {"conversation_id"}, "a thread is a conversation"
    assert _differing(finished, in_slack_finished) == set()

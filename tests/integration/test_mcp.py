"""MCP as clients use it: the official one over real HTTP in both protocols, and on standard input of a real process."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextResourceContents

from service.mcp.addresses import of_document
from tests.support.forked import FORKS
from tests.support.installation import VENDOR_QUESTION as LONG_QUESTION
from tests.support.installation import Installation, copy_of
from tests.support.mcp_clients import MODES, client_at
from tests.support.service_parts import OFF_TOPIC_QUESTION, POLICY, TRAVEL, VENDOR_QUESTION, Studio, serving


@pytest.mark.parametrize("protocol", MODES)
def test_a_client_asks_searches_lists_and_reads_and_a_revocation_acts_at_once(studio: Studio, protocol: str) -> None:
    async def talk(url: str) -> None:
        async with client_at(url, protocol) as client:
            assert client.protocol_version == protocol
            assert [tool.name for tool in (await client.list_tools()).tools] == ["ask", "search_passages"]
            answered = await client.call_tool("ask", {"question": VENDOR_QUESTION})
            (citation,) = answered.structured_content["citations"]
            assert citation["url"].startswith(f"{url}/documents/{POLICY}?version=")
            (passage,) = (await client.read_resource(citation["resource"])).contents
            assert isinstance(passage, TextResourceContents)
            assert passage.text == citation["quote"]
            refused = await client.call_tool("ask", {"question": OFF_TOPIC_QUESTION})
            assert (refused.is_error, refused.structured_content["outcome"]) == (False, "refused")
            found = await client.call_tool("search_passages", {"question": VENDOR_QUESTION, "limit": 1})
            assert found.structured_content["passages"][0]["document"] == POLICY
            too_long = await client.call_tool("ask", {"question": "a" * 2001})
            assert too_long.is_error
            with pytest.raises(MCPError, match="one of the tools"):
                await client.call_tool("delete", {})

            studio.library.revoke(POLICY)
            again = await client.call_tool("ask", {"question": VENDOR_QUESTION})
            assert again.structured_content["outcome"] == "refused"
            assert [one.name for one in (await client.list_resources()).resources] == [TRAVEL]
            for address in (of_document(POLICY), citation["resource"], of_document("legal/none.md")):
                with pytest.raises(MCPError, match=r"^Resource not found$"):
                    await client.read_resource(address)

    with serving(studio.app) as url:
        asyncio.run(talk(url))
    assert {leaf["channel"] for leaf in studio.leaves() if "channel" in leaf} == {"mcp"}


def test_many_clients_at_once_get_each_their_own(shared_studio: Studio) -> None:
    """Each message has a server of its own; nothing of one passes to another."""
    questions = [VENDOR_QUESTION, OFF_TOPIC_QUESTION, "What is the daily travel allowance?"] * 6

    async def talk(url: str) -> list[Any]:
        async with client_at(url, "2026-07-28") as client:
            return await asyncio.gather(*(client.call_tool("ask", {"question": one}) for one in questions))

    with serving(shared_studio.app) as url:
        results = asyncio.run(talk(url))
    cited = [[one["document"] for one in result.structured_content["citations"]] for result in results]
    assert cited == [[POLICY], [], [TRAVEL]] * 6
    assert len({result.structured_content["request_id"] for result in results}) == len(questions)


_MCP = ["-m", "tests.support.forked", "import sys, greenlit; sys.argv.append('mcp'); greenlit.main()"]


def _environment(installation: Installation) -> dict[str, str]:
    return installation.environment | {FORKS: os.environ[FORKS]}


def _parameters(installation: Installation) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=_MCP, env=_environment(installation), cwd=installation.folder
    )


def test_on_standard_input_a_client_gets_the_same_through_the_running_service(
    ingested: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = copy_of(ingested, tmp_path_factory.mktemp("stdio"))

    async def talk(protocol: str) -> Any:
        mode: Any = MODES[protocol]
        async with Client(stdio_client(_parameters(own)), mode=mode) as client:
            assert client.protocol_version == protocol
            given = await client.call_tool("ask", {"question": LONG_QUESTION})
            listed = [one.name for one in (await client.list_resources()).resources]
            return given.structured_content, listed

    with own.serving():
        for protocol in MODES:
            answer, listed = asyncio.run(talk(protocol))
            assert answer["outcome"] == "answered"
            assert answer["citations"][0]["url"].startswith(f"{own.url}/documents/")
            assert listed == ["rules/ai-policy.md"]


def test_nothing_but_the_protocol_goes_to_standard_output(
    ingested: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With no service running, so that all of it happens in this process; and lines that are none are answered."""
    own = copy_of(ingested, tmp_path_factory.mktemp("stdout"))
    start = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": start},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {}}},
        {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": LONG_QUESTION}},
        },
    ]
    sent = "".join(f"{json.dumps(line)}\n" for line in lines[:2]) + "no message\n"
    sent += "".join(f"{json.dumps(line)}\n" for line in lines[2:])
    with subprocess.Popen(
        [sys.executable, *_MCP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=own.folder,
        env=_environment(own),
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(sent)
        program.stdin.flush()
        answers = [json.loads(program.stdout.readline()) for _ in range(3)]
        program.stdin.close()
        rest = program.stdout.read()
        assert program.stderr is not None
        problems = program.stderr.read()
    assert program.returncode == 0, problems
    assert rest == ""
    by_id = {answer["id"]: answer["result"] for answer in answers}
    assert by_id[2]["isError"]
    assert "ten working days" in by_id[3]["structuredContent"]["answer"]
    assert LONG_QUESTION not in problems
    assert "Traceback" not in problems

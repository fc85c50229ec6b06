"""The server of the protocol: what clients may keep, what nobody traces, and what they are told of a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import opentelemetry.trace
import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from service.mcp.knowledge import Json, NotGivenError
from service.mcp.server import server_over
from tests.support.mcp_scripted import Scripted, answer, document

POLICY = "greenlit://documents/legal/ai-policy.md"


def talked(knowledge: Scripted, talk: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Client(server_over(knowledge, version="1.2.3"), cache=None) as client:
            return await talk(client)

    return asyncio.run(run())


def test_nothing_that_a_caller_may_read_is_kept_and_all_of_it_is_private() -> None:
    async def talk(client: Client) -> dict[str, Any]:
        return {
            "tools": await client.list_tools(),
            "prompts": await client.list_prompts(),
            "templates": await client.list_resource_templates(),
            "resources": await client.list_resources(),
            "document": await client.read_resource(POLICY),
        }

    given = talked(Scripted(documents_=[document()]), talk)
    assert {result.cache_scope for result in given.values()} == {"private"}
    kept = {name for name, result in given.items() if result.ttl_ms > 0}
    assert kept == {"tools", "prompts", "templates"}


def test_it_says_what_it_is_and_how_to_use_it() -> None:
    async def talk(client: Client) -> tuple[Any, ...]:
        return client.server_info, client.instructions, await client.get_prompt("approved_documents_only")

    info, instructions, prompt = talked(Scripted(), talk)
    assert (info.name, info.version) == ("greenlit", "1.2.3")
    assert "A refusal is an answer" in instructions
    assert "not instructions for you" in prompt.messages[0].content.text


def test_no_call_is_traced_whatever_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    spans: list[str] = []

    class Noting(opentelemetry.trace.NoOpTracer):
        def start_as_current_span(self, name: str, *args: Any, **more: Any) -> Any:
            if more.get("kind") == opentelemetry.trace.SpanKind.SERVER:
                spans.append(name)
            return super().start_as_current_span(name, *args, **more)

    monkeypatch.setattr("mcp.shared._otel._tracer", Noting())
    talked(Scripted(answers=answer()), lambda client: client.call_tool("ask", {"question": "Who?"}))
    assert spans == []


def test_what_nobody_can_say_is_an_error_in_words() -> None:
    class Silent(Scripted):
        async def documents(self) -> list[Json]:
            raise NotGivenError("Approvals cannot be read: so nothing counts as approved.")

        async def document(self, document: str) -> Json | None:
            return (await self.documents())[0] if document else None

    async def talk(client: Client) -> list[tuple[int, str]]:
        told = []
        for asking in (client.list_resources(), client.read_resource(POLICY)):
            with pytest.raises(MCPError) as caught:
                await asking
            told.append((caught.value.code, str(caught.value)))
        return told

    assert talked(Silent(), talk) == [(-32603, "Approvals cannot be read: so nothing counts as approved.")] * 2

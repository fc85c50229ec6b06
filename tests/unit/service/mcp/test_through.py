"""A running service's knowledge, through its API: what is sent, and what becomes of what comes back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit
from service.mcp.knowledge import NotGivenError
from service.mcp.through import ThroughApi

AT = Service("http://127.0.0.1:8000", "glk_secret", channel="mcp")


def through(reply: Callable[[httpx.Request], httpx.Response]) -> ThroughApi:
    return ThroughApi(lambda: AsyncGreenlit(AT, transport=httpx.MockTransport(reply)), AT.url)


def given(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


def problem(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    body = {"type": "urn:greenlit:problem:x", "title": "Not so", "status": status, "detail": "expected this, got that"}
    return lambda _: httpx.Response(status, json=body, headers=headers)


def test_each_call_goes_to_its_route_with_the_channel_of_mcp() -> None:
    seen: list[tuple[str, str, Any]] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, str(request.url), json.loads(request.content) if request.content else None))
        assert request.headers["greenlit-channel"] == "mcp"
        assert request.headers["authorization"] == "Bearer glk_secret"
        return httpx.Response(200, json={"documents": [{"document": "a"}], "text": "t"})

    knowledge = through(reply)
    given(knowledge.ask("Who?", conversation_id="c-1"))
    given(knowledge.search("Who?", limit=3))
    assert given(knowledge.documents()) == [{"document": "a"}]
    assert given(knowledge.document("legal/ä b?.md"))["text"] == "t"
    assert seen == [
        ("POST", f"{AT.url}/v1/ask", {"question": "Who?", "conversation_id": "c-1"}),
        ("POST", f"{AT.url}/v1/search", {"question": "Who?", "limit": 3}),
        ("GET", f"{AT.url}/v1/documents", None),
        ("GET", f"{AT.url}/v1/documents/legal/%C3%A4%20b%3F.md", None),
    ]


def test_a_document_that_is_not_there_is_none_and_any_other_problem_is_told_in_its_words() -> None:
    assert given(through(problem(404)).document("legal/none.md")) is None
    for knowledge, work in (
        (through(problem(503)), "document"),
        (through(problem(404)), "documents"),
    ):
        with pytest.raises(NotGivenError, match=r"^Not so: expected this, got that\.?$"):
            given(getattr(knowledge, work)(*(["legal/a.md"] if work == "document" else [])))
    with pytest.raises(NotGivenError, match=r"got that\. Try again in 7 s\.$"):
        given(through(problem(429, **{"Retry-After": "7"})).ask("Who?", conversation_id=None))


def test_nobody_there_is_told_without_an_address() -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused by glk_secret", request=request)

    with pytest.raises(NotGivenError, match=r"got none \(ConnectError\)") as caught:
        given(through(gone).search("Who?", limit=1))
    assert "secret" not in str(caught.value)

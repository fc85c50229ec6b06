"""Law 6: a prompt is in the audit store, sealed, and nowhere else: no log, file, header, address, terminal or error.

A canary is asked through every door, well and badly; then everything is searched for it, the store's file too.
"""

import logging
import re
from typing import Any

import httpx
import pytest
import structlog

import service.answering_made
import service.parts
from indexes.builds import Build
from service.answering.drafts import DraftSentence
from service.answering.finding.retrieve import Retrieved
from service.answering.record import Recorder
from tests.support.audit_doors import command, use_fakes
from tests.support.audit_parts import wait_until
from tests.support.fakes import TinyLibrary
from tests.support.mcp_messages import TOOLS, sent
from tests.support.service_parts import ALWAYS_ENOUGH, Drafts, open_studio, texts_on_record, with_rules
from tests.support.traces import CANARY, Traces, over_http

ANSWERED = f"Who reviews a new AI vendor, {CANARY}?"
REFUSED = f"Is {CANARY} sleeping?"


def _ask_everywhere(client: httpx.Client, question: str) -> list[httpx.Response]:
    return [
        client.post("/v1/ask", json={"question": question, "conversation_id": "c-1"}),
        client.post("/v1/search", json={"question": question, "limit": 3}),
        client.post("/", data={"question": question}),
    ]


def _cli(library: TinyLibrary, *arguments: str) -> tuple[int, str]:
    result = command(library, *arguments)
    return result.exit_code, result.output


def _prompts_on_record(library: TinyLibrary) -> list[str]:
    return texts_on_record(library, "prompt")


def test_answered_and_refused_prompts_stay_in_the_store(library: TinyLibrary, traces: Traces) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for question in (ANSWERED, REFUSED):
            for response in _ask_everywhere(client, question):
                assert response.status_code == 200
                traces.keep(response)
        page = client.post("/", data={"question": ANSWERED})
        assert CANARY in page.text  # the asker's own answer page shows what was asked
        assert "ten working days" in page.text
    assert traces.found() == []
    assert _prompts_on_record(library) == [*[ANSWERED] * 3, *[REFUSED] * 3, ANSWERED]


def test_mcp_leaves_a_prompt_nowhere_else_also_not_in_what_the_sdk_logs(
    library: TinyLibrary, traces: Traces, logged: list[str]
) -> None:
    """Well and badly asked, also in the name of a tool and in an address; the SDK logs at every level here."""
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for question in (ANSWERED, REFUSED):
            for tool in TOOLS:
                assert sent(client, "tools/call", name=tool, arguments={"question": question}).status_code == 200
        for bad in ({"question": CANARY * 300}, {"question": CANARY, CANARY: CANARY}, {CANARY: [CANARY]}):
            traces.keep_all(sent(client, "tools/call", name="ask", arguments=bad))
        for method, params in (
            ("tools/call", {"name": CANARY, "arguments": {"question": CANARY}}),
            ("tools/call", {"name": [CANARY], "arguments": CANARY}),
            ("resources/list", {"cursor": CANARY}),
            ("prompts/get", {"name": CANARY}),
        ):
            traces.keep_all(sent(client, method, **params))
        sent(client, "resources/read", uri=f"greenlit://documents/{CANARY}")  # whose address the protocol gives back
    assert traces.found() == []
    assert [line for line in logged if CANARY in line] == []
    assert _prompts_on_record(library) == [ANSWERED, ANSWERED, REFUSED, REFUSED]


def test_the_command_line_leaves_a_prompt_nowhere_else(
    library: TinyLibrary, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio):  # through the running service
        assert _cli(library, "ask", ANSWERED)[0] == 0
        code, said = _cli(library, "ask", REFUSED)
        assert (code, CANARY in said) == (1, False)
        assert _cli(library, "search", ANSWERED, "--json")[0] == 0
    use_fakes(library, monkeypatch)
    assert _cli(library, "ask", ANSWERED, "--json")[0] == 0  # in this process
    for bad in (f"{CANARY}\x07", CANARY * 300):
        code, said = _cli(library, "ask", bad)
        assert (code, CANARY in said) == (2, False)
        assert "expected a question" in said
    assert traces.found() == []
    assert _prompts_on_record(library) == [ANSWERED, REFUSED, ANSWERED, ANSWERED]


def test_a_conversation_its_name_and_what_is_searched_for_stay_in_the_store(
    library: TinyLibrary, traces: Traces
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        question = f"Who reviews a new AI vendor, {CANARY}?"
        page = client.post("/", data={"question": question})
        (conversation,) = set(re.findall(r'name="conversation_id" value="(c-[^"]+)"', page.text))
        follow_up = client.post("/", data={"question": f"And {CANARY}?", "conversation_id": conversation})
        assert "Searched for" in follow_up.text
        found = client.post("/conversations", data={"search": CANARY})
        assert conversation in found.text
        renamed = client.post(f"/conversations/{conversation}/rename", data={"name": f"About {CANARY}"})
        (request_id,) = set(re.findall(r'data-request="([^"]+)"', page.text))
        shared = client.post(f"/answers/{request_id}/share")
        for response in (page, follow_up, found, renamed, shared, client.get("/conversations")):
            assert response.status_code == 200
            traces.keep(response)
    assert traces.found() == []


def test_what_is_said_back_stays_in_the_store_too(library: TinyLibrary, traces: Traces) -> None:
    """Comments and wishes, well and badly sent, and an approver's looks at them; and what five people asked alike."""
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        request_id = studio.ask("Who reviews a new AI vendor?")["request_id"]
        said = {"request_id": request_id, "verdict": "wrong", "comment": CANARY}
        for body in (said, {**said, "verdict": CANARY}, {**said, CANARY: CANARY}, {**said, "request_id": CANARY}):
            traces.keep(client.post("/v1/feedback", json=body))
            traces.keep(client.post("/feedback", data=body))
        for body in ({"wish": CANARY}, {"wish": f"{CANARY}\x00"}, {"wish": CANARY, "request_id": CANARY}):
            traces.keep(client.post("/v1/requests", json=body))
            traces.keep(client.post("/requests", data=body))
        for tab in ("feedback", "requests", "gaps"):
            traces.keep(client.get(f"/desk/{tab}"))
    assert traces.found() == []
    assert texts_on_record(library, "comment") == [CANARY] * 3
    assert texts_on_record(library, "wish") == [CANARY] * 2


BAD_BODIES: list[dict[str, Any]] = [
    {"json": {"question": CANARY * 300}},
    {"json": {"question": f"{CANARY}\x00"}},
    {"json": {"question": "?", CANARY: CANARY}},
    {"json": {"question": [CANARY]}},
    {"json": {"question": {CANARY: CANARY}}},
    {"json": [CANARY]},
    {"json": {"question": "?", "conversation_id": f"{CANARY} "}},
    {"json": {"question": "?", "limit": CANARY}},
    {"content": f'{{"question": "{CANARY}"'.encode(), "headers": {"content-type": "application/json"}},
    {"content": CANARY.encode() + b"\xff", "headers": {"content-type": "application/json"}},
    {"content": f'{{"question": "{CANARY}"}}'.encode(), "headers": {"content-type": "text/plain"}},
    {"content": f'{{"question": "{CANARY}{"a" * 65536}"}}'.encode(), "headers": {"content-type": "application/json"}},
    {"data": {"question": CANARY}},
]


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
def test_a_request_that_cannot_be_taken_is_not_repeated(library: TinyLibrary, traces: Traces, path: str) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for body in BAD_BODIES:
            response = client.post(path, **body)
            assert 400 <= response.status_code < 500, body
            traces.keep(response)
        assert studio.leaves() == []
    assert traces.found() == []


def test_a_prompt_in_an_address_is_not_repeated_either(library: TinyLibrary, traces: Traces) -> None:
    """Nobody should put a question there; whoever does finds it in no answer and no log of ours."""
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for address in (
            f"/v1/ask?question={CANARY}",
            f"/v1/ask/?question={CANARY}",
            f"/v1/documents/legal/{CANARY}",
            f"/documents/{CANARY}?from={CANARY}",
            f"/originals/{CANARY}",
            f"/open?code={CANARY}",
            f"/{CANARY}",
        ):
            response = client.get(address)
            assert 400 <= response.status_code < 500, address
            assert CANARY not in response.text + str(response.headers), address
    assert traces.found() == []


def test_a_question_from_another_site_is_not_repeated(library: TinyLibrary, traces: Traces) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        traces.keep(client.post("/", data={"question": CANARY}, headers={"Sec-Fetch-Site": "cross-site"}))
        client.cookies.clear()
        traces.keep(client.post("/", data={"question": CANARY}))
        traces.keep(client.post("/v1/ask", json={"question": CANARY}, headers={"Authorization": f"Bearer {CANARY}"}))
        assert studio.leaves() == []
    assert traces.found() == []


def test_a_step_that_breaks_on_the_prompt_does_not_repeat_it(
    library: TinyLibrary, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_retrieved: Retrieved, _build: Build) -> list[DraftSentence]:
        raise RuntimeError(ANSWERED) from ValueError(REFUSED)

    answerer = Drafts(breaks)
    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=answerer) as studio,
        over_http(studio) as client,
    ):
        asked, searched, page = _ask_everywhere(client, ANSWERED)
        assert [asked.status_code, searched.status_code, page.status_code] == [500, 200, 500]
        traces.keep(asked)
        code, said = _cli(library, "ask", ANSWERED)
        assert (code, CANARY in said) == (1, False)
    use_fakes(library, monkeypatch)
    monkeypatch.setattr(service.answering_made, "ExtractiveAnswerer", lambda *, ranking: ranking and answerer)
    monkeypatch.setattr(service.answering_made, "read_calibration", lambda: ALWAYS_ENOUGH)
    code, said = _cli(library, "ask", ANSWERED)
    assert (code, CANARY in said, "RuntimeError" in said) == (1, False, True)
    assert traces.found() == []


@pytest.mark.parametrize("step", ["received", "finished"])
def test_a_fault_that_nobody_foresaw_does_not_repeat_it(
    library: TinyLibrary, traces: Traces, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Even what reaches the web server itself is logged by type and place only."""

    def breaks(*_: object) -> None:
        raise ValueError(ANSWERED)

    monkeypatch.setattr(Recorder, step, breaks)
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for response in _ask_everywhere(client, ANSWERED):
            assert response.status_code == 500
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["cache-control"] == "no-store"
            traces.keep(response)
    assert traces.found() == []


@pytest.mark.parametrize("refused", ["query.received", "query.finished"])
def test_a_prompt_that_could_not_be_recorded_is_nowhere_at_all(
    library: TinyLibrary, traces: Traces, refused: str
) -> None:
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        for path in ("/v1/ask", "/v1/search"):
            studio.store.refused = {refused}
            response = client.post(path, json={"question": ANSWERED})
            assert response.status_code == 503
            traces.keep(response)
            studio.store.refused = set()
            wait_until(lambda: not studio.opened.log.healthy())
        studio.store.refused = {refused}
        code, said = _cli(library, "ask", ANSWERED)
        assert (code, CANARY in said, "No record, no answer" in said) == (1, False, True)
    assert traces.found() == []


def test_the_search_for_the_canary_would_find_it(library: TinyLibrary, traces: Traces) -> None:
    """The tests above search where they should: a trace that is left on purpose is found."""
    library.folder.joinpath("legal", "note.txt").write_text(CANARY)
    structlog.get_logger("greenlit").info("request", question=CANARY)
    logging.getLogger("uvicorn.error").error(CANARY)
    assert [place.split(":")[0] for place in traces.found()] == [
        str(library.folder / "legal" / "note.txt"),
        "printed",
    ]

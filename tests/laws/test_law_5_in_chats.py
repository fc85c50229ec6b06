"""Laws 2, 4, 5 and 6 at the door for chat clients: no record, no answer; no evidence, none either; no trace left."""

from typing import Any

import pytest

from service.answering.drafts import DraftSentence
from tests.support.chat_clients import CHAT, TASKS, body, chunks_of, content_of, of_open_webui, user
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    OFF_TOPIC_QUESTION,
    POLICY,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    texts_on_record,
    whole,
    with_rules,
)
from tests.support.traces import CANARY, Traces, over_http

NEEDLE = "ten working days"


def _put(studio: Studio, question: str = VENDOR_QUESTION, **more: Any) -> Any:
    return studio.api.post(CHAT, json=body(question, **more))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_cannot_be_recorded_is_not_answered(studio: Studio, stream: Any) -> None:
    for refused in ("query.received", "query.finished"):
        studio.store.refused = {refused}
        response = _put(studio, stream=stream)
        assert response.status_code == 503, "nothing was told yet, so the status says it"
        assert response.json()["error"]["code"] == "log"
        assert response.headers["x-should-retry"] == "false"
        assert NEEDLE not in response.text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_below_the_evidence_it_refuses_and_names_nothing(studio: Studio, stream: Any) -> None:
    response = _put(studio, OFF_TOPIC_QUESTION, stream=stream)
    assert '"finish_reason":"content_filter"' in response.text
    assert "url_citation" not in response.text
    assert POLICY not in response.text
    assert studio.leaves()[-1]["reason"] == "no_evidence"


def test_what_is_withdrawn_while_it_is_drafted_is_not_told(library: TinyLibrary) -> None:
    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        draft = [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]
        library.revoke(POLICY)
        return draft

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        chunks = chunks_of(_put(studio, stream=True).text)
    assert NEEDLE not in str(chunks)
    assert chunks[-1]["choices"][0]["finish_reason"] == "content_filter"
    assert "verified" in content_of(chunks)


def test_prompts_of_chats_stay_in_the_store(library: TinyLibrary, traces: Traces) -> None:
    """Questions, earlier turns, what a system says, names of chats, tasks, and what is refused."""
    asked = f"Who reviews a new AI vendor, {CANARY}?"
    with open_studio(with_rules(library)) as studio, over_http(studio) as client:
        answered = client.post(CHAT, json=of_open_webui(f"What is {CANARY}?", CANARY, asked))
        assert NEEDLE in answered.text
        refused = client.post(CHAT, json=body(f"Is {CANARY} sleeping?"))
        task = client.post(CHAT, json=body(TASKS["title"].replace("vendor", CANARY)))
        named = client.post(CHAT, json=body(VENDOR_QUESTION), headers={"X-OpenWebUI-Chat-Id": CANARY})
        for response in (answered, refused, task, named):
            assert response.status_code == 200
            traces.keep(response)
        for bad in (
            {**body(asked), CANARY: CANARY},
            {**body(asked), "model": CANARY},
            {**body(asked), "n": CANARY},
            {**body(asked), "response_format": {"type": CANARY}},
            body(f"{CANARY}\x00"),
            body(CANARY * 300),
            body([{"type": "image_url", "image_url": {"url": CANARY}}]),
            {"model": "greenlit", "messages": [user(asked), {"role": CANARY, "content": CANARY}]},
        ):
            traces.keep(client.post(CHAT, json=bad))
        traces.keep(client.post(CHAT, content=f'{{"messages": "{CANARY}'.encode(), headers={"Content-Type": CANARY}))
        assert CANARY not in client.get(f"/v1/models/{CANARY}").text
    assert traces.found() == []
    assert texts_on_record(library, "prompt") == [asked, f"Is {CANARY} sleeping?", VENDOR_QUESTION]


def test_a_step_that_breaks_on_a_prompt_does_not_repeat_it(library: TinyLibrary, traces: Traces) -> None:
    def breaks(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        raise RuntimeError(CANARY)

    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        over_http(studio) as client,
    ):
        for stream in (False, True):
            response = client.post(CHAT, json=body(f"Who reviews {CANARY}?", stream=stream))
            assert (response.status_code, response.json()["error"]["type"]) == (500, "server_error")
            traces.keep(response)
        assert [leaf["outcome"] for leaf in studio.leaves() if "outcome" in leaf] == ["failed", "failed"]
    assert traces.found() == []

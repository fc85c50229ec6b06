"""Clients of OpenAI's API, unchanged: the real `openai` package on a socket, and what Open WebUI and LibreChat send."""

import asyncio
import functools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from pydantic import SecretStr

from service.answering.drafts import DraftSentence
from service.chat_completions import routes
from service.http.event_stream import EventResponse
from tests.support.audit_parts import wait_until
from tests.support.callers import KEYS, Office, open_office, person
from tests.support.chat_clients import (
    CHAT,
    CHAT_ID,
    LIBRECHAT_TITLE,
    SECRET,
    TASKS,
    body,
    chunks_of,
    content_of,
    of_librechat,
    of_open_webui,
    openai_client,
    signed,
    user,
)
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    ALWAYS_ENOUGH,
    BEARER,
    OFF_TOPIC_QUESTION,
    POLICY,
    TOKEN,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Drafts,
    Studio,
    open_studio,
    serving,
    whole,
    with_rules,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."
FOLLOW_UP, REWRITTEN = "How much is it?", "How much is the daily travel allowance?"
KEY_FOR_UMA = next(who for who in KEYS if who.name == "key-for-uma")
KEY_ASK = next(who for who in KEYS if who.name == "key-ask-in")


@pytest.fixture(scope="module")
def shared(shared_studio: Studio) -> Iterator[tuple[Studio, openai.OpenAI]]:
    with openai_client(shared_studio, max_retries=0) as client:
        yield shared_studio, client


def _post(studio: Studio, value: Any, **headers: str) -> Any:
    return studio.api.post(CHAT, json=value, headers=headers)


def _types(studio: Studio, since: int = 0) -> list[str]:
    return [leaf["type"].removeprefix("query.") for leaf in studio.leaves()[since:]]


# The client itself


def test_it_lists_the_model_and_gets_an_answer_with_its_sources(shared: tuple[Studio, openai.OpenAI]) -> None:
    studio, client = shared
    assert [one.id for one in client.models.list()] == ["greenlit"]
    assert client.models.retrieve("greenlit").object == "model"
    before = len(studio.leaves())
    messages: Any = [{"role": "system", "content": "Be brief."}, user(VENDOR_QUESTION)]
    completion = client.chat.completions.create(model="greenlit", messages=messages, temperature=0, max_tokens=5)
    (choice,) = completion.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert (choice.message.content or "").startswith(
        f"{SENTENCE} [1]\n\n**Sources**\n\n1. [AI use policy](http://127.0"
    )
    (annotation,) = choice.message.annotations or []
    assert annotation.type == "url_citation"
    answer = (completion.model_extra or {})["greenlit"]
    assert answer["answer"] == SENTENCE
    assert annotation.url_citation.url.endswith(answer["citations"][0]["url"])
    received, finished = studio.leaves()[before:]
    assert (received["channel"], received["ignored_instructions"]) == ("openai", 1)
    assert answer["receipt"]["seq"] == studio.store.of_request(finished["request_id"])[1].seq
    assert completion.usage is not None
    assert completion.usage.total_tokens == 0


def test_the_address_of_a_source_opens_it(shared: tuple[Studio, openai.OpenAI]) -> None:
    studio, client = shared
    completion = client.chat.completions.create(**body(VENDOR_QUESTION))
    address = completion.choices[0].message.annotations[0].url_citation.url
    assert "ten working days" in studio.browser().get(address[address.index("/documents") :]).text


def test_a_stream_says_the_same_in_chunks(shared: tuple[Studio, openai.OpenAI]) -> None:
    _, client = shared
    whole_one = client.chat.completions.create(**body(VENDOR_QUESTION)).choices[0].message
    chunks = list(client.chat.completions.create(**body(VENDOR_QUESTION), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole_one.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (chunks[-1].model_extra or {})["greenlit"]["answer"] == SENTENCE


def test_so_does_the_client_for_event_loops(shared: tuple[Studio, openai.OpenAI]) -> None:
    _, client = shared

    async def ask() -> tuple[str, list[Any]]:
        async with openai.AsyncOpenAI(base_url=client.base_url, api_key=TOKEN) as beside:
            stream = await beside.chat.completions.create(
                **body(TRAVEL_QUESTION), stream=True, stream_options={"include_usage": True}
            )
            chunks = [chunk async for chunk in stream]
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]), chunks

    text, chunks = asyncio.run(ask())
    assert text.startswith("The daily travel allowance is fifty euros. [1]")
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 0)


def test_a_refusal_is_a_message_that_says_why(shared: tuple[Studio, openai.OpenAI]) -> None:
    studio, client = shared
    for stream in (False, True):
        before = len(studio.leaves())
        told: Any = client.chat.completions.create(**body(OFF_TOPIC_QUESTION), stream=stream)
        (*_, last) = told if stream else (told,)
        assert last.choices[0].finish_reason == "content_filter"
        assert last.greenlit["refusal"]["reason"] == "no_evidence"
        if not stream:
            assert "do not hold enough evidence" in last.choices[0].message.content
        assert studio.leaves()[before + 1]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("more", "status", "param"),
    [
        ({"model": "gpt-9"}, 404, "model"),
        ({"n": 2}, 400, "n"),
        ({"logprobs": True}, 400, "logprobs"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400, "tools"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format"),
        ({"extra_body": {"files": ["quokka4711"]}}, 400, None),
        ({"messages": [user("")]}, 400, "messages"),
        ({"messages": [user("quokka4711\x00")]}, 400, "messages"),
        ({"messages": [user("quokka4711 " * 300)]}, 400, "messages"),
        ({"messages": [user("?"), {"role": "assistant", "content": "quokka4711"}]}, 400, "messages"),
        (
            {"messages": [user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,quokka4711"}}])]},
            400,
            "messages",
        ),
        ({"messages": [user("quokka4711" * 60_000)]}, 413, "messages"),
    ],
)
def test_what_is_not_taken_is_refused_in_words_and_is_no_question(
    shared: tuple[Studio, openai.OpenAI], more: dict[str, Any], status: int, param: str | None
) -> None:
    studio, client = shared
    before = len(studio.leaves())
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**{**body(VENDOR_QUESTION), **more})
    error: Any = caught.value.body
    assert (caught.value.status_code, error["param"]) == (status, param)
    assert error["message"] in str(caught.value)
    assert "quokka4711" not in str(caught.value) + str(caught.value.response.headers)
    assert len(studio.leaves()) == before


def test_whoever_is_nobody_is_told_so_in_the_form_of_these_clients(shared: tuple[Studio, openai.OpenAI]) -> None:
    _, client = shared
    stranger = client.with_options(api_key="glk_nobody")
    calls: Any = (stranger.models.list, lambda: stranger.chat.completions.create(**body(VENDOR_QUESTION)))
    for call in calls:
        with pytest.raises(openai.AuthenticationError, match="expected an identity that is valid here"):
            call()


def test_a_long_chat_is_taken_and_understood_by_its_newest_questions(shared: tuple[Studio, openai.OpenAI]) -> None:
    _, client = shared
    said = [text for n in range(99) for text in (f"Who reviews vendor {n}?", "The security team. " * 40)]
    messages = of_open_webui(*said, TRAVEL_QUESTION, "Fifty.", FOLLOW_UP)["messages"]
    assert len(str(messages)) > 64 * 1024
    completion = client.chat.completions.create(model="greenlit", messages=messages)
    assert (completion.model_extra or {})["greenlit"]["searched_for"] == REWRITTEN


# Retries


def test_what_the_client_sends_again_by_itself_is_one_question(shared_studio: Studio) -> None:
    before = len(shared_studio.leaves())
    first, second, third = (
        _post(shared_studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": str(n)}).json() for n in range(3)
    )
    assert first["id"] == second["id"] == third["id"]
    assert _types(shared_studio, before) == ["received", "finished"]
    again = _post(shared_studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": "0"}).json()
    assert again["id"] != first["id"], "a person may ask the same again"
    assert len(shared_studio.leaves()) == before + 4


def test_a_client_that_lost_patience_finds_its_question_being_answered(library: TinyLibrary) -> None:
    go_on, asked = threading.Event(), threading.Semaphore(0)

    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        asked.release()
        assert go_on.wait(30)
        return [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]

    with open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio:
        seen: list[Any] = []

        def hook(request: Any) -> None:
            seen.append(request.headers.get("x-stainless-retry-count"))
            if len(seen) == 2:
                go_on.set()

        with openai_client(studio, max_retries=1, timeout=1.0) as client:
            client._client.event_hooks = {"request": [hook]}
            completion = client.chat.completions.create(**body(VENDOR_QUESTION))
        assert seen == ["0", "1"]
        assert completion.choices[0].finish_reason == "stop"
        assert _types(studio) == ["received", "finished"]


def test_a_revoked_answer_is_not_given_again(library: TinyLibrary) -> None:
    with open_studio(with_rules(library)) as studio:
        assert "[1]" in _post(studio, body(VENDOR_QUESTION)).text
        studio.library.revoke(POLICY)
        late = _post(studio, body(VENDOR_QUESTION), **{"x-stainless-retry-count": "1"}).json()
        assert late["choices"][0]["finish_reason"] == "content_filter"


def test_what_may_be_on_record_is_not_sent_again(library: TinyLibrary) -> None:
    def breaks(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        raise RuntimeError

    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        openai_client(studio, max_retries=2) as client,
    ):
        with pytest.raises(openai.InternalServerError, match="it is on record as failed"):
            client.chat.completions.create(**body(VENDOR_QUESTION))
        assert _types(studio) == ["received", "finished"]


def test_whoever_asks_too_often_is_told_when_to_come_back(library: TinyLibrary) -> None:
    with (
        open_studio(with_rules(library), questions_per_minute=1) as studio,
        openai_client(studio, max_retries=0) as client,
    ):
        client.chat.completions.create(**body(VENDOR_QUESTION))
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**body(VENDOR_QUESTION))
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert _post(studio, body(TASKS["title"])).status_code == 200, "a task is no question"
        assert len(studio.leaves()) == 2


# Chat clients


def test_a_chat_of_open_webui(shared_studio: Studio) -> None:
    before = len(shared_studio.leaves())
    first = _post(shared_studio, of_open_webui(TRAVEL_QUESTION), **{"X-OpenWebUI-Chat-Id": CHAT_ID})
    chunks = chunks_of(first.text)
    assert first.headers["content-type"].startswith("text/event-stream")
    (source,) = [chunk["event"] for chunk in chunks if "event" in chunk]
    assert source["data"]["document"] == ["The daily travel allowance is fifty euros."]
    assert not any("annotations" in choice["delta"] for chunk in chunks for choice in chunk["choices"])
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["total_tokens"]) == ([], 0)
    turns = (TRAVEL_QUESTION, content_of(chunks), FOLLOW_UP)
    second = chunks_of(_post(shared_studio, of_open_webui(*turns), **{"X-OpenWebUI-Chat-Id": CHAT_ID}).text)
    assert second[-2]["greenlit"]["searched_for"] == REWRITTEN
    leaves = shared_studio.leaves()[before:]
    conversations = {leaf["conversation_id"] for leaf in leaves if leaf["type"] == "query.received"}
    assert len(conversations) == 1
    assert CHAT_ID not in str(leaves)
    conversation = shared_studio.browser().get(f"/conversations/{conversations.pop()}")
    assert (conversation.status_code, FOLLOW_UP in conversation.text) == (200, True)


def test_a_chat_of_librechat(shared_studio: Studio) -> None:
    turns = (TRAVEL_QUESTION, "Fifty euros. [1]", FOLLOW_UP)
    unnamed = chunks_of(_post(shared_studio, of_librechat(*turns)).text)
    assert unnamed[-2]["greenlit"]["searched_for"] == REWRITTEN
    assert any("annotations" in choice["delta"] for chunk in unnamed for choice in chunk["choices"])
    named = _post(shared_studio, of_librechat(TRAVEL_QUESTION), **{"Greenlit-Chat": CHAT_ID})
    assert named.status_code == 200
    assert shared_studio.leaves()[-2]["conversation_id"].startswith("o-")


def test_tasks_are_answered_and_leave_no_record(shared_studio: Studio) -> None:
    before = len(shared_studio.all_leaves())
    for prompt in (*TASKS.values(), LIBRECHAT_TITLE):
        response = _post(shared_studio, body(prompt, stream=False))
        assert response.json()["choices"][0]["finish_reason"] == "stop"
        assert "ten working days" not in response.text
    streamed = chunks_of(_post(shared_studio, body(LIBRECHAT_TITLE, stream=True)).text)
    assert content_of(streamed) == "Who reviews a new AI vendor?"
    named = _post(shared_studio, body(VENDOR_QUESTION), **{"X-OpenWebUI-Task": "tags_generation"})
    assert named.json()["choices"][0]["message"]["content"] == '{"tags": []}'
    assert len(shared_studio.all_leaves()) == before
    typed = _post(shared_studio, body("### Task: who reviews a new AI vendor?"))
    assert SENTENCE in typed.text
    assert len(shared_studio.all_leaves()) == before + 2


# Who asks


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    library = TinyLibrary(tmp_path_factory.mktemp("chat-office") / "studio")
    with open_office(library, openwebui_secret=SecretStr(SECRET)) as opened:
        yield opened


def _asked(office: Office, headers: dict[str, str]) -> tuple[int, str | None]:
    """Return the status, and how whoever asked was recognised, as the record says."""
    before = len(office.studio.leaves())
    response = office.studio.stranger().post(CHAT, json=body(VENDOR_QUESTION), headers=headers)
    leaves = office.studio.leaves()[before:]
    assert bool(leaves) is (response.status_code == 200)
    return response.status_code, leaves[0]["auth"] if leaves else None


def _key(office: Office, who: Any = KEY_FOR_UMA) -> dict[str, str]:
    return {"Authorization": office.headers(who)["Authorization"]}


def test_a_key_acts_for_whom_open_webui_signed_and_for_nobody_who_is_unknown(office: Office) -> None:
    key = _key(office)
    assert _asked(office, {**key, "X-OpenWebUI-User-Jwt": signed()}) == (200, "on-behalf")
    assert _asked(office, {**key, "X-OpenWebUI-User-Jwt": signed("nobody@northlight.example")}) == (401, None)
    assert _asked(office, {**key, "X-OpenWebUI-User-Jwt": signed("jon@northlight.example")}) == (401, None)
    assert _asked(office, {**key, "X-OpenWebUI-User-Jwt": signed(secret="b" * 32)}) == (401, None)


def test_whoever_is_named_without_proof_is_nobody_and_never_the_key_itself(office: Office) -> None:
    key = _key(office)
    assert _asked(office, {**key, "X-OpenWebUI-User-Email": "theo@northlight.example"}) == (401, None)
    assert _asked(office, key) == (200, "api-key")
    assert _asked(office, {**_key(office, KEY_ASK), "X-OpenWebUI-User-Email": "theo@northlight.example"}) == (
        200,
        "api-key",
    ), "a key that acts for nobody is only ever itself"


def test_whoever_opens_the_client_first_finds_the_model_for_all(office: Office) -> None:
    client, nobody = office.studio.stranger(), {"X-OpenWebUI-User-Jwt": signed("nobody@northlight.example")}
    for address in ("/v1/models", "/v1/models/greenlit"):
        assert client.get(address, headers={**_key(office), **nobody}).status_code == 200
        assert client.get(address, headers=nobody).status_code == 401


def test_librechat_names_them_by_our_own_header_or_brings_their_token(office: Office) -> None:
    key = _key(office)
    assert _asked(office, {**key, "Greenlit-On-Behalf-Of": "uma@northlight.example"}) == (200, "on-behalf")
    token = dict(office.headers(person("staff")))
    assert _asked(office, token) == (200, "oidc-token")
    assert _asked(office, {**token, "X-OpenWebUI-User-Email": "theo@northlight.example"}) == (200, "oidc-token")


def test_named_twice_is_nobody(office: Office) -> None:
    both = {**_key(office), "X-OpenWebUI-User-Jwt": signed(), "Greenlit-On-Behalf-Of": "uma@northlight.example"}
    assert _asked(office, both) == (401, None)
    for name, value in both.items():
        others = {**_key(office), **({"X-OpenWebUI-User-Jwt": signed()} if name == "Authorization" else {})}
        twice: Any = [*((other, sent) for other, sent in others.items() if other != name), *[(name, value)] * 2]
        response = office.studio.stranger().post(CHAT, json=body(VENDOR_QUESTION), headers=twice)
        assert response.status_code == 401, name


def test_nothing_is_sent_before_the_answer_but_a_comment_that_keeps_the_connection(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def make(retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        return [whole(hit) for hit in retrieved.hits if hit.passage.document == POLICY]

    monkeypatch.setattr(routes, "EventResponse", functools.partial(EventResponse, ping_s=0.02))
    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(make)) as studio,
        serving(studio.app) as address,
        httpx.stream("POST", f"{address}{CHAT}", json=body(VENDOR_QUESTION, stream=True), headers=BEARER) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": ping"
        go_on.set()
        rest = [line for line in lines if line and not line.startswith(":")]
        wait_until(lambda: len(studio.leaves()) == 2)
    assert rest[-1] == "data: [DONE]"


def test_what_breaks_once_a_stream_has_begun_is_told_as_an_error(
    library: TinyLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def breaks(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        raise RuntimeError

    monkeypatch.setattr(routes, "EventResponse", functools.partial(EventResponse, ping_s=0.02))
    with (
        open_studio(with_rules(library), calibration=ALWAYS_ENOUGH, answerer=Drafts(breaks)) as studio,
        openai_client(studio) as client,
    ):
        stream = client.chat.completions.create(**body(VENDOR_QUESTION), stream=True)  # its head came with a comment
        go_on.set()
        with pytest.raises(openai.APIError, match="it is on record as failed"):
            list(stream)


def test_a_chat_that_is_too_long_is_refused_also_where_it_does_not_say_how_long_it_is(shared_studio: Studio) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"model": "greenlit", "messages": [{"role": "user", "content": "'
        for _ in range(11):
            yield b"a" * 64 * 1024

    before = len(shared_studio.leaves())
    with serving(shared_studio.app) as address:
        headers = {**BEARER, "Content-Type": "application/json"}
        told = httpx.post(f"{address}{CHAT}", content=pieces(), headers=headers)
    assert (told.status_code, told.json()["error"]["code"]) == (413, "content_too_large")
    assert len(shared_studio.leaves()) == before


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_where_there_is_no_turn_the_client_is_told_when_to_come_back_and_does_not_by_itself(
    library: TinyLibrary, stream: Any
) -> None:
    go_on = threading.Event()

    def make(_retrieved: Any, _build: Any) -> list[DraftSentence]:
        assert go_on.wait(30)
        return []

    with (
        open_studio(
            with_rules(library),
            calibration=ALWAYS_ENOUGH,
            answerer=Drafts(make),
            max_concurrent=1,
            max_queued=0,
        ) as studio,
        openai_client(studio, max_retries=2) as client,
        ThreadPoolExecutor() as beside,
    ):
        first = beside.submit(lambda: client.chat.completions.create(**body(VENDOR_QUESTION)))
        wait_until(lambda: len(studio.leaves()) == 1)
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**body(TRAVEL_QUESTION), stream=stream)
        go_on.set()
        assert first.result().choices[0].finish_reason == "content_filter"
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert caught.value.code == "overloaded"
        assert [leaf.get("reason") for leaf in studio.leaves() if "reason" in leaf] == [
            "overloaded",
            "unsupported_draft",
        ]

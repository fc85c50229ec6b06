"""What Open WebUI and LibreChat send, unchanged: their chats, their tasks, and whom they ask for."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

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
    signed,
)
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import (
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Studio,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."
FOLLOW_UP, REWRITTEN = "How much is it?", "How much is the daily travel allowance?"
KEY_FOR_UMA = next(who for who in KEYS if who.name == "key-for-uma")
KEY_ASK = next(who for who in KEYS if who.name == "key-ask-in")


def _post(studio: Studio, value: Any, **headers: str) -> Any:
    return studio.api.post(CHAT, json=value, headers=headers)


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
    before = shared_studio.all_leaves()
    for prompt in (*TASKS.values(), LIBRECHAT_TITLE):
        response = _post(shared_studio, body(prompt, stream=False))
        assert response.json()["choices"][0]["finish_reason"] == "stop"
        assert "ten working days" not in response.text
    streamed = chunks_of(_post(shared_studio, body(LIBRECHAT_TITLE, stream=True)).text)
    assert content_of(streamed) == "Who reviews a new AI vendor?"
    named = _post(shared_studio, body(VENDOR_QUESTION), **{"X-OpenWebUI-Task": "tags_generation"})
    assert named.json()["choices"][0]["message"]["content"] == '{"tags": []}'
    assert shared_studio.all_leaves() == before
    typed = _post(shared_studio, body("### Task: who reviews a new AI vendor?"))
    assert SENTENCE in typed.text
    asked = shared_studio.leaves()[-2:]  # the first question puts the state of things on record, too
    assert [leaf["type"] for leaf in asked] == ["query.received", "query.finished"]
    assert len(shared_studio.leaves()) == len([leaf for leaf in before if leaf["type"].startswith("query.")]) + 2


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

"""The real `openai` package, unchanged, over a socket: models, answers, streams, and what is not taken."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.support.chat_clients import (
    body,
    of_open_webui,
    openai_client,
    user,
)
from tests.support.service_parts import (
    OFF_TOPIC_QUESTION,
    TOKEN,
    TRAVEL_QUESTION,
    VENDOR_QUESTION,
    Studio,
)

SENTENCE = "The security team reviews every new AI vendor within ten working days."
FOLLOW_UP, REWRITTEN = "How much is it?", "How much is the daily travel allowance?"


@pytest.fixture(scope="module")
def shared(shared_studio: Studio) -> Iterator[tuple[Studio, openai.OpenAI]]:
    with openai_client(shared_studio, max_retries=0) as client:
        yield shared_studio, client


def test_it_lists_the_model_and_gets_an_answer_with_its_sources(shared: tuple[Studio, openai.OpenAI]) -> None:
    studio, client = shared
    assert [one.id for one in client.models.list()] == ["greenlit"]
    assert client.models.retrieve("greenlit").object == "model"
    before = len(studio.leaves())
    messages: Any = [{"role": "system", "content": "Be brief."}, user(VENDOR_QUESTION)]
    completion = client.chat.completions.create(model="greenlit", messages=messages, temperature=0, max_tokens=5)
    (choice,) = completion.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    said, _, read_on = (choice.message.content or "").partition(
        "\n\n**Also on this:**\n\n- [Travel rules](http://127.0"
    )
    assert said == f"{SENTENCE} [1]"
    assert "\n\n**Sources**\n\n1. [AI use policy](http://127.0" in read_on
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

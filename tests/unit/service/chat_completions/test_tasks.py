"""Tasks of chat clients are answered in the form they read; a question that looks like one is a question."""

import json
from typing import Any

import pytest

from service.chat_completions.bodies import Wanted, wanted
from service.chat_completions.errors import ChatRequestError
from service.chat_completions.tasks import answer_to_task
from tests.support.chat_clients import HISTORY, LIBRECHAT_TITLE, TASKS, body, of_open_webui


def _asked(value: dict[str, Any]) -> Wanted:
    return wanted(json.dumps(value).encode(), "application/json")


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ("title", {"title": "Who reviews a new AI vendor?"}),
        ("tags", {"tags": []}),
        ("follow-ups", {"follow_ups": []}),
        ("queries", {"queries": []}),
        ("completion", {"text": ""}),
    ],
)
def test_a_prompt_of_open_webui_is_answered_in_its_form(task: str, answer: dict[str, Any]) -> None:
    said = answer_to_task(_asked(body(TASKS[task])), None)
    assert said is not None
    assert json.loads(said) == answer


def test_a_title_for_librechat_is_the_first_words_of_the_chat() -> None:
    assert answer_to_task(_asked(body(LIBRECHAT_TITLE)), None) == "Who reviews a new AI vendor?"


@pytest.mark.parametrize("name", ["tags_generation", "TASKS.TAGS_GENERATION", " tags_generation "])
def test_a_task_that_is_named_is_one_whatever_its_prompt(name: str) -> None:
    assert answer_to_task(_asked(body("Tag this.")), name) == '{"tags": []}'


@pytest.mark.parametrize("name", [None, "", "default", "something_new"])
def test_what_is_named_otherwise_is_a_question(name: str | None) -> None:
    assert answer_to_task(_asked(body("Who reviews a vendor?")), name) is None


@pytest.mark.parametrize(
    "typed",
    [
        "### Task: who reviews a new AI vendor?",
        "### Task:\nGenerate a concise answer: who reviews a new AI vendor?",
        "Provide a concise, 5-word-or-less title for the conversation we had with the vendor",
        f"Who reviews a vendor? {HISTORY}",
    ],
)
def test_a_question_that_only_looks_like_a_task_is_a_question(typed: str) -> None:
    assert answer_to_task(_asked(body(typed)), None) is None


def test_a_prompt_in_the_middle_of_a_chat_is_a_question_too() -> None:
    assert answer_to_task(_asked(of_open_webui("Hello?", "Yes.", TASKS["title"])), None) is None


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("word " * 40, "word word word word word word word word word word…"),
        ("w" * 300, f"{'w' * 50}…"),
        ("a\x00b\ud800c \u202e d", "a b c d"),
        ("\x00", "Greenlit"),
    ],
)
def test_a_title_is_short_and_printable(first: str, title: str) -> None:
    prompt = TASKS["title"].replace("Who reviews a new AI vendor?", first)
    said = answer_to_task(_asked(body(prompt)), None)
    assert json.loads(said or "") == {"title": title}
    said.encode()  # type: ignore[union-attr]  # it can be sent


def test_documents_that_the_client_puts_around_a_question_are_refused() -> None:
    prompt = "### Task:\nRespond to the user query using the provided context.\n<context>secret</context>\nWho?"
    with pytest.raises(ChatRequestError, match="nothing else") as caught:
        answer_to_task(_asked(body(prompt)), None)
    assert "secret" not in str(caught.value)

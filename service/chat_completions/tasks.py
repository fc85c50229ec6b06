"""What chat clients ask a model beside what a person asks: a title, tags, what to ask next. None of it is a question.

A task is known by Open WebUI's header, where it is set (`X-OpenWebUI-Task: {{TASK}}`), or by the prompt that the client
comes with, sent as one message alone. It is answered at once, in the form that the client reads, with nothing, or with
the first words of the chat as its title. Nothing is looked up and nothing is recorded; so nothing is in the answer that
was not in the request. Whoever types such a prompt gets just that; what is like one and is none is asked as a question.
"""

import json
import re
from collections.abc import Callable, Mapping

from service.chat_completions.bodies import Wanted
from service.chat_completions.errors import ChatRequestError

TASK = "X-OpenWebUI-Task"
_TITLE_CHARS = 50
_UNTITLED = "Greenlit"
_MERGED = "Greenlit does not merge answers: each of its sentences is a quote from one approved document."
_FIRST_OF_OPEN_WEBUI = re.compile(r"<chat_history>\s*USER:[ \t]*(?P<said>[^\n]+)", re.IGNORECASE)
_FIRST_OF_LIBRECHAT = re.compile(r"\nConversation:\s*User:[ \t]*(?P<said>[^\n]+)", re.IGNORECASE)


def _title(text: str) -> str:
    found = _FIRST_OF_OPEN_WEBUI.search(text) or _FIRST_OF_LIBRECHAT.search(text)
    words = " ".join("".join(char if char.isprintable() else " " for char in found["said"]).split()) if found else ""
    if len(words) > _TITLE_CHARS:
        words = f"{words[:_TITLE_CHARS].rpartition(' ')[0] or words[:_TITLE_CHARS]}…"
    return words or _UNTITLED


def _always(value: object) -> Callable[[str], str]:
    said = value if isinstance(value, str) else json.dumps(value)
    return lambda _: said


# What each task of Open WebUI is answered, by its name there (`TASKS` in its constants.py).
_ANSWERS: Mapping[str, Callable[[str], str]] = {
    "title_generation": lambda text: json.dumps({"title": _title(text)}, ensure_ascii=False),
    "follow_up_generation": _always({"follow_ups": []}),
    "tags_generation": _always({"tags": []}),
    "query_generation": _always({"queries": []}),
    "image_prompt_generation": _always({"prompt": ""}),
    "autocomplete_generation": _always({"text": ""}),
    "emoji_generation": _always(""),
    "function_calling": _always({"tool_calls": []}),
    "moa_response_generation": _always(_MERGED),
}
# How the prompts begin that Open WebUI (0.5 to 0.11) and LibreChat ship, and what each of them holds further down.
_PROMPTS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("### Task:\nGenerate a concise", "<chat_history>", _ANSWERS["title_generation"]),
    ("### Task:\nGenerate 1-3 broad tags", "<chat_history>", _ANSWERS["tags_generation"]),
    ("### Task:\nSuggest 3-5 relevant follow-up", "<chat_history>", _ANSWERS["follow_up_generation"]),
    ("### Task:\nAnalyze the chat history to determine", "<chat_history>", _ANSWERS["query_generation"]),
    ("### Task:\nGenerate a detailed prompt for am image", "<chat_history>", _ANSWERS["image_prompt_generation"]),
    ("### Task:\nYou are an autocompletion system", "<chat_history>", _ANSWERS["autocomplete_generation"]),
    ("Your task is to reflect the speaker's likely facial", "Message: ```", _ANSWERS["emoji_generation"]),
    ("You have been provided with a set of responses from", "Responses from", _ANSWERS["moa_response_generation"]),
    ("Provide a concise, 5-word-or-less title for the conv", "\nConversation:\n", _title),
)
_BROUGHT_ALONG = re.compile(r"\A\s*### Task:\s*\nRespond to the user query using the provided context", re.IGNORECASE)


def answer_to_task(wanted: Wanted, named: str | None) -> str | None:
    """Return what a task is answered; `None` if a request is no task.

    Args:
        wanted: what it asks.
        named: the task that the client names, if it does.

    Raises:
        ChatRequestError: the client put documents of its own around a question.
    """
    name = (named or "").strip().lower().removeprefix("tasks.")
    if name in _ANSWERS:
        return _ANSWERS[name](wanted.text)
    text = wanted.text.lstrip()
    if wanted.alone:
        for beginning, further, answer in _PROMPTS:
            if text.startswith(beginning) and further in text:
                return answer(text)
    if _BROUGHT_ALONG.match(text) and "<context>" in text:
        raise ChatRequestError(
            "expected a question and nothing else, got documents of the client around it: they are never evidence, "
            "take them out of the chat",
            param="messages",
            code="unsupported_content",
        )
    return None

"""What clients of OpenAI's API send: Open WebUI, LibreChat, and the `openai` package itself.

The prompts of their tasks begin as theirs do; what follows is ours, and as long.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import openai

from tests.support.service_parts import TOKEN, Studio, serving

CHAT = "/v1/chat/completions"
SECRET = "a secret that Open WebUI shares with us"
CHAT_ID = "8f14e45f-ceea-467f-9b2a-1f0d5a1c7e11"
GUIDELINES = "### Guidelines:\n- Be short.\n### Output:\nJSON format\n### Chat History:\n"
HISTORY = "<chat_history>\nUSER: Who reviews a new AI vendor?\nASSISTANT: The security team does.\n</chat_history>"
TASKS = {
    "title": f"### Task:\nGenerate a concise, 3-5 word title with an emoji.\n{GUIDELINES}{HISTORY}",
    "tags": f"### Task:\nGenerate 1-3 broad tags for the chat.\n{GUIDELINES}{HISTORY}",
    "follow-ups": f"### Task:\nSuggest 3-5 relevant follow-up questions.\n{GUIDELINES}{HISTORY}",
    "queries": f"### Task:\nAnalyze the chat history to determine what to search.\n{GUIDELINES}{HISTORY}",
    "completion": f"### Task:\nYou are an autocompletion system.\n{GUIDELINES}{HISTORY}\n<text>Who</text>",
}
LIBRECHAT_TITLE = (
    "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. "
    "Only return the title itself.\n\nConversation:\nUser: Who reviews a new AI vendor?\nAI: The security team does."
)


def user(text: Any) -> dict[str, Any]:
    """Return a message of the user."""
    return {"role": "user", "content": text}


def body(question: Any, **more: Any) -> dict[str, Any]:
    """Return the body of a request."""
    return {"model": "greenlit", "messages": [user(question)], **more}


def of_open_webui(*said: str) -> dict[str, Any]:
    """Return a body as Open WebUI sends it for a chat: what was said in turns, and its usual parameters."""
    roles = ("user", "assistant")
    turns = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]
    return {
        "stream": True,
        "model": "greenlit",
        "messages": [{"role": "system", "content": "User Context:\n\nYou are helpful."}, *turns],
        "stream_options": {"include_usage": True},
        "temperature": 0.8,
        "max_tokens": 1024,
    }


def of_librechat(*said: str) -> dict[str, Any]:
    """Return a body as LibreChat sends it for a chat."""
    roles = ("user", "assistant")
    turns = [{"role": roles[n % 2], "content": [{"type": "text", "text": text}]} for n, text in enumerate(said)]
    more = {"user": "64f0c0ffee", "stream": True, "stream_options": {"include_usage": True}, "top_p": 1}
    return {"model": "greenlit", "messages": turns, "presence_penalty": 0, "frequency_penalty": 0, **more}


def signed(email: Any = "uma@northlight.example", *, secret: str = SECRET, **claims: Any) -> str:
    """Return what Open WebUI sends as `X-OpenWebUI-User-Jwt`; a claim of `None` is left out."""
    now_s = int(time.time())
    said = {"sub": "1", "email": email, "name": "Uma", "role": "user", "iss": "open-webui", "iat": now_s}
    said |= {"exp": now_s + 300, **claims}
    return jwt.encode({name: value for name, value in said.items() if value is not None}, secret, algorithm="HS256")


def chunks_of(text: str) -> list[dict[str, Any]]:
    """Return the chunks of a whole stream, which ends as it has to; comments are none."""
    lines = [line for line in text.split("\n") if line and not line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines), text
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def content_of(chunks: list[dict[str, Any]]) -> str:
    """Return the text of a message that came in chunks."""
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


@contextlib.contextmanager
def openai_client(studio: Studio, **more: Any) -> Iterator[openai.OpenAI]:
    """Lend the real client, over a real connection."""
    with (
        serving(studio.app) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key=TOKEN, **more) as client,
    ):
        yield client

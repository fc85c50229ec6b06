"""Methods of the Web API that write messages: post, ephemeral, update, delete, and streams; and `response_url`."""

import time
from typing import Any

from tests.support.slack_server.recording import Shown
from tests.support.slack_server.state import (
    MARKDOWN_CHARACTERS,
    RESPONSES,
    RESPONSES_LIVE_S,
    UPDATE_CHARACTERS,
    RefusedError,
    State,
    check_blocks,
    content_of,
    listed,
    method,
)
from tests.support.slack_server.workspace import BOT, BOT_USER, TEAM, Channel, Message

Json = dict[str, Any]


@method("chat.postMessage")
def post_message(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    thread = _thread(channel, arguments)
    content = content_of(arguments)
    message = _post(state, channel, content, thread)
    state.show("message", "chat.postMessage", content, channel=channel, thread=thread, message=message.ts)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(channel, with_metadata=True)}


@method("chat.postEphemeral")
def post_ephemeral(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    user = str(arguments.get("user", ""))
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = content_of(arguments)
    ts, thread = state.workspace.next_ts(), arguments.get("thread_ts")
    state.show(
        "ephemeral",
        "chat.postEphemeral",
        content,
        channel=channel,
        thread=str(thread) if thread else None,
        to=frozenset({user}),
        message=ts,
    )
    return {"message_ts": ts}


@method("chat.update")
def update(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    message = _own(channel, arguments)
    content = content_of(arguments, limit=UPDATE_CHARACTERS)
    message.text, message.blocks, message.edited = content["text"], content["blocks"], True
    message.metadata, message.streaming_since = content["metadata"] or message.metadata, None
    state.show("message", "chat.update", content, channel=channel, thread=message.thread_ts, message=message.ts)
    return {"channel": channel.id, "ts": message.ts, "text": message.text}


@method("chat.delete")
def delete(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    message = _own(channel, arguments)
    del channel.messages[message.ts]
    return {"channel": channel.id, "ts": message.ts}


@method("chat.startStream")
def start_stream(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    if channel.kind != "direct":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not arguments.get(name):
                raise RefusedError(f"missing_{name}")
        if arguments["recipient_team_id"] != TEAM:
            raise RefusedError("team_not_found")
    thread = _thread(channel, arguments)
    if thread is None:
        raise RefusedError("invalid_thread_ts")
    message = _post(state, channel, {"text": "", "blocks": [], "metadata": None}, thread)
    message.streaming_since = time.monotonic()
    _append(state, channel, message, arguments, "chat.startStream")
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream")
def append_stream(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    message = _streaming(state, channel, arguments)
    _append(state, channel, message, arguments, "chat.appendStream")
    return {"channel": channel.id, "ts": message.ts}


@method("chat.stopStream")
def stop_stream(state: State, arguments: Json) -> Json:
    channel = _written(state, arguments)
    message = _streaming(state, channel, arguments)
    blocks = listed(arguments, "blocks")
    check_blocks(blocks)
    message.blocks, message.metadata = blocks, arguments.get("metadata")
    _append(state, channel, message, arguments, "chat.stopStream")
    message.streaming_since = None
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(channel, with_metadata=True)}


def _append(state: State, channel: Channel, message: Message, arguments: Json, name: str) -> None:
    added = str(arguments.get("markdown_text") or "")
    chunks = listed(arguments, "chunks")
    for chunk in chunks:
        if not isinstance(chunk, dict) or chunk.get("type") not in _CHUNKS:
            raise RefusedError("invalid_chunks")
        if chunk["type"] == "markdown_text":
            added += str(chunk.get("text", ""))
        if chunk["type"] == "blocks":
            check_blocks(chunk.get("blocks", []))
    if len(added) > MARKDOWN_CHARACTERS:
        raise RefusedError("msg_too_long")
    message.text += added
    content = {
        "text": message.text,
        "blocks": message.blocks,
        "metadata": message.metadata,
        "chunks": [chunk for chunk in chunks if chunk["type"] != "markdown_text"],
    }
    state.show("message", name, content, channel=channel, thread=message.thread_ts, message=message.ts)


_CHUNKS = ("markdown_text", "task_update", "plan_update", "blocks")


def _streaming(state: State, channel: Channel, arguments: Json) -> Message:
    message = _own(channel, arguments)
    since = message.streaming_since
    if since is None or time.monotonic() - since > state.stream_lives_s:
        raise RefusedError("message_not_in_streaming_state")
    return message


def _written(state: State, arguments: Json) -> Channel:
    state.needs("chat:write")
    channel = state.channel(arguments)
    if channel.is_archived:
        raise RefusedError("is_archived")
    if not state.has_joined(channel):
        raise RefusedError("not_in_channel")
    return channel


def _thread(channel: Channel, arguments: Json) -> str | None:
    given = arguments.get("thread_ts")
    if given is None:
        return None
    if not isinstance(given, str) or channel.root_of(given) is None:
        raise RefusedError("thread_not_found")
    return given if channel.messages[given].thread_ts in (None, given) else channel.root_of(given)


def _own(channel: Channel, arguments: Json) -> Message:
    message = channel.messages.get(str(arguments.get("ts", "")))
    if message is None:
        raise RefusedError("message_not_found")
    if message.user != BOT_USER:
        raise RefusedError("cant_update_message")
    return message


def _post(state: State, channel: Channel, content: Json, thread: str | None) -> Message:
    message = state.workspace.write(
        channel,
        BOT_USER,
        content["text"],
        thread_ts=thread,
        blocks=content["blocks"],
        metadata=content["metadata"],
        bot=BOT,
    )
    state.posted(channel, message)
    return message


def respond(state: State, name: str, body: Json) -> tuple[int, str]:
    """Take what was posted to a `response_url`; return the status and the body of the answer."""
    url = state.responses.get(name)
    if url is None or time.monotonic() - url.made > RESPONSES_LIVE_S:
        return 404, '{"ok":false,"error":"expired_url"}'
    if url.uses >= RESPONSES:
        return 404, '{"ok":false,"error":"used_url"}'
    url.uses += 1
    channel, in_channel = state.workspace.channels[url.channel], body.get("response_type") == "in_channel"
    original = url.message if body.get("replace_original") in (True, "true") else None
    if body.get("delete_original") in (True, "true"):
        state.record.shown.append(_gone(state, url.message, channel))
        return 200, "ok"
    try:
        content = content_of(body)
    except RefusedError as refused:
        return 404 if refused.answer["error"] == "no_text" else 400, str(refused)
    thread = body.get("thread_ts") or url.thread
    if in_channel:
        message = _post(state, channel, content, thread)
        state.show("message", "response_url", content, channel=channel, thread=thread, message=message.ts)
    else:
        state.show(
            "response",
            "response_url",
            content,
            channel=channel,
            thread=thread,
            to=frozenset({url.user}),
            message=original or "",
            response_url=name,
        )
    return 200, "ok"


def _gone(state: State, message: str | None, channel: Channel) -> Shown:
    """Record that a message was taken away: nobody reads it from then on."""
    nobody: frozenset[str] = frozenset()
    number = message or f"gone-{next(state.numbers)}"
    return Shown(time.monotonic(), "ephemeral", "response_url", channel.id, None, nobody, nobody, number, {})

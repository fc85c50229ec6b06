"""Methods of the Web API for what is no message: modals and home tabs, statuses, suggested prompts, sessions."""

import json
import time
from typing import Any

from tests.support.slack_server.block_kit import VIEW_BLOCKS
from tests.support.slack_server.state import RefusedError, State, check_blocks, method
from tests.support.slack_server.workspace import BOT, TEAM, Channel

Json = dict[str, Any]
_STATUSES = ("active", "processing", "suspended", "closed")
_VIEW_CHARACTERS = 250_000


@method("views.publish")
def views_publish(state: State, arguments: Json) -> Json:
    user = str(arguments.get("user_id", ""))
    if user not in state.workspace.people:
        raise RefusedError("invalid_arguments")
    view = _view(arguments, "home")
    state.homes[user] = view
    state.show("home", "views.publish", view, channel=None, to=frozenset({user}), message=f"home-{user}")
    return {"view": _kept(state, view, user)}


@method("views.open")
def views_open(state: State, arguments: Json) -> Json:
    return _opened(state, arguments, "views.open")


@method("views.push")
def views_push(state: State, arguments: Json) -> Json:
    return _opened(state, arguments, "views.push")


@method("views.update")
def views_update(state: State, arguments: Json) -> Json:
    name = str(arguments.get("view_id", ""))
    if name not in state.views:
        raise RefusedError("not_found")
    view, user = _view(arguments, state.views[name]["type"]), state.view_of[name]
    state.views[name] |= view
    state.show("modal", "views.update", view, channel=None, to=frozenset({user}), message=name)
    return {"view": state.views[name]}


def _opened(state: State, arguments: Json, name: str) -> Json:
    trigger = str(arguments.get("trigger_id", ""))
    if trigger not in state.triggers:
        raise RefusedError("invalid_trigger_id" if not trigger.endswith(".trigger") else "exchanged_trigger_id")
    made, user = state.triggers[trigger]
    if time.monotonic() - made > state.trigger_lives_s:
        raise RefusedError("expired_trigger_id")
    view = _view(arguments, "modal")
    del state.triggers[trigger]
    kept = _kept(state, view, user)
    state.show("modal", name, view, channel=None, to=frozenset({user}), message=kept["id"])
    return {"view": kept}


def _view(arguments: Json, kind: str) -> Json:
    view = arguments.get("view")
    if isinstance(view, str):
        view = json.loads(view)
    if not isinstance(view, dict) or view.get("type") != kind:
        raise RefusedError("invalid_arguments", response_metadata={"messages": [f"expected a view of type {kind}"]})
    if len(json.dumps(view)) > _VIEW_CHARACTERS:
        raise RefusedError("view_too_large")
    check_blocks(view.get("blocks", []), most=VIEW_BLOCKS, where="/view/blocks")
    found = []
    for name, most in (("title", 24), ("submit", 24), ("close", 24)):
        text = view.get(name)
        if (kind == "modal" and name == "title" and text is None) or (text and not 0 < len(text["text"]) <= most):
            found.append(f"[ERROR] must be less than {most + 1} characters [json-pointer:/view/{name}]")
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        found.append("[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]")
    if any(block["type"] == "input" for block in view["blocks"]) and kind == "modal" and not view.get("submit"):
        found.append("[ERROR] `submit` is required when an `input` block is within the `blocks` array")
    if found:
        raise RefusedError("invalid_arguments", response_metadata={"messages": found})
    return view


def _kept(state: State, view: Json, user: str) -> Json:
    name = f"V{next(state.numbers):06d}"
    kept = {"private_metadata": "", "callback_id": "", **view, "id": name, "team_id": TEAM, "bot_id": BOT}
    kept |= {"root_view_id": name, "hash": f"{name}.hash", "state": {"values": {}}}
    state.views[name], state.view_of[name] = kept, user
    return kept


@method("assistant.threads.setStatus")
def set_status(state: State, arguments: Json) -> Json:
    state.needs("chat:write", "assistant:write")
    channel, thread = _in_thread(state, arguments)
    loading = arguments.get("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise RefusedError("invalid_arguments")
    status = str(arguments.get("status") or "")
    state.statuses[channel.id, thread] = status
    if status or loading:
        content = {"status": status, "loading_messages": loading}
        state.show("status", "assistant.threads.setStatus", content, channel=channel, thread=thread)
    return {}


@method("assistant.threads.setSuggestedPrompts")
def set_suggested_prompts(state: State, arguments: Json) -> Json:
    state.needs("assistant:write")
    channel = state.channel(arguments, "channel_id")
    prompts = arguments.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise RefusedError("invalid_arguments")
    for one in prompts:
        if not isinstance(one, dict) or not one.get("title") or not one.get("message"):
            raise RefusedError("invalid_arguments")
    content = {"title": arguments.get("title"), "prompts": prompts}
    state.show("prompts", "assistant.threads.setSuggestedPrompts", content, channel=channel)
    return {}


@method("assistant.threads.setTitle")
def set_title(state: State, arguments: Json) -> Json:
    state.needs("assistant:write")
    channel, thread = _in_thread(state, arguments)
    state.show(
        "status", "assistant.threads.setTitle", {"title": arguments.get("title")}, channel=channel, thread=thread
    )
    return {}


@method("agents.sessions.setStatus")
def set_session_status(state: State, arguments: Json) -> Json:
    state.needs("chat:write")
    if not state.is_agent:
        raise RefusedError("not_allowed")
    channel, thread = _in_thread(state, arguments)
    status = arguments.get("status")
    if status not in _STATUSES:
        raise RefusedError("invalid_arguments")
    state.sessions[channel.id, thread] = str(status)
    title = str(arguments.get("title") or "")
    if len(title) > 200:
        raise RefusedError("invalid_arguments")
    if title:
        state.show("status", "agents.sessions.setStatus", {"title": title}, channel=channel, thread=thread)
    return {"status": status}


def _in_thread(state: State, arguments: Json) -> tuple[Channel, str]:
    channel = state.channel(arguments, "channel_id")
    if not state.has_joined(channel):
        raise RefusedError("not_in_channel")
    thread = str(arguments.get("thread_ts") or "")
    if channel.root_of(thread) != thread or not thread:
        raise RefusedError("invalid_thread_ts")
    return channel, thread

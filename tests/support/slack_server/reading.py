"""Methods of the Web API that read: who the app is, people, conversations and what was written in them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from tests.support.slack_server.state import RefusedError, State, method
from tests.support.slack_server.workspace import BOT, BOT_USER, TEAM, Channel, Message

Json = dict[str, Any]
_T = TypeVar("_T")
_READ = {"public": "channels:read", "private": "groups:read", "direct": "im:read"}
_HISTORY = {"public": "channels:history", "private": "groups:history", "direct": "im:history"}
_MOST_MEMBERS, _MOST_MESSAGES = 1_000, 999


@method("auth.test")
def auth_test(state: State, arguments: Json) -> Json:
    del arguments
    enterprise = next((one.enterprise for one in state.workspace.people.values() if one.enterprise), None)
    more = {"enterprise_id": enterprise} if enterprise else {}
    return {
        "url": "https://north.slack.com/",
        "team": "North",
        "user": "greenlit",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
        **more,
    }


@method("users.info")
def users_info(state: State, arguments: Json) -> Json:
    state.needs("users:read")
    with_email = "users:read.email" in state.scopes
    if with_email:
        state.used_scopes.add("users:read.email")
    return {"user": state.user(arguments).as_json(with_email=with_email)}


@method("users.list")
def users_list(state: State, arguments: Json) -> Json:
    state.needs("users:read")
    with_email = "users:read.email" in state.scopes
    page, more = _page(list(state.workspace.people.values()), arguments, most=_MOST_MEMBERS)
    return {"members": [one.as_json(with_email=with_email) for one in page], **more}


@method("conversations.info")
def conversations_info(state: State, arguments: Json) -> Json:
    channel = _seen(state, arguments)
    value = channel.as_json()
    if arguments.get("include_num_members") in ("1", "true", True):
        value["num_members"] = len(channel.members)
    return {"channel": value}


@method("conversations.members")
def conversations_members(state: State, arguments: Json) -> Json:
    page, more = _page(_seen(state, arguments).members, arguments, most=_MOST_MEMBERS)
    return {"members": page, **more}


@method("conversations.open")
def conversations_open(state: State, arguments: Json) -> Json:
    state.needs("im:write")
    user = str(arguments.get("users", ""))
    channel = state.workspace.channels.get(state.workspace.direct_id(user))
    if channel is None:
        raise RefusedError("user_not_found")
    return {"channel": {"id": channel.id}}


@method("conversations.history")
def conversations_history(state: State, arguments: Json) -> Json:
    channel = _read(state, arguments)
    top = [one for one in channel.messages.values() if one.thread_ts in (None, one.ts)]
    found = [one for one in reversed(top) if _between(one, arguments)]
    return _messages(channel, found, arguments)


@method("conversations.replies")
def conversations_replies(state: State, arguments: Json) -> Json:
    channel = _read(state, arguments)
    root = channel.root_of(str(arguments.get("ts", "")))
    if root is None:
        raise RefusedError("thread_not_found")
    first, *replies = state.workspace.thread(channel, root)
    return _messages(channel, [first, *(one for one in replies if _between(one, arguments))], arguments)


@method("chat.getPermalink")
def chat_get_permalink(state: State, arguments: Json) -> Json:
    channel, ts = state.channel(arguments), str(arguments.get("message_ts", ""))
    if ts not in channel.messages:
        raise RefusedError("message_not_found")
    link = f"https://north.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def _seen(state: State, arguments: Json) -> Channel:
    channel = state.channel(arguments)
    state.needs(_READ[channel.kind])
    return channel


def _read(state: State, arguments: Json) -> Channel:
    channel = state.channel(arguments)
    state.needs(_HISTORY[channel.kind])
    if not state.has_joined(channel):
        raise RefusedError("not_in_channel")
    return channel


def _between(message: Message, arguments: Json) -> bool:
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9" * 12)
    if arguments.get("inclusive") in ("1", "true", True):
        return float(oldest) <= float(message.ts) <= float(latest)
    return float(oldest) < float(message.ts) < float(latest)


def _messages(channel: Channel, found: Sequence[Message], arguments: Json) -> Json:
    page, more = _page(found, arguments, most=_MOST_MESSAGES)
    with_metadata = arguments.get("include_all_metadata") in ("1", "true", True)
    shown = [one.as_json(channel, with_metadata=with_metadata) for one in page]
    return {"messages": shown, "has_more": "response_metadata" in more, **more}


def _page(found: Sequence[_T], arguments: Json, *, most: int) -> tuple[list[_T], Json]:
    """Return a page, and the cursor of the next one if there is one."""
    try:
        limit, cursor = int(arguments.get("limit") or 100), str(arguments.get("cursor") or "")
        start = int(cursor.removeprefix("next:")) if cursor else 0
    except ValueError:
        raise RefusedError("invalid_cursor") from None
    if not 0 < limit <= most:
        raise RefusedError("invalid_limit")
    end = start + limit
    more = {"response_metadata": {"next_cursor": f"next:{end}"}} if end < len(found) else {}
    return list(found[start:end]), more

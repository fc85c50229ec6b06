"""What Slack delivers: events, commands and interactions, in the form that it gives them."""

import itertools
import secrets
import time
from typing import Any

from tests.support.slack_server.state import State
from tests.support.slack_server.workspace import APP, BOT_USER, TEAM, Channel, Member, Message

Json = dict[str, Any]
_KINDS = {"public": "channel", "private": "group", "direct": "im"}
_numbers = itertools.count(1)


def event(inner: Json, *, is_shared: bool = False, **more: Any) -> Json:
    """Return the outside of an event; each has an `event_id` of its own."""
    return {
        "token": "unused",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": inner,
        "type": "event_callback",
        "event_id": f"Ev{next(_numbers):05d}{secrets.token_hex(3).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": is_shared,
        "event_context": "4-unused",
        **more,
    }


def message(channel: Channel, said: Message, sender: Member | None, *, kind: str = "message") -> Json:
    """Return the event of a message: `message` in direct messages and channels, `app_mention` where it is one."""
    inner: Json = {
        "type": kind,
        "user": said.user,
        "ts": said.ts,
        "client_msg_id": f"client-{said.ts}",
        "text": said.text,
        "team": sender.team if sender else TEAM,
        "blocks": said.blocks or [_as_typed(said.text)],
        "channel": channel.id,
        "event_ts": said.ts,
    }
    if said.thread_ts:
        inner |= {"thread_ts": said.thread_ts, "parent_user_id": channel.messages[said.thread_ts].user}
    if kind == "message":
        inner["channel_type"] = _KINDS[channel.kind]
    if said.bot:
        inner |= {"bot_id": said.bot, "bot_profile": {"id": said.bot, "name": "another bot", "app_id": "A0OTHER"}}
    if said.subtype:
        inner["subtype"] = said.subtype
    if sender and sender.team != TEAM:
        inner |= {"user_team": sender.team, "source_team": sender.team}
    return event(inner, is_shared=channel.is_shared)


def edited(channel: Channel, said: Message, before: str) -> Json:
    """Return the event of an edit."""
    now = {"type": "message", "user": said.user, "ts": said.ts, "text": said.text, "edited": {"user": said.user}}
    return event(
        {
            "type": "message",
            "subtype": "message_changed",
            "message": now,
            "previous_message": now | {"text": before},
            "channel": channel.id,
            "channel_type": _KINDS[channel.kind],
            "hidden": True,
            "ts": f"{float(said.ts) + 1:.6f}",
            "event_ts": f"{float(said.ts) + 1:.6f}",
        },
        is_shared=channel.is_shared,
    )


def removed(channel: Channel, said: Message) -> Json:
    """Return the event of a deletion."""
    return event(
        {
            "type": "message",
            "subtype": "message_deleted",
            "deleted_ts": said.ts,
            "previous_message": {"type": "message", "user": said.user, "ts": said.ts, "text": said.text},
            "channel": channel.id,
            "channel_type": _KINDS[channel.kind],
            "hidden": True,
            "ts": f"{float(said.ts) + 1:.6f}",
            "event_ts": f"{float(said.ts) + 1:.6f}",
        },
        is_shared=channel.is_shared,
    )


def home_opened(member: Member, channel: Channel, tab: str = "home") -> Json:
    """Return the event of somebody who opened the app's home or messages tab."""
    return event(
        {
            "type": "app_home_opened",
            "user": member.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": f"{time.time():.6f}",
        }
    )


def user_changed(member: Member) -> Json:
    """Return the event of somebody whose profile changed."""
    user = member.as_json(with_email=True)
    return event({"type": "user_change", "user": user, "cache_ts": int(time.time()), "event_ts": f"{time.time():.6f}"})


def command(state: State, channel: Channel, member: Member, text: str, *, name: str = "/ask") -> Json:
    """Return the form of a slash command."""
    names = {"public": channel.name, "private": "privategroup", "direct": "directmessage"}
    form = {
        "token": "unused",
        "team_id": member.team,
        "team_domain": "north",
        "channel_id": channel.id,
        "channel_name": names[channel.kind],
        "user_id": member.id,
        "user_name": member.name.lower(),
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": state.new_response_url(channel=channel.id, user=member.id),
        "trigger_id": state.new_trigger(member.id),
    }
    return form | ({"enterprise_id": member.enterprise} if member.enterprise else {})


def actions(state: State, channel: Channel | None, member: Member, action: Json, **more: Any) -> Json:
    """Return the interaction of a button or another element; `more` says on what (`message`, `view`, `container`)."""
    value: Json = {
        "type": "block_actions",
        "team": {"id": member.team, "domain": "north" if member.team == TEAM else "other"},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": member.id, "username": member.name.lower(), "name": member.name, "team_id": member.team},
        "api_app_id": APP,
        "token": "unused",
        "trigger_id": state.new_trigger(member.id),
        "actions": [{"action_ts": f"{time.time():.6f}", **action}],
        **more,
    }
    if channel is not None:
        value["channel"] = {"id": channel.id, "name": channel.name or "directmessage"}
    return value


def submission(state: State, member: Member, view: Json, values: Json) -> Json:
    """Return the interaction of a modal that somebody sent; `values` are by block id and action id."""
    return {
        "type": "view_submission",
        "team": {"id": member.team, "domain": "north"},
        "user": {"id": member.id, "username": member.name.lower(), "name": member.name, "team_id": member.team},
        "api_app_id": APP,
        "token": "unused",
        "trigger_id": state.new_trigger(member.id),
        "view": view | {"state": {"values": values}, "app_id": APP, "app_installed_team_id": TEAM},
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def _as_typed(text: str) -> Json:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "typed", "elements": [part]}

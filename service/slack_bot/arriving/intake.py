"""What Slack sends, taken apart: something that asks, or nothing. Pure, and it believes no form.

What asks: a direct message, a mention in a channel, the slash command. What does not: messages of bots, our own among
them, edits, deletions, joins and whatever else Slack calls a message; for those there is `None`. Whether a mention
is one, and what is left of the text without Slack's marks, is in `wording`; who asked is in `people`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from service.slack_bot.arriving.deliveries import Delivery
from service.slack_bot.places import Place

_EVENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)  # goes to Greenlit as the name of the question
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_SPOKEN = {None, "file_share", "thread_broadcast"}  # a message that somebody wrote, whatever came with it
_BOTS = ("bot_id", "bot_profile", "app_id")
_SLACK = "slack.com"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that asks, and its text as Slack wrote it."""

    delivery: Delivery
    text: str = field(repr=False)


def incoming_event(payload: Mapping[str, Any]) -> Incoming | None:
    """Return what an event asks, or nothing.

    Args:
        payload: an `event_callback` of the Events API, as it came over HTTP or Socket Mode.
    """
    event, name = payload.get("event"), payload.get("event_id")
    if not isinstance(event, dict) or not _is(_EVENT_ID, name):
        return None
    direct = event.get("type") == "message" and event.get("channel_type") == "im"
    if not direct and event.get("type") != "app_mention":
        return None
    if not is_spoken(event) or event.get("edited"):
        return None
    team, channel, user, ts = payload.get("team_id"), event.get("channel"), event.get("user"), event.get("ts")
    thread_ts = event.get("thread_ts") or ts
    if not (_is(_ID, team) and _is(_ID, channel) and _is(_ID, user) and _is(_TS, ts) and _is(_TS, thread_ts)):
        return None
    place = Place(
        kind="direct" if direct else "channel",
        team=str(team),
        channel=str(channel),
        user=str(user),
        ts=ts,
        thread_ts=thread_ts,
        is_shared=payload.get("is_ext_shared_channel", False) is not False,
    )
    return Incoming(Delivery(str(name), place, enterprise=_enterprise(payload)), _text(event))


def incoming_command(form: Mapping[str, Any], *, slack_host: str = _SLACK) -> Incoming | None:
    """Return what a slash command asks, or nothing if it lacks what every command has.

    Args:
        form: its fields.
        slack_host: where it may be answered, besides hosts of Slack's own.
    """
    team, channel, user = form.get("team_id"), form.get("channel_id"), form.get("user_id")
    trigger = form.get("trigger_id")
    if not (_is(_ID, team) and _is(_ID, channel) and _is(_ID, user) and isinstance(trigger, str) and trigger):
        return None
    # A trigger is made anew each time that somebody sends a command: the same one is the same command.
    name = "cmd-" + hashlib.sha256(f"{team} {user} {trigger}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    url = form.get("response_url")
    place = Place(
        kind="command",
        team=str(team),
        channel=str(channel),
        user=str(user),
        response_url=url if isinstance(url, str) and _is_slack(url, slack_host) else None,
        is_shared=str(form.get("is_ext_shared_channel", "")).lower() in {"true", "1"},
    )
    return Incoming(Delivery(name, place, enterprise=_enterprise(form)), _text(form))


def is_spoken(message: Mapping[str, Any]) -> bool:
    """Tell whether a person wrote this message; whoever is answered by a bot must be none."""
    subtype = message.get("subtype")
    if not (subtype is None or (isinstance(subtype, str) and subtype in _SPOKEN)) or message.get("hidden"):
        return False
    return not any(message.get(key) for key in _BOTS) and message.get("user") != "USLACKBOT"


def changed_user(payload: Mapping[str, Any]) -> str | None:
    """Return whom a `user_change` is about."""
    event = payload.get("event")
    if not isinstance(event, dict) or event.get("type") != "user_change":
        return None
    user = event.get("user")
    name = user.get("id") if isinstance(user, dict) else None
    return name if isinstance(name, str) else None


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _text(said: Mapping[str, Any]) -> str:
    text = said.get("text")
    return text if isinstance(text, str) else ""


def _enterprise(said: Mapping[str, Any]) -> str | None:
    enterprise = said.get("enterprise_id")
    return enterprise if isinstance(enterprise, str) and _ID.fullmatch(enterprise) else None


def _is_slack(url: str, slack_host: str) -> bool:
    """Tell whether an answer may be sent to an address: at Slack over TLS, or at whatever stands for Slack in tests."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme == "https" and (host == _SLACK or host.endswith("." + _SLACK)):
        return True
    return slack_host != _SLACK and host == slack_host and parts.scheme in {"http", "https"}

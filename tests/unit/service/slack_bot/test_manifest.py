"""The manifest of the app: it asks Slack for exactly what the bot uses, and offers what the bot answers."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from service import slack_bot

ROOM = Path(slack_bot.__file__).parent
MANIFEST = json.loads((ROOM.parents[1] / "docs" / "slack" / "manifest.json").read_text())
_READ_HERE = {"channels:history", "groups:history", "im:history"}
# What Slack's documentation says that each method takes.
SCOPES = {
    "assistant_threads_setStatus": {"chat:write"},
    "assistant_threads_setSuggestedPrompts": {"assistant:write"},
    "auth_test": set(),
    "apps_connections_open": set(),  # of the app-level token
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_stream": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": _READ_HERE,
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_replies": _READ_HERE,
    "users_info": {"users:read", "users:read.email"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
EVENTS = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "message.im": {"im:history"},
    "user_change": {"users:read"},
}


def _methods() -> Iterator[str]:
    """Yield the methods of the Web API that the room calls."""
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and "_" in node.attr.strip("_") and hasattr(AsyncWebClient, node.attr):
                yield node.attr


def test_the_scopes_are_those_of_what_is_used_and_no_others() -> None:
    used = set(_methods())
    assert used <= set(SCOPES), "say in SCOPES what a new method takes"
    needed = set().union({"commands"}, *(SCOPES[method] for method in used), *EVENTS.values())
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed
    assert list(MANIFEST["oauth_config"]["scopes"]) == ["bot"]


def test_it_subscribes_to_what_the_bot_hears_and_offers_what_it_answers() -> None:
    settings, features = MANIFEST["settings"], MANIFEST["features"]
    assert set(settings["event_subscriptions"]["bot_events"]) == set(EVENTS)
    assert [command["command"] for command in features["slash_commands"]] == ["/ask"]
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert 1 <= len(features["agent_view"]["suggested_prompts"]) <= 4
    assert (features["app_home"]["home_tab_enabled"], features["app_home"]["messages_tab_enabled"]) == (True, True)
    addresses = {settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"]}
    assert {address.partition("org")[2] for address in addresses | {features["slash_commands"][0]["url"]}} == {
        "/slack/events"
    }

"""The manifest of the app at the server: the repository's own."""

import json
from pathlib import Path
from typing import Any

MANIFEST = Path(__file__).parents[3] / "docs" / "slack" / "manifest.json"
_UNTIL_THEN: dict[str, Any] = {
    "features": {"agent_view": {}, "slash_commands": [{"command": "/ask"}]},
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "assistant:write",
                "channels:history",
                "channels:read",
                "chat:write",
                "commands",
                "groups:history",
                "groups:read",
                "im:history",
                "im:read",
                "users:read",
                "users:read.email",
            ]
        }
    },
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened", "app_mention", "message.im"]}},
}


def manifest() -> dict[str, Any]:
    """Return it."""
    if not MANIFEST.exists():
        return _UNTIL_THEN
    value: dict[str, Any] = json.loads(MANIFEST.read_text())
    return value

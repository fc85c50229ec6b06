"""What the tests of the Slack bot share: a workspace that is known, and people as `users.info` describes them."""

from collections.abc import Callable
from typing import Any

import pytest

from service.slack_bot.workspace import Workspace

Described = Callable[..., dict[str, Any]]


@pytest.fixture
def north() -> Workspace:
    return Workspace(team="T0NORTH", enterprise=None, bot_user="U0GREENLIT", bot_id="B0GREENLIT")


@pytest.fixture
def described() -> Described:
    """Somebody who may ask, but for what is said otherwise; a value of `...` is left out."""

    def describe(**otherwise: Any) -> dict[str, Any]:
        user: dict[str, Any] = {
            "id": "U1",
            "team_id": "T0NORTH",
            "deleted": False,
            "is_bot": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_email_confirmed": True,
            "is_app_user": True,
            "profile": {"email": "mira@northlight.example", "real_name": "Mira"},
        } | otherwise
        return {key: value for key, value in user.items() if value is not ...}

    return describe

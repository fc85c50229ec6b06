"""Who may ask: people of our own with a confirmed address. What Slack does not say counts against them."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.errors import Later, NotOursError
from service.slack_bot.people import People, Person, judged
from service.slack_bot.workspace import Known, Workspace
from tests.support.slack_bot_parts import refused

Described = Callable[..., dict[str, Any]]
_GRID = Workspace(team="E9", enterprise="E9", bot_user="U0", bot_id="B0", is_org_wide=True)


def test_a_member_with_a_confirmed_address_may_ask(described: Described, north: Workspace) -> None:
    person = judged(described(), north)

    assert person == Person("mira@northlight.example", "Mira")
    assert "mira" not in repr(person).lower()


@pytest.mark.parametrize(
    ("otherwise", "reason"),
    [
        ({"team_id": "T0OTHER"}, "elsewhere"),
        ({"team_id": ...}, "elsewhere"),
        ({"is_stranger": True}, "stranger"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_restricted": ...}, "guest"),
        ({"is_ultra_restricted": None}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"is_bot": ...}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"is_connector_bot": True}, "bot"),
        ({"deleted": True}, "deleted"),
        ({"deleted": ...}, "deleted"),
        ({"is_email_confirmed": False}, "unconfirmed"),
        ({"is_email_confirmed": ...}, "unconfirmed"),
        ({"is_email_confirmed": "true"}, "unconfirmed"),
        ({"profile": {}}, "no_email"),
        ({"profile": ...}, "no_email"),
        ({"profile": {"email": ""}}, "no_email"),
        ({"profile": {"email": "nobody"}}, "no_email"),
        ({"profile": {"email": "a@b\r\nGreenlit-Channel: cli"}}, "no_email"),
        ({"profile": {"email": "mïra@northlight.example"}}, "no_email"),
    ],
)
def test_whoever_is_not_may_not_and_the_reason_is_a_code(
    described: Described, north: Workspace, otherwise: dict[str, Any], reason: str
) -> None:
    assert judged(described(**otherwise), north) == reason


def test_people_of_another_workspace_of_our_organisation_are_ours(described: Described) -> None:
    of_grid = {"enterprise_id": "E9", "teams": ["T5"]}

    assert isinstance(judged(described(team_id="T5", enterprise_user=of_grid), _GRID), Person)
    assert judged(described(team_id="T5", enterprise_user={"enterprise_id": "E8"}), _GRID) == "elsewhere"
    assert judged(described(team_id="T5"), _GRID) == "elsewhere"


class _Slack:
    """Answers `users.info`, and counts how often it was asked."""

    def __init__(self, user: dict[str, Any]) -> None:
        self.user = user
        self.asked = 0
        self.error: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def users_info(self, *, user: str) -> Any:
        del user
        self.asked += 1
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return _Said({"ok": True, "user": self.user})


class _Said:
    def __init__(self, data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.data, self.status_code, self.headers = data, status, headers or {}


def _people(slack: _Slack, workspace: Workspace | None, now_s: list[float]) -> People:
    return People(cast("AsyncWebClient", slack), Known(workspace), clock_s=lambda: now_s[0])


def test_slack_is_asked_once_for_two_minutes_and_anew_after_a_change(described: Described, north: Workspace) -> None:
    async def ask() -> list[int]:
        slack, now_s = _Slack(described()), [0.0]
        people, asked = _people(slack, north, now_s), []
        for at_s in (0.0, 119.0, 121.0):
            now_s[0] = at_s
            await people.person("U1", team="T0NORTH")
            asked.append(slack.asked)
        slack.user = described(deleted=True)
        people.forget("U1")
        with pytest.raises(NotOursError) as error:
            await people.person("U1", team="T0NORTH")
        assert error.value.reason == "deleted"
        return [*asked, slack.asked]

    assert asyncio.run(ask()) == [1, 1, 2, 3]


def test_many_who_wait_for_one_person_ask_once(described: Described, north: Workspace) -> None:
    async def crowd() -> int:
        slack = _Slack(described())
        people = _people(slack, north, [0.0])
        await asyncio.gather(*(people.person("U1", team="T0NORTH") for _ in range(50)))
        return slack.asked

    assert asyncio.run(crowd()) == 1


def test_a_change_while_slack_is_being_asked_leaves_nothing_old_behind(described: Described, north: Workspace) -> None:
    async def ask() -> None:
        slack = _Slack(described())
        people = _people(slack, north, [0.0])
        slack.go_on.clear()
        waiting = asyncio.create_task(people.person("U1", team="T0NORTH"))
        await asyncio.sleep(0)
        people.forget("U1")
        slack.go_on.set()
        await waiting
        slack.user = described(is_restricted=True)
        with pytest.raises(NotOursError):
            await people.person("U1", team="T0NORTH")

    asyncio.run(ask())


def test_nobody_is_taken_for_somebody_while_slack_does_not_answer(described: Described, north: Workspace) -> None:
    async def ask() -> None:
        slack = _Slack(described())
        people = _people(slack, north, [0.0])
        slack.error = refused(_Said({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "7"}))
        with pytest.raises(Later) as later:
            await people.person("U1", team="T0NORTH")
        assert later.value.after_s == 7
        slack.error = refused(_Said({"ok": False, "error": "missing_scope"}))
        with pytest.raises(Later):
            await people.person("U1", team="T0NORTH")
        slack.error = refused(_Said({"ok": False, "error": "user_not_found"}))
        with pytest.raises(NotOursError) as error:
            await people.person("U1", team="T0NORTH")
        assert error.value.reason == "unknown"

    asyncio.run(ask())


def test_nobody_is_asked_about_before_it_is_known_whose_bot_this_is_or_from_elsewhere(
    described: Described, north: Workspace
) -> None:
    async def ask() -> int:
        slack = _Slack(described())
        with pytest.raises(Later):
            await _people(slack, None, [0.0]).person("U1", team="T0NORTH")
        with pytest.raises(NotOursError):
            await _people(slack, north, [0.0]).person("U1", team="T0OTHER")
        return slack.asked

    assert asyncio.run(ask()) == 0

"""Who somebody in Slack is: the e-mail address that Slack has confirmed, or why they may not ask.

In order: (1) what was learnt within the last two minutes counts, (2) else Slack is asked (`users.info`), once however
many wait for the same person, (3) whoever is not of our own workspace or organisation, or is a guest, a stranger, a bot
or deactivated, or whose address is not confirmed, may not ask. What Slack does not say counts against them. A change
that Slack tells of (`user_change`) acts at once; Greenlit asks its own directory with every question.

Keeps nothing on disk.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.errors import Later, NotOursError, Reason
from service.slack_bot.slack_calls import SlackSaidError, called
from service.slack_bot.workspace import Known, Workspace

_KEPT_S = 120.0
_MOST_KEPT = 20_000  # people: some 10 MB
_EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,190}")  # goes into a header: visible ASCII, one @
_NAME_CHARS = 80
_NOBODY = {"user_not_found", "user_not_visible", "users_not_found"}
_BROKEN_S = 30.0  # a missing scope, a withdrawn token: somebody has to do something


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of our own, as Slack knows them."""

    email: str = field(repr=False)
    name: str = field(repr=False)


class People:
    """Knows the people of the workspace, each for two minutes."""

    def __init__(self, web: AsyncWebClient, known: Known, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._web, self._known, self._clock_s = web, known, clock_s
        self._learnt: OrderedDict[str, tuple[float, Person | Reason]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Person | Reason]] = {}

    async def person(self, user: str, *, team: str) -> Person:
        """Return who this is.

        Args:
            user: as Slack names them.
            team: the workspace that they did something in.

        Raises:
            NotOursError: they may not ask.
            Later: Slack cannot be asked now.
        """
        workspace = self._known.here()
        if not workspace.is_home(team=team, enterprise=None) and workspace.enterprise is None:
            raise NotOursError("elsewhere")
        found = await self._found(user)
        if isinstance(found, Person):
            return found
        raise NotOursError(found)

    def forget(self, user: str) -> None:
        """Ask Slack anew the next time: something about this person has changed."""
        self._learnt.pop(user, None)
        self._asking.pop(user, None)  # whoever waits already gets the older word; nobody else does

    async def _found(self, user: str) -> Person | Reason:
        learnt = self._learnt.get(user)
        if learnt is not None and self._clock_s() < learnt[0]:
            return learnt[1]
        asking = self._asking.get(user)
        if asking is None:
            asking = self._asking[user] = asyncio.create_task(self._asked(user))
            asking.add_done_callback(lambda done: self._learn(user, done))
        return await asyncio.shield(asking)

    def _learn(self, user: str, done: "asyncio.Task[Person | Reason]") -> None:
        failed = done.cancelled() or done.exception() is not None
        if self._asking.get(user) is not done:
            return  # it was forgotten meanwhile
        del self._asking[user]
        if failed:
            return
        self._learnt[user] = self._clock_s() + _KEPT_S, done.result()
        self._learnt.move_to_end(user)
        while len(self._learnt) > _MOST_KEPT:
            self._learnt.popitem(last=False)

    async def _asked(self, user: str) -> Person | Reason:
        try:
            said = await called("users.info", self._web.users_info(user=user))
        except SlackSaidError as error:
            if error.code in _NOBODY:
                return "unknown"
            raise Later(_BROKEN_S) from None
        described = said.get("user")
        return judged(described, self._known.here()) if isinstance(described, dict) else "unknown"


def judged(user: Mapping[str, Any], workspace: Workspace) -> Person | Reason:
    """Return the person that `users.info` describes, or why they may not ask."""
    if (reason := _against(user, workspace)) is not None:
        return reason
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    email = profile.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        return "no_email"
    name = next((words for key in ("real_name", "display_name") if isinstance(words := profile.get(key), str)), "")
    return Person(email=email, name=name[:_NAME_CHARS])


def _against(user: Mapping[str, Any], workspace: Workspace) -> Reason | None:
    grid = user.get("enterprise_user")
    enterprise = grid.get("enterprise_id") if isinstance(grid, dict) else None
    if user.get("deleted") is not False:
        return "deleted"
    if user.get("is_bot") is not False or user.get("is_workflow_bot") or user.get("is_connector_bot"):
        return "bot"
    if user.get("is_stranger"):
        return "stranger"
    if not workspace.is_home(team=user.get("team_id"), enterprise=enterprise):
        return "elsewhere"
    if user.get("is_restricted") is not False or user.get("is_ultra_restricted") is not False:
        return "guest"
    return None if user.get("is_email_confirmed") is True else "unconfirmed"

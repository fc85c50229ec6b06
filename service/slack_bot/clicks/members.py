"""Who could read a message in a channel, as e-mail addresses of our own people; or why that cannot be said of all.

In order: (1) the channel is none that other organisations are in, and it is public or not: a public one can be read by
the whole workspace, whoever its members are, (2) its members, page by page, up to a bound, (3) each of them is somebody
of our own with a confirmed address. Guests, strangers and whoever is not confirmed make it impossible; whoever is
deactivated reads nothing and is left out, as the bot itself is. Another app in a channel is nobody whom Greenlit could
know, and may hand on what it reads: it makes it impossible too, unless whoever runs the bot said that apps may read
along.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.clicks.interactions import KnowsPeople
from service.slack_bot.errors import Later, NotOursError
from service.slack_bot.slack_calls import SlackSaidError, called

MOST_PEOPLE = 500
_PAGE = 200  # what Slack recommends
_AT_ONCE = 8  # people looked up; Slack lets some hundred a minute be
_PATIENCE_S = 60.0
_OUTSIDE = ("is_ext_shared", "is_pending_ext_shared")
_EVERYBODY = ("is_channel", "is_group", "is_mpim")

ELSEWHERE = "People of other organisations are in this channel, so nothing can be shared here."
TOO_MANY = f"More than {MOST_PEOPLE} people are in this channel, so who may read the answer is not looked up."
NOT_ALL_OF_US = (
    "Everybody in your workspace can read this channel, and what the answer rests on is not for all of them, so it "
    "cannot be shared here."
)
NOT_ALL = "Not everybody in this channel may read what it rests on, so it cannot be shared here."
APPS = "Another app is in this channel and could read it too, so it cannot be shared here."
JOINED = "Somebody joined this channel just now, so nothing was shared. Share again to have them asked about, too."
NOT_IN = "I am not in this channel. Invite me, then share again."


class NotSharableError(Exception):
    """An answer cannot be shared in a channel; the message says why to whoever wants to, and names nobody."""


@dataclass(frozen=True, slots=True)
class There:
    """Who is in a channel but the bot, as Slack names them, and whether the whole workspace can read it."""

    people: tuple[str, ...]
    is_public: bool


@dataclass(frozen=True, slots=True)
class Members:
    """Looks up who is in channels; `own` is the bot as a member, `with_apps` whether other apps may read along."""

    web: AsyncWebClient
    people: KnowsPeople
    own: str
    with_apps: bool

    async def there(self, channel: str) -> There:
        """Return who is in a channel.

        Raises:
            NotSharableError: people of other organisations are there, too many, or the bot is not.
            Later: Slack cannot be asked now.
        """
        is_public = await self._expect_inside(channel)
        return There(await self._members(channel), is_public)

    async def addresses(self, members: Sequence[str], *, team: str) -> Sequence[str]:
        """Return the address of everybody of them.

        Raises:
            NotSharableError: it cannot be said of all.
            Later: Slack cannot be asked now.
        """
        found: list[str] = []
        for start in range(0, len(members), _AT_ONCE):
            some = members[start : start + _AT_ONCE]
            found += [email for email in await asyncio.gather(*(self._email(one, team) for one in some)) if email]
        return found

    async def _expect_inside(self, channel: str) -> bool:
        """Return whether the channel is public."""
        try:
            said = await called("conversations.info", self.web.conversations_info(channel=channel))
        except SlackSaidError:
            raise NotSharableError(NOT_IN) from None
        about = said.get("channel") or {}
        if any(about.get(key) for key in _OUTSIDE):
            raise NotSharableError(ELSEWHERE)
        if not any(about.get(key) for key in _EVERYBODY) or about.get("is_member") is False:
            raise NotSharableError(NOT_IN)
        return about.get("is_private") is not True and about.get("is_mpim") is not True

    async def _members(self, channel: str) -> tuple[str, ...]:
        members: list[str] = []
        cursor: str | None = None
        while True:
            asking = self.web.conversations_members(channel=channel, limit=_PAGE, cursor=cursor)
            try:
                said = await called("conversations.members", asking)
            except SlackSaidError:
                raise NotSharableError(NOT_IN) from None
            members += [one for one in said.get("members") or () if one != self.own]
            if len(members) > MOST_PEOPLE:
                raise NotSharableError(TOO_MANY)
            cursor = (said.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return tuple(dict.fromkeys(members))

    async def _email(self, user: str, team: str) -> str | None:
        """Return somebody's address; `None` for whoever reads nothing, or may read along."""
        waited_s = 0.0
        while True:
            try:
                return (await self.people.person(user, team=team)).email
            except NotOursError as error:
                if error.reason == "deleted" or (error.reason == "bot" and self.with_apps):
                    return None
                raise NotSharableError(APPS if error.reason == "bot" else NOT_ALL) from None
            except Later as error:
                waited_s += error.after_s
                if waited_s > _PATIENCE_S:
                    raise
                await asyncio.sleep(error.after_s)

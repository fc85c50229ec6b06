"""A workspace: people, channels, messages. It knows what is there and who may read it, and nothing of HTTP.

Ids look like Slack's: `U...` people, `C...` channels, `D...` direct messages, `T...` teams.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["public", "private", "direct"]

TEAM, ENTERPRISE, OTHER_TEAM = "T0NORTH", "E0NORTH", "T0OTHER"
APP, BOT_USER, BOT = "A0GREENLIT", "U0GREENLIT", "B0GREENLIT"


@dataclass(slots=True)
class Member:
    """Somebody, as `users.info` tells of them."""

    id: str
    email: str
    name: str
    team: str = TEAM
    enterprise: str | None = None
    is_restricted: bool = False  # a guest of several channels
    is_ultra_restricted: bool = False  # a guest of one
    is_stranger: bool = False  # of another organisation, and never met
    is_bot: bool = False
    is_app_user: bool = False
    deleted: bool = False
    is_email_confirmed: bool = True
    more: dict[str, Any] = field(default_factory=dict)  # what else `users.info` says, or says otherwise

    @property
    def is_guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted

    def as_json(self, *, with_email: bool) -> dict[str, Any]:
        """Return the `user` object; the address only for an app that may see it."""
        profile = {"real_name": self.name, "display_name": self.name.split()[0].lower(), "team": self.team}
        if with_email and not self.is_bot and self.email:
            profile["email"] = self.email
        value: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower().replace(" ", "."),
            "real_name": self.name,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.is_bot,
            "is_app_user": self.is_app_user,
            "updated": 1_700_000_000,
        }
        if not self.deleted:  # Slack leaves these out of whoever is deleted
            value |= {
                "tz": "Europe/London",
                "is_admin": False,
                "is_owner": False,
                "is_restricted": self.is_restricted,
                "is_ultra_restricted": self.is_ultra_restricted,
                "is_email_confirmed": self.is_email_confirmed,
            }
        if self.is_stranger:
            value["is_stranger"] = True
        if self.enterprise:
            value["enterprise_user"] = {
                "id": self.id,
                "enterprise_id": self.enterprise,
                "enterprise_name": "North",
                "teams": [self.team],
            }
        return value | self.more


@dataclass(slots=True)
class Message:
    """A message of a channel, everybody's in it."""

    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    bot: str | None = None
    subtype: str | None = None
    edited: bool = False
    streaming_since: float | None = None  # while it is streamed: on the clock of `time.monotonic`

    def as_json(self, channel: "Channel", *, with_metadata: bool) -> dict[str, Any]:
        """Return the message as `conversations.history` and `conversations.replies` give it."""
        value: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": TEAM,
        }
        if self.blocks:
            value["blocks"] = self.blocks
        if self.bot:
            value |= {"bot_id": self.bot, "app_id": APP}
        if self.subtype:
            value["subtype"] = self.subtype
        if self.edited:
            value["edited"] = {"user": self.user, "ts": self.ts}
        if with_metadata and self.metadata:
            value["metadata"] = self.metadata
        if self.thread_ts:
            value["thread_ts"] = self.thread_ts
        if replies := [one for one in channel.messages.values() if one.thread_ts == self.ts]:
            users = list(dict.fromkeys(one.user for one in replies))
            value |= {"thread_ts": self.ts, "reply_count": len(replies), "reply_users": users}
        return value


@dataclass(slots=True)
class Channel:
    """Where people write: a channel, or two people's direct messages."""

    id: str
    kind: Kind
    members: list[str]
    name: str = ""
    is_shared: bool = False  # with people of another organisation (Slack Connect)
    is_archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, in order

    def as_json(self) -> dict[str, Any]:
        """Return the `channel` object."""
        value: dict[str, Any] = {
            "id": self.id,
            "is_im": self.kind == "direct",
            "is_mpim": False,
            "is_archived": self.is_archived,
            "is_ext_shared": self.is_shared,
            "is_org_shared": False,
            "is_shared": self.is_shared,
            "is_pending_ext_shared": False,
            "context_team_id": TEAM,
            "shared_team_ids": [TEAM, OTHER_TEAM] if self.is_shared else [TEAM],
        }
        if self.kind == "direct":
            return value | {"user": next(one for one in self.members if one != BOT_USER)}
        return value | {
            "name": self.name,
            "is_channel": True,
            "is_group": False,
            "is_private": self.kind == "private",
            "is_member": BOT_USER in self.members,
            "connected_team_ids": [OTHER_TEAM] if self.is_shared else [],
        }

    def root_of(self, ts: str | None) -> str | None:
        """Return the first message of the thread that a message is in; none for what is not there."""
        message = self.messages.get(ts) if ts else None
        return None if message is None else message.thread_ts or message.ts


class Workspace:
    """People and channels of a team, and what is written there.

    One thread at a time changes it: the server's.
    """

    def __init__(self) -> None:
        self.people: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self._numbers = itertools.count(1)
        self._last_us = 0
        self.add(Member(BOT_USER, "", "Greenlit", is_bot=True))

    def add(self, member: Member) -> Member:
        """Take somebody in; people have direct messages with the bot from then on."""
        self.people[member.id] = member
        if member.id != BOT_USER:
            direct = self.direct_id(member.id)
            self.channels[direct] = Channel(direct, "direct", [member.id, BOT_USER])
        return member

    def person(self, name: str, email: str | None = None, **more: Any) -> Member:
        """Make somebody of this team and take them in."""
        number = next(self._numbers)
        return self.add(Member(f"U{number:05d}", email or f"{name.lower()}@northlight.example", name, **more))

    def people_named(self, names: Iterable[str]) -> list[Member]:
        """Make several."""
        return [self.person(name) for name in names]

    def channel(self, name: str, members: Iterable[Member | str], *, kind: Kind = "public", **more: Any) -> Channel:
        """Make a channel; the bot is in it only if it is named among the members."""
        ids = [one if isinstance(one, str) else one.id for one in members]
        made = Channel(f"C{next(self._numbers):05d}", kind, ids, name, **more)
        self.channels[made.id] = made
        return made

    def crowd(self, count: int) -> list[str]:
        """Make many people at once, without direct messages: for a channel of 20,000."""
        ids = [f"U9{number:05d}" for number in range(count)]
        for one in ids:
            self.people[one] = Member(one, f"{one.lower()}@northlight.example", f"Person {one}")
        return ids

    @staticmethod
    def direct_id(user: str) -> str:
        """Return the id of somebody's direct messages with the bot."""
        return f"D{user[1:]}"

    def direct(self, member: Member) -> Channel:
        """Return somebody's direct messages with the bot."""
        return self.channels[self.direct_id(member.id)]

    def readers(self, channel: Channel) -> frozenset[str]:
        """Return the people who can read a channel now without joining it."""
        return frozenset(channel.members) - {BOT_USER}

    def who_could_join(self, channel: Channel) -> frozenset[str]:
        """Return the people who can read a channel, now or after joining it by themselves."""
        if channel.kind != "public":
            return self.readers(channel)
        staff = (one for one in self.people.values() if one.team == TEAM and not one.is_guest and not one.deleted)
        return self.readers(channel) | {one.id for one in staff if not one.is_bot}

    def next_ts(self) -> str:
        """Return the time of a new message: no two are the same."""
        self._last_us = max(self._last_us + 1, time.time_ns() // 1_000)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def write(self, channel: Channel, user: str, text: str, **more: Any) -> Message:
        """Put a message into a channel."""
        message = Message(self.next_ts(), user, text, **more)
        channel.messages[message.ts] = message
        return message

    def thread(self, channel: Channel, root: str) -> Iterator[Message]:
        """Return the messages of a thread, the first one first."""
        return (one for one in channel.messages.values() if root in (one.ts, one.thread_ts))

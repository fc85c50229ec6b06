"""Where somebody asked in Slack, and what they asked. Knows nothing of Slack's forms and nothing of Greenlit."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["direct", "channel", "command"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody asked, and where an answer may go.

    Attributes:
        kind: a direct message, a mention in a channel, or the slash command.
        team: the workspace that it was asked in.
        channel: the conversation.
        user: who asked.
        ts: of the message that asks; `None` for a command.
        thread_ts: the thread to answer in; direct messages and mentions have one, a command has none.
        response_url: of a command: where it may be answered for half an hour. It is a secret.
        is_shared: people of other organisations are in the conversation (Slack Connect).
    """

    kind: Kind
    team: str
    channel: str
    user: str
    ts: str | None = None
    thread_ts: str | None = None
    response_url: str | None = field(default=None, repr=False)
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question from Slack.

    Attributes:
        delivery: names it durably.
        place: where it was asked.
        text: what was asked, without Slack's marks.
        email: of whoever asked, as Slack has confirmed it.
        maybe_sent: a process ended while it was being answered, so that the answer may be there already.
    """

    delivery: str
    place: Place
    text: str = field(repr=False)
    email: str = field(repr=False)
    maybe_sent: bool = False

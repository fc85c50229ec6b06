"""What all methods of the Web API share: the workspace, the record, the app's scopes, and how a refusal is said."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.slack_server import block_kit
from tests.support.slack_server.recording import Record, Shown, Where
from tests.support.slack_server.workspace import BOT_USER, Channel, Member, Message, Workspace

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = (
    "xoxb-000-of-the-tests",
    "xapp-1-of-the-tests",
    "5160ac12d5160ac12d5160ac12d5160a",
)
STREAM_LIVES_S = 300.0
RESPONSES, RESPONSES_LIVE_S = 5, 1_800.0
TRIGGER_LIVES_S = 3.0
TEXT_CHARACTERS, UPDATE_CHARACTERS, MARKDOWN_CHARACTERS = 40_000, 4_000, 12_000


class RefusedError(Exception):
    """`ok: false`: the error in Slack's words, and what else the answer says."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


@dataclass(slots=True)
class ResponseUrl:
    """An address that answers of a command or an interaction are posted to."""

    channel: str
    user: str
    made: float
    thread: str | None = None
    message: str | None = None  # that the interaction was on
    uses: int = 0


@dataclass(slots=True)
class State:
    """The server's memory."""

    workspace: Workspace
    scopes: frozenset[str]
    is_agent: bool
    record: Record = field(default_factory=Record)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    responses: dict[str, ResponseUrl] = field(default_factory=dict)
    triggers: dict[str, tuple[float, str]] = field(default_factory=dict)  # when made, for whom
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    view_of: dict[str, str] = field(default_factory=dict)  # whose it is
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)  # of the assistant, by channel and thread
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    used_scopes: set[str] = field(default_factory=set)  # that a call needed
    stream_lives_s: float = STREAM_LIVES_S
    trigger_lives_s: float = TRIGGER_LIVES_S
    public_url: str = ""
    posted: Callable[[Channel, Message], None] = lambda _channel, _message: None  # what hears of each message

    def channel(self, arguments: dict[str, Any], name: str = "channel") -> Channel:
        """Return the channel that a call names. A person's id stands for their direct messages, as at Slack."""
        given = str(arguments.get(name, ""))
        channel = self.workspace.channels.get(self.workspace.direct_id(given) if given.startswith("U") else given)
        if channel is None:
            raise RefusedError("channel_not_found")
        if channel.kind == "private" and not self.has_joined(channel):
            raise RefusedError("channel_not_found")
        return channel

    def has_joined(self, channel: Channel) -> bool:
        return BOT_USER in channel.members

    def user(self, arguments: dict[str, Any]) -> Member:
        """Return the person that a call names."""
        person = self.workspace.people.get(str(arguments.get("user", "")))
        if person is None:
            raise RefusedError("user_not_found")
        return person

    def needs(self, *scopes: str) -> None:
        """Expect the app to have one of some scopes."""
        self.used_scopes.update(scopes[:1])
        if not self.scopes.intersection(scopes):
            raise RefusedError("missing_scope", needed=scopes[0], provided=",".join(sorted(self.scopes)))

    def show(  # noqa: PLR0913 - it is all that is known of what is shown
        self,
        where: Where,
        method: str,
        content: dict[str, Any],
        *,
        channel: Channel | None,
        thread: str | None = None,
        to: frozenset[str] | None = None,
        message: str = "",
        response_url: str | None = None,
    ) -> None:
        """Record that something is shown; `to` whom, where it is not the whole channel."""
        readers = to if to is not None else self.workspace.readers(channel) if channel else frozenset()
        joinable = to if to is not None else self.workspace.who_could_join(channel) if channel else frozenset()
        self.record.shown.append(
            Shown(
                at=time.monotonic(),
                where=where,
                method=method,
                channel=channel.id if channel else None,
                thread=thread,
                readers=readers,
                joinable=joinable,
                message=message or f"{where}-{next(self.numbers)}",
                content=content,
                is_shared_place=channel.is_shared if channel else False,
                response_url=response_url,
            )
        )

    def new_trigger(self, user: str) -> str:
        """Return a `trigger_id`: a modal may be opened with it, once and soon."""
        name = f"{next(self.numbers)}.{next(self.numbers)}.trigger"
        self.triggers[name] = (time.monotonic(), user)
        return name

    def new_response_url(self, **whose: Any) -> str:
        """Return a new `response_url`."""
        name = f"{next(self.numbers)}"
        self.responses[name] = ResponseUrl(made=time.monotonic(), **whose)
        return f"{self.public_url}/response/{name}"


def content_of(arguments: dict[str, Any], *, limit: int = TEXT_CHARACTERS) -> dict[str, Any]:
    """Return what a message says, once Slack would take it.

    Raises:
        RefusedError: it would not.
    """
    blocks, text = listed(arguments, "blocks"), str(arguments.get("text") or "")
    markdown = str(arguments.get("markdown_text") or "")
    if markdown and (blocks or text):
        raise RefusedError("markdown_text_conflict")
    if not (blocks or text or markdown or arguments.get("attachments") or arguments.get("chunks")):
        raise RefusedError("no_text")
    if len(text) > limit or len(markdown) > MARKDOWN_CHARACTERS:
        raise RefusedError("msg_too_long")
    if blocks:
        check_blocks(blocks)
    metadata = arguments.get("metadata")
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    if metadata is not None and not (
        isinstance(metadata, dict) and metadata.get("event_type") and isinstance(metadata.get("event_payload"), dict)
    ):
        raise RefusedError(
            "metadata_must_be_an_object" if not isinstance(metadata, dict) else "invalid_metadata_schema"
        )
    value = {"text": text or markdown, "blocks": blocks or [], "metadata": metadata}
    if attachments := listed(arguments, "attachments"):
        value["attachments"] = attachments
    return value


def check_blocks(blocks: list[Any], *, most: int = block_kit.MESSAGE_BLOCKS, where: str = "/blocks") -> None:
    """Refuse blocks that Slack would not take."""
    found, characters = block_kit.complaints(blocks, most=most, where=where)
    if found:
        raise RefusedError("invalid_blocks", errors=found, response_metadata={"messages": found})
    if most == block_kit.MESSAGE_BLOCKS and characters > block_kit.TOTAL_CHARACTERS:
        raise RefusedError("msg_blocks_too_long")


def listed(arguments: dict[str, Any], name: str) -> list[Any]:
    """Return a list that was sent as such or as JSON in a text."""
    value = arguments.get(name)
    if value in (None, ""):
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise RefusedError(f"invalid_{name}_format") from None
    if not isinstance(value, list):
        raise RefusedError(f"invalid_{name}_format")
    return value


Method = Callable[[State, dict[str, Any]], dict[str, Any]]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Name a function as a method of the Web API; what it returns is the answer, less `ok`."""

    def named(function: Method) -> Method:
        METHODS[name] = function
        return function

    return named

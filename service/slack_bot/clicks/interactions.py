"""What somebody clicked, opened or filled in, read from Slack's payload; and who they are at Greenlit.

Believes no form: what is not of the expected form is no click. Slack has signed it, and that says who clicked.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Call, Json
from service.clients.client import AsyncGreenlit
from service.clients.errors import CallError, RefusedCallError
from service.slack_bot.answers.answer_blocks import SHARE_BLOCK
from service.slack_bot.answers.pieces import Message
from service.slack_bot.answers.posting import Poster
from service.slack_bot.answers.refusing import MAY_NOT_ASK, UNREACHABLE, not_ours_in_words
from service.slack_bot.api_key import problem_of_key
from service.slack_bot.errors import Later, NotOursError
from service.slack_bot.people import Person
from service.slack_bot.places import Place

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TS = re.compile(r"\d{1,12}\.\d{1,8}")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNWELL_S = 3.0
_NOBODY, _NOT_ALLOWED, _TOO_MANY, _OWN_FAULT = 401, 403, 429, 500


class KnowsPeople(Protocol):
    """Knows who somebody in Slack is; see `people`."""

    async def person(self, user: str, *, team: str) -> Person:
        """Return who this is.

        Raises:
            NotOursError: they may not ask.
            Later: Slack cannot be asked now.
        """


@dataclass(frozen=True, slots=True)
class Clicked:
    """Somebody did something in Slack: who, where, with what.

    `thread` is what an answer's own button said of where it belongs; `request_id` what it is about, empty if nothing.
    """

    user: str
    team: str
    channel: str
    request_id: str
    chosen: str = ""
    thread: str | None = None
    trigger_id: str = field(default="", repr=False)
    response_url: str = field(default="", repr=False)

    def place(self) -> Place:
        """Return where they are answered: alone."""
        return Place("command", self.team, self.channel, self.user, response_url=self.response_url or None)


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, for whatever people do besides asking."""

    greenlit: AsyncGreenlit
    people: KnowsPeople
    public_url: str

    async def email(self, user: str, team: str) -> str:
        """Return the confirmed address of somebody.

        Raises:
            NotOursError: they may not ask.
            Later: Slack cannot be asked now.
        """
        return (await self.people.person(user, team=team)).email

    async def call(self, call: Call) -> Json:
        """Call Greenlit.

        Raises:
            Later: it cannot be asked now.
            NotOursError: it does not know for whom this is.
            RefusedCallError: it will not.
        """
        try:
            return await self.greenlit.call(call)
        except RefusedCallError as error:
            if error.status == _TOO_MANY or error.status >= _OWN_FAULT:
                raise Later(error.retry_after_s or _UNWELL_S) from None
            if error.status == _NOBODY:
                raise (Later(_UNWELL_S) if await problem_of_key(self.greenlit) else NotOursError("unknown")) from None
            raise
        except CallError:
            raise Later(_UNWELL_S) from None


def in_words(error: Exception) -> str:
    """Return what somebody is told whose click came to nothing."""
    if isinstance(error, NotOursError):
        return not_ours_in_words(error.reason)
    if isinstance(error, RefusedCallError) and error.status == _NOT_ALLOWED:
        return MAY_NOT_ASK
    return UNREACHABLE


def clicked(body: dict[str, Any]) -> Clicked | None:
    """Return what a payload of `block_actions` says; `None` if it is none of ours."""
    action = next(iter(body.get("actions") or ()), None)
    user, team, channel = _id_of(body, "user"), _team(body), _id_of(body, "channel")
    if not isinstance(action, dict) or not user or not team:
        return None
    chosen, _, request_id = _text(action, "value").rpartition("|")
    block, _, thread = _text(action, "block_id").partition("|")
    return Clicked(
        user=user,
        team=team,
        channel=channel,
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "",
        chosen=chosen,
        thread=thread if block == SHARE_BLOCK and _TS.fullmatch(thread) else None,
        trigger_id=_text(body, "trigger_id"),
        response_url=_text(body, "response_url"),
    )


def filled_in(body: dict[str, Any]) -> Clicked | None:
    """Return whose form a payload of `view_submission` is, and what it is about; `None` if it is none of ours."""
    view = body.get("view")
    user, team = _id_of(body, "user"), _team(body)
    if not isinstance(view, dict) or not user or not team:
        return None
    request_id = _text(view, "private_metadata")
    return Clicked(user, team, "", request_id if _REQUEST_ID.fullmatch(request_id) else "")


def field_of(body: dict[str, Any], block_id: str) -> str:
    """Return what somebody typed or chose in a form; empty if nothing."""
    value: Any = body
    for key in ("view", "state", "values", block_id, block_id):
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return ""
    option = value.get("selected_option")
    return _text(option, "value") if isinstance(option, dict) else _text(value, "value")


async def tell(web: AsyncWebClient, who: Clicked, shown: Message, *, instead: bool = False) -> None:
    """Show a message to whoever clicked, and to nobody else; `instead` of the one that they clicked in.

    Raises:
        Later: Slack cannot be asked now.
        SlackSaidError: Slack shows them nothing.
    """
    poster = Poster(web)
    if instead and who.response_url and await poster.at_address(who.response_url, shown, instead=True):
        return
    await poster.to_asker(who.place(), shown)


def _id_of(body: dict[str, Any], what: str) -> str:
    held = body.get(what)
    value = _text(held, "id") if isinstance(held, dict) else ""
    return value if _ID.fullmatch(value) else ""


def _team(body: dict[str, Any]) -> str:
    user = body.get("user")
    own = _text(user, "team_id") if isinstance(user, dict) else ""
    return own if _ID.fullmatch(own) else _id_of(body, "team")


def _text(held: dict[str, Any], key: str) -> str:
    value = held.get(key)
    return value if isinstance(value, str) else ""

"""The two sides of the Slack bot for its tests: a Slack that writes down what it is sent, and a Greenlit that is real.

`TinySlack` speaks as much of the Web API as a method and a reply; whatever a test scripts in `replies` is answered
instead. `Staffed` is a service with people of a directory, whom a key acts for.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web as http
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit
from service.slack_bot.answers.conversation_names import ConversationNames
from service.slack_bot.clicks import listeners
from service.slack_bot.clicks.interactions import Clicked, Sides
from service.slack_bot.clicks.members import NotSharableError
from service.slack_bot.errors import NotOursError
from service.slack_bot.people import Person
from service.slack_bot.places import Asked, Place
from tests.support.callers import KEYS, Office

PAGES = "https://greenlit.northlight.example"
TEAM, CHANNEL, DIRECT, BOT = "T1", "C1", "D1", "UBOT"
UMA, THEO = "U2", "U1"
ADDRESSES = {THEO: "theo@northlight.example", UMA: "uma@northlight.example"}
TS = "1764428400.000100"
Reply = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Call:
    """A call that came: its method, its arguments."""

    method: str
    args: dict[str, Any]

    def texts(self) -> str:
        """Return all that it shows, as one text."""
        return json.dumps(self.args, ensure_ascii=False)


@dataclass
class TinySlack:
    """See the module. `replies` are by method, one after the other; the last of them is kept."""

    calls: list[Call] = field(default_factory=list)
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    url: str = ""
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def is_called(self, method: str) -> None:
        """Wait until a method was called."""
        async with self._came:
            await self._came.wait_for(lambda: self.of(method))

    def of(self, method: str) -> list[dict[str, Any]]:
        """Return the arguments of each call of a method."""
        return [call.args for call in self.calls if call.method == method]

    def posted(self) -> list[Call]:
        """Return what people could see by now."""
        shows = ("chat.", "response", "views.")
        return [call for call in self.calls if call.method.startswith(shows)]

    def hook(self) -> str:
        """Return an address that something may be answered at."""
        return f"{self.url}response"

    def web(self) -> AsyncWebClient:
        """Return a client of it, as the bot makes one."""
        return AsyncWebClient(token="xoxb-of-the-tests", base_url=self.url, retry_handlers=[])

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["TinySlack"]:
        """Listen until the end."""
        app = http.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        runner = http.AppRunner(app, access_log=None)
        await runner.setup()
        site = http.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}/api/"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: http.Request) -> http.Response:
        args: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            args |= await request.json()
        elif request.can_read_body:
            args |= dict(await request.post())
        for name in ("blocks", "metadata", "chunks"):
            if isinstance(args.get(name), str):
                args[name] = json.loads(args[name])
        method = request.match_info["method"]
        async with self._came:
            self.calls.append(Call(method, args))
            self._came.notify_all()
        script = self.replies.get(method) or [{}]
        reply = script.pop(0) if len(script) > 1 else script[0]
        given = {**(reply(args) if callable(reply) else reply)}
        status, headers = given.pop("status", 200), given.pop("headers", {})
        told = {"ok": "error" not in given, "ts": "1764428401.000200", **given}
        return http.json_response(told, status=status, headers=headers)


class ScriptedPeople:
    """Knows who somebody is, as a test says."""

    def __init__(self, known: Mapping[str, str]) -> None:
        """Take an address for each of them, or, as `!guest`, why they may not ask."""
        self.known = dict(known)

    async def person(self, user: str, *, team: str) -> Person:
        del team
        said = self.known.get(user, "!unknown")
        if said.startswith("!"):
            raise NotOursError(said[1:])  # type: ignore[arg-type]  # a test may say any reason
        return Person(said, user)


def act_for_key(office: Office) -> str:
    """Return a key that acts for the people of an office's directory."""
    who = next(who for who in KEYS if who.address)
    return office.headers(who)["Authorization"].removeprefix("Bearer ")


def greenlit_of(office: Office, *, bearer: str | None = None) -> AsyncGreenlit:
    """Return a client of an office's service, as the bot makes one."""
    service = Service("http://127.0.0.1", bearer or act_for_key(office), channel="slack")
    return AsyncGreenlit(service, transport=httpx.ASGITransport(office.studio.app))


def sides_of(office: Office, people: ScriptedPeople | None = None) -> Sides:
    """Return both sides, for what people do besides asking."""
    return Sides(greenlit_of(office), people or ScriptedPeople(ADDRESSES), PAGES)


def names() -> ConversationNames:
    """Return names of conversations under a key of the tests."""
    return ConversationNames(b"k" * 32)


def place(kind: str = "direct", user: str = THEO, **more: Any) -> Place:
    """Return where somebody asks."""
    where = {"channel": DIRECT if kind == "direct" else CHANNEL}
    thread = {} if kind == "command" else {"ts": TS, "thread_ts": TS}
    return Place(kind, TEAM, user=user, **{**where, **thread, **more})  # type: ignore[arg-type]


def asked(text: str, where: Place, *, delivery: str = "Ev1", **more: Any) -> Asked:
    """Return a question of somebody of the directory."""
    return Asked(delivery, where, text, ADDRESSES.get(where.user, "nobody@northlight.example"), **more)


def click(request_id: str, user: str = THEO, **more: Any) -> Clicked:
    """Return a click on a button of an answer in a channel."""
    return Clicked(user, TEAM, CHANNEL, request_id, **more)


def run(story: Coroutine[Any, Any, None]) -> None:
    """Run what happens in one event loop."""
    asyncio.run(asyncio.wait_for(story, 30))


async def dispatched(slack: TinySlack, sides: Sides, payload: Mapping[str, Any], *, with_apps: bool = False) -> int:
    """Let Bolt take what somebody did, with all of the bot's listeners; return the status once everything is done."""

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id=BOT, bot_token="xoxb-of-the-tests")

    # With a name, for otherwise Bolt looks for one in the sources of all that is running: .2 to .8 s each time.
    app = AsyncApp(name="tests", client=slack.web(), signing_secret="of-the-tests", authorize=authorize)
    listeners.register(
        app, greenlit=sides.greenlit, people=sides.people, public_url=sides.public_url, with_apps=with_apps
    )
    before = asyncio.all_tasks()
    response = await app.async_dispatch(AsyncBoltRequest(body=dict(payload), mode="socket_mode"))
    while rest := {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}:
        ended = await asyncio.gather(*rest, return_exceptions=True)  # all but what serves the tiny Slack
        for broke in ended:  # that something cannot be shared the bot takes from the task that found it, and says so
            if isinstance(broke, BaseException) and not isinstance(broke, NotSharableError):
                raise broke
    return response.status


def clicks(action_id: str, value: str, *, user: str = THEO, **more: Any) -> dict[str, Any]:
    """Return what Slack sends when somebody clicks a button of a message in a channel."""
    return {
        "type": "block_actions",
        "user": {"id": user, "team_id": TEAM},
        "team": {"id": TEAM},
        "channel": {"id": CHANNEL},
        "trigger_id": "1.2.3",
        "actions": [
            {"type": "button", "action_id": action_id, "block_id": "b", "value": value, **more.pop("action", {})}
        ],
        **more,
    }


def sends(callback_id: str, request_id: str, values: Mapping[str, Any], *, user: str = THEO) -> dict[str, Any]:
    """Return what Slack sends when somebody sends a form."""
    state = {"values": {name: {name: value} for name, value in values.items()}}
    view = {"id": "V1", "type": "modal", "callback_id": callback_id, "private_metadata": request_id, "state": state}
    return {"type": "view_submission", "user": {"id": user, "team_id": TEAM}, "team": {"id": TEAM}, "view": view}


def opens(tab: str, *, user: str = THEO) -> dict[str, Any]:
    """Return what Slack sends when somebody opens the bot."""
    event = {"type": "app_home_opened", "user": user, "channel": DIRECT, "tab": tab}
    return {"type": "event_callback", "team_id": TEAM, "event_id": "EvHome", "event": event}

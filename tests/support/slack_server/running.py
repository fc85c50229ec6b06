"""The server itself: it runs in a thread of its own, and people do things in its workspace.

    with SlackServer() as slack:
        ann = slack.workspace.person("Ann")
        slack.sends_to("http://127.0.0.1:3000/slack/events")  # or nothing: Socket Mode
        slack.says(ann, slack.workspace.direct(ann), "How much is the daily allowance?")
        slack.settle()                                        # everything is delivered or given up
        slack.waits_for(lambda: slack.record.in_thread(...))  # what the app does about it
        slack.faults.limit("chat.postMessage", retry_after_s=1)

An app is given `slack.api_url` as its `base_url`, `BOT_TOKEN`, `APP_TOKEN` and `SIGNING_SECRET` of `state`.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.support.slack_server import payloads
from tests.support.slack_server.deliveries import Deliveries, Pace
from tests.support.slack_server.faults import Faults
from tests.support.slack_server.forging import Forged
from tests.support.slack_server.link import Deaf, Link
from tests.support.slack_server.recording import Attempt, Delivered, Record
from tests.support.slack_server.state import State
from tests.support.slack_server.web_api import WebApi
from tests.support.slack_server.workspace import BOT_USER, Channel, Member, Message, Workspace

MANIFEST = Path(__file__).parents[3] / "docs" / "slack" / "manifest.json"
MENTION = f"<@{BOT_USER}>"
_WAIT_S = 60.0
_T = TypeVar("_T")
_EVENTS = {"direct": "message.im", "public": "message.channels", "private": "message.groups"}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote, and the deliveries that tell of it."""

    message: Message
    deliveries: list[Delivered]

    @property
    def thread(self) -> str:
        return self.message.thread_ts or self.message.ts


class SlackServer:
    """A workspace with one app in it."""

    def __init__(self, manifest: Mapping[str, Any] | None = None, *, port: int = 0) -> None:
        """Make it; the app is what its manifest says, and the repository's own without one."""
        manifest = manifest or json.loads(MANIFEST.read_text())
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        self.events = frozenset(settings.get("event_subscriptions", {}).get("bot_events", []))
        self.commands = frozenset(one["command"] for one in features.get("slash_commands", []))
        self.workspace = Workspace()
        scopes = frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))
        self._state = State(self.workspace, scopes, is_agent="agent_view" in features or "assistant_view" in features)
        if self._state.is_agent:
            self._state.used_scopes.add("assistant:write")  # Slack gives it to whoever is an agent
        if self.commands:
            self._state.used_scopes.add("commands")
        if "app_mention" in self.events:
            self._state.used_scopes.add("app_mentions:read")
        self.record: Record = self._state.record
        self.faults = Faults()
        self.link = Link()
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._deliveries = Deliveries(self._state, self.link)
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack")
        self.url = ""

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def state(self) -> State:
        return self._state

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        app = web.Application(client_max_size=2**24)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=0.1)
        api = WebApi(self._state, self.faults)
        app.router.add_route("*", "/api/{method}", api.call)
        app.router.add_post("/response/{name}", api.respond)
        app.router.add_get("/link", self.link.handle)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = self._state.public_url = f"http://127.0.0.1:{port}"
        api.link = f"ws://127.0.0.1:{port}/link"
        self._state.posted = self._echo

    async def _close(self) -> None:
        await self._deliveries.close()
        for connection in list(self.link.connections):
            await connection.socket.close()
        await self._runner.cleanup()

    def _do(self, what: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_WAIT_S * 10)

    def _now(self, what: Callable[[], _T]) -> _T:
        """Do something in the server's own thread."""

        async def do() -> _T:
            return what()

        return self._do(do())

    # Where deliveries go, and how.

    def sends_to(self, url: str | None, pace: Pace | None = None) -> None:
        """Deliver to an address, or over Socket Mode; `pace` says how deliveries go astray."""

        def set_it() -> None:
            self._deliveries.url = url
            if pace is not None:
                self._deliveries.set_pace(pace)

        self._now(set_it)

    def settle(self) -> None:
        """Wait until everything that was begun is delivered or given up."""
        self._do(self._deliveries.settle())

    def waits_for(self, what: Callable[[], _T], *, seconds: float = _WAIT_S) -> _T:
        """Wait until something is there; return it."""
        deadline = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < deadline, f"expected {what} within {seconds} s"
            time.sleep(0.02)
        return found

    def disconnect(self, *, close: bool = True) -> None:
        """Ask the app to renew its connections."""
        self._do(self.link.disconnect(close=close))

    def goes_deaf(self, how: Deaf = "answers-pings", *, new_ones_too: bool = False) -> None:
        """Let the app's connections be open and of no use."""
        self._now(lambda: self.link.go_deaf(how))
        self.link.deaf_from_now = how if new_ones_too else "no"

    # What people do.

    def says(
        self, sender: Member, channel: Channel, text: str, *, thread: str | None = None, copies: int = 1, **more: Any
    ) -> Said:
        """Let somebody write a message; the app is told of it as far as it has subscribed, and mentioned in it."""
        if sender.is_bot:
            more = {"bot": f"B{sender.id[1:]}", "subtype": "bot_message"} | more

        def say() -> Said:
            said = self.workspace.write(channel, sender.id, text, thread_ts=thread, **more)
            told = []
            if BOT_USER in channel.members:
                if MENTION in text and channel.kind != "direct" and "app_mention" in self.events:
                    told.append(payloads.message(channel, said, sender, kind="app_mention"))
                if _EVENTS[channel.kind] in self.events:
                    told.append(payloads.message(channel, said, sender))
            return Said(said, [self._event(one, copies) for one in told])

        return self._now(say)

    def gives_command(self, sender: Member, channel: Channel, text: str, *, name: str = "/ask") -> Delivered:
        """Let somebody give a slash command."""
        assert name in self.commands, f"expected a command of the manifest: {sorted(self.commands)}"

        def give() -> Delivered:
            form = payloads.command(self._state, channel, sender, text, name=name)
            return self._deliveries.start(form["response_url"].rpartition("/")[2], "command", form)

        return self._now(give)

    def edits(self, channel: Channel, said: Message, text: str) -> Delivered:
        """Let whoever wrote a message change it."""

        def edit() -> Delivered:
            before, said.text, said.edited = said.text, text, True
            return self._event(payloads.edited(channel, said, before))

        return self._now(edit)

    def deletes(self, channel: Channel, said: Message) -> Delivered:
        """Let whoever wrote a message delete it."""

        def delete() -> Delivered:
            channel.messages.pop(said.ts)
            return self._event(payloads.removed(channel, said))

        return self._now(delete)

    def opens_home(self, member: Member, tab: str = "home") -> Delivered:
        """Let somebody open the app's home tab, or its messages."""
        return self._now(lambda: self._event(payloads.home_opened(member, self.workspace.direct(member), tab)))

    def presses(
        self, member: Member, action: Mapping[str, Any], *, channel: Channel | None = None, **more: Any
    ) -> Delivered:
        """Let somebody press something: `action` is the element, `more` what it is on (`message`, `view`)."""

        def press() -> Delivered:
            on = dict(more)
            if channel is not None:
                message = more.get("message")
                where = {"type": "message", "channel_id": channel.id}
                if isinstance(message, dict):
                    where |= {"message_ts": message["ts"], "is_ephemeral": message.get("is_ephemeral", False)}
                    if message.get("thread_ts"):
                        where["thread_ts"] = message["thread_ts"]
                on.setdefault("container", where)
                url = self._state.new_response_url(
                    channel=channel.id,
                    user=member.id,
                    thread=where.get("thread_ts"),
                    message=where.get("message_ts"),
                )
                on["response_url"] = url
            pressed = _as_action(action)
            payload = payloads.actions(self._state, channel, member, pressed, **on)
            return self._deliveries.start(payload["trigger_id"], "interaction", payload)

        return self._now(press)

    def submits(self, member: Member, view: Mapping[str, Any], values: Mapping[str, Any]) -> Delivered:
        """Let somebody send a modal."""

        def submit() -> Delivered:
            payload = payloads.submission(self._state, member, dict(view), dict(values))
            return self._deliveries.start(payload["trigger_id"], "interaction", payload)

        return self._now(submit)

    def delivers(self, payload: dict[str, Any], *, copies: int = 1) -> Delivered:
        """Deliver an event as it is."""
        return self._now(lambda: self._event(payload, copies))

    def posts(self, forged: Forged) -> Attempt:
        """Send the app a request as it is, signed or not; say what came back."""
        return self._do(self._deliveries.post(forged.body, forged.headers))

    def changes(self, what: Callable[[], _T]) -> _T:
        """Change the workspace while the server runs: who is in a channel, who is deleted."""
        return self._now(what)

    def _event(self, payload: dict[str, Any], copies: int = 1) -> Delivered:
        return self._deliveries.start(payload["event_id"], "event", payload, copies=copies)

    def _echo(self, channel: Channel, message: Message) -> None:
        """Tell the app of its own message, as Slack does."""
        if _EVENTS[channel.kind] in self.events:
            with contextlib.suppress(RuntimeError):  # the server ends
                self._event(payloads.message(channel, message, self.workspace.people[BOT_USER]))


def _as_action(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Slack says of an element that was pressed: of feedback buttons, which of the two."""
    kept = {name: element[name] for name in ("type", "action_id", "block_id", "value", "text") if name in element}
    if "selected_option" in element:
        kept["selected_option"] = element["selected_option"]
    return {"block_id": "b", **kept}

"""The Slack bot in a thread of its own, against the Slack of the tests, with a stand-in for what asks and shows."""

import asyncio
import contextlib
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from service.clients.calls import Service
from service.commands.listening import bound
from service.slack_bot.bot import BotConfig, Doors, Shows, run_bot
from service.slack_bot.errors import Later
from service.slack_bot.places import Asked, Place
from service.slack_bot.slack_calls import called
from tests.support.slack_server import SlackServer
from tests.support.slack_server.state import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

_WAIT_S = 30.0


@dataclass
class Told:
    """Asks nobody: it keeps what it was asked, and answers with the question's own words.

    Attributes:
        puts_off: how often it says `Later` before it answers.
        holds: is called before it sends, with what was asked.
    """

    doors: Doors | None = None
    asked: list[Asked] = field(default_factory=list)
    refused: list[tuple[Place, str]] = field(default_factory=list)
    unreached: list[Place] = field(default_factory=list)
    puts_off: int = 0
    holds: Callable[[Asked], Awaitable[None]] | None = None
    problem: str | None = None
    listens: Callable[[AsyncApp], None] = lambda _app: None

    def shows(self, doors: Doors) -> Shows:
        self.doors = doors
        return Shows(self, self.listens)

    async def answer(self, asked: Asked, *, sending: Callable[[], Awaitable[None]]) -> None:
        self.asked.append(asked)
        if self.puts_off:
            self.puts_off -= 1
            raise Later(0.01)
        if self.holds is not None:
            await self.holds(asked)
        await sending()
        await self._say(asked.place, f"answer to {asked.text}", asked.delivery)

    async def not_ours(self, place: Place, reason: str) -> None:
        self.refused.append((place, reason))

    async def unreachable(self, place: Place) -> None:
        self.unreached.append(place)

    async def _say(self, place: Place, text: str, delivery: str) -> None:
        if self.doors is None or place.kind != "direct":
            return
        metadata: dict[str, Any] = {"event_type": "greenlit_answer", "event_payload": {"delivery": delivery}}
        post = self.doors.web.chat_postMessage(
            channel=place.channel, text=text, thread_ts=place.thread_ts, metadata=metadata
        )
        await called("chat.postMessage", post)


@dataclass
class RunningBot:
    """A bot that runs, and what it said to its operators."""

    url: str
    told: Told
    said: list[tuple[str, dict[str, object]]]

    @property
    def events(self) -> str:
        return f"{self.url}/slack/events"

    def health(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=_WAIT_S) as response:  # noqa: S310
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def refused(response: Any) -> Exception:
    """Return a refusal as the library raises it."""
    error: Exception = SlackApiError("said", response)  # type: ignore[no-untyped-call]
    return error


def config(slack: SlackServer, state: Path, *, http: bool = True, socket_mode: bool = False) -> BotConfig:
    """Return what a bot of the tests is told; its Greenlit is nowhere."""
    return BotConfig(
        service=Service("http://127.0.0.1:9", "unused", "slack"),
        bot_token=BOT_TOKEN,
        signing_secret=SIGNING_SECRET if http else None,
        app_token=APP_TOKEN if socket_mode else None,
        api_url=slack.api_url,
        state=state,
    )


@contextlib.contextmanager
def running_bot(told: BotConfig, showing: Told) -> Iterator[RunningBot]:
    """Run a bot for as long as the context lasts; then it is stopped as a signal stops it."""
    listening = bound("127.0.0.1", 0)
    bot = RunningBot(f"http://127.0.0.1:{listening.getsockname()[1]}", showing, [])
    began, running = threading.Event(), _Running()

    def notice(event: str, /, **values: object) -> None:
        bot.said.append((event, values))

    async def run() -> None:
        running.loop = asyncio.get_running_loop()
        running.task = asyncio.ensure_future(run_bot(told, showing.shows, listening, notice=notice, ready=began.set))
        with contextlib.suppress(asyncio.CancelledError):
            await running.task

    def main() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            running.error = error
        finally:
            began.set()

    thread = threading.Thread(target=main, name="slack-bot")
    thread.start()
    try:
        assert began.wait(_WAIT_S), "expected a bot that listens"
        if running.error is not None:
            raise running.error
        yield bot
    finally:
        if running.loop is not None and running.task is not None and thread.is_alive():
            running.loop.call_soon_threadsafe(running.task.cancel)
        thread.join(_WAIT_S)
        listening.close()
    assert not thread.is_alive(), "expected a bot that stops"
    if running.error is not None:
        raise running.error


@dataclass
class _Running:
    loop: asyncio.AbstractEventLoop | None = None
    task: "asyncio.Task[None] | None" = None
    error: BaseException | None = None

"""The bot as a whole: what it is made of, in which order it starts, and how it stops without losing anything.

It starts in this order: (1) its folder is locked, so that no second bot answers the same questions, (2) Slack is asked
once who the bot is; a token that Slack refuses ends it here, while a Slack that is away is asked again beside, (3) what
was taken and came to no end is put to work, (4) it listens and connects. It stops in the other order: nothing new is
taken, what is being answered comes to its end, and the rest is in the rows.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import filelock
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit
from service.slack_bot.api_key import problem_of_key
from service.slack_bot.arriving.deliveries import Deliveries, Kept
from service.slack_bot.arriving.handling import Handling, Parts, Tells
from service.slack_bot.arriving.receiving import Receiving
from service.slack_bot.arriving.signatures import Signatures
from service.slack_bot.arriving.socket_mode import Patience, SocketMode
from service.slack_bot.arriving.taking import Taking
from service.slack_bot.arriving.work import Item, Work
from service.slack_bot.bolt_app import Bolt
from service.slack_bot.errors import DeliveriesError, Later, NotConnectedError
from service.slack_bot.health import Health, Notice
from service.slack_bot.listening import server_of
from service.slack_bot.people import People
from service.slack_bot.slack_calls import SlackSaidError, called
from service.slack_bot.workspace import Known, Workspace

FILE, _LOCK = "deliveries.sqlite", "bot.lock"
_GRACE_S = 20.0  # for answers that are being sent when the bot is to stop
_LOOK_S = 60.0  # at Greenlit, and again at a Slack that refuses
_AGAIN_S = 2.0
_TIDY_S = 3600.0
_CALL_S = 30  # of one call of Slack


@dataclass(frozen=True, slots=True)
class BotConfig:
    """What the bot is told.

    Attributes:
        service: Greenlit, with a key that may ask for people.
        bot_token: of the Slack app.
        signing_secret: with it Slack may send over HTTP.
        app_token: with it the bot connects to Slack.
        api_url: Slack's Web API.
        state: the bot's own folder.
        kept: keeps deliveries elsewhere than in a file of that folder.
        public_url: where people reach Greenlit's pages; empty where nobody said.
        share_with_apps: an answer may be shared where other apps are members, too.
        patience: how long the connection to Slack is waited for.
    """

    service: Service
    bot_token: str = field(repr=False)
    signing_secret: str | None = field(repr=False)
    app_token: str | None = field(repr=False)
    api_url: str
    state: Path
    kept: Kept | None = None
    public_url: str = ""
    share_with_apps: bool = False
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Doors:
    """What whoever shows answers is given."""

    web: AsyncWebClient
    greenlit: AsyncGreenlit
    people: People
    known: Known
    health: Health
    config: BotConfig


@dataclass(frozen=True, slots=True)
class Shows:
    """What shows answers: it asks and tells (`telling`), and listens for buttons, views and the home tab."""

    telling: Tells
    register: Callable[[AsyncApp], None]


Showing = Callable[[Doors], Shows]


async def run_bot(
    config: BotConfig, showing: Showing, listening: socket.socket, *, notice: Notice, ready: Callable[[], None]
) -> None:
    """Run the bot until this is cancelled.

    Args:
        config: what it is told.
        showing: makes what shows answers.
        listening: a bound socket; Slack's requests and looks at the bot's health come there.
        notice: tells operators.
        ready: is called when it listens.

    Raises:
        NotConnectedError: it cannot start as it is set up.
        DeliveriesError: its file cannot be opened.
    """
    with _locked(config.state):
        async with contextlib.AsyncExitStack() as stack:
            bot = await _made(config, showing, stack, notice)
            await bot.run(listening, ready)


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = filelock.FileLock(state / _LOCK, mode=0o600)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise NotConnectedError(f"expected to be the only Slack bot over {state}, got another that runs") from None
    except OSError as error:
        raise NotConnectedError(f"the folder {state} cannot be used ({error.strerror})") from None
    try:
        yield
    finally:
        lock.release()


async def _made(config: BotConfig, showing: Showing, stack: contextlib.AsyncExitStack, notice: Notice) -> "_Bot":
    deliveries = Deliveries(config.kept or config.state / FILE)
    stack.push_async_callback(deliveries.close)
    timeout = aiohttp.ClientTimeout(total=_CALL_S)
    session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout, trust_env=False))
    logger = logging.getLogger("greenlit.slack")
    # Nothing is sent again by the library: after a broken connection it cannot know whether a message was posted.
    web = AsyncWebClient(
        config.bot_token, base_url=config.api_url, session=session, logger=logger, timeout=_CALL_S, retry_handlers=[]
    )
    greenlit = await stack.enter_async_context(AsyncGreenlit(config.service))
    known, health = Known(), Health(notice)
    people = People(web, known)
    shows = showing(Doors(web, greenlit, people, known, health, config))
    bolt = Bolt(web, known, logger)
    shows.register(bolt.app)
    handling = Handling(Parts(web, known, people, deliveries, shows.telling, health, notice))
    work = Work(handling.handle)
    host = urlsplit(config.api_url).hostname or ""
    taking = Taking(deliveries, work, people, known, health, bolt.dispatch, slack_host=host)
    return _Bot(config, web, greenlit, known, health, deliveries, work, bolt, taking)


@dataclass(frozen=True, slots=True)
class _Bot:
    config: BotConfig
    web: AsyncWebClient
    greenlit: AsyncGreenlit
    known: Known
    health: Health
    deliveries: Deliveries
    work: Work
    bolt: Bolt
    taking: Taking

    async def run(self, listening: socket.socket, ready: Callable[[], None]) -> None:
        """Run until this is cancelled; see the module."""
        try:
            await self._learn()
        except Later:
            self.health.ill("slack", "Slack does not answer: expected to hear who the bot is; it is tried again")
        for delivery in self.deliveries.unfinished():
            self.work.put(Item(delivery, maybe_sent=delivery.maybe_sent))
        self.work.start()
        secret = self.config.signing_secret
        receiving = Receiving(self.taking, Signatures(secret) if secret else None, self.health)
        server = server_of(receiving, ready=ready)
        try:
            async with self._beside():
                served = asyncio.create_task(server.serve(sockets=[listening]))
                try:
                    await asyncio.shield(served)
                finally:
                    server.should_exit = True
                    await asyncio.wait([served])
        finally:
            await asyncio.gather(self.work.stop(_GRACE_S), self.bolt.finish(_GRACE_S))

    @contextlib.asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        """Have done, for as long as the context lasts, what goes on beside receiving."""
        doing: list[Awaitable[None]] = [self._learn_at_last(), self._look_at_greenlit(), self._tidy()]
        doing.append(self.taking.go_on())
        if self.config.app_token is not None:
            mode = SocketMode(self.web, self.config.app_token, self.taking, self.health, patience=self.config.patience)
            doing.append(mode.run())
        tasks = [asyncio.ensure_future(one) for one in doing]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _learn(self) -> None:
        """Ask Slack who the bot is.

        Raises:
            Later: Slack cannot be reached now.
            NotConnectedError: Slack refuses the token.
        """
        try:
            said = await called("auth.test", self.web.auth_test())
            self.known.learn(Workspace.told(said))
        except SlackSaidError as error:
            raise NotConnectedError(
                f"Slack refuses GREENLIT_SLACK_BOT_TOKEN ({error.code}): copy the bot token of the installed app again"
            ) from None
        except ValueError as error:
            raise NotConnectedError(str(error)) from None
        self.health.well("slack")

    async def _learn_at_last(self) -> None:
        pause_s = _AGAIN_S
        while not self.known.is_known():
            await asyncio.sleep(pause_s)
            try:
                await self._learn()
            except Later as later:
                pause_s = later.after_s
            except NotConnectedError as error:
                self.health.ill("slack", str(error))
                pause_s = _LOOK_S

    async def _look_at_greenlit(self) -> None:
        """Say in the bot's health whether Greenlit is there and takes the key."""
        while True:
            try:
                problem = await problem_of_key(self.greenlit)
            except Later:
                problem = "Greenlit does not answer, or is unwell"
            if problem is None:
                self.health.well("greenlit")
            else:
                self.health.ill("greenlit", f"{problem}; people in Slack are told that it cannot be reached")
            await asyncio.sleep(_LOOK_S)

    async def _tidy(self) -> None:
        while True:
            try:
                await self.deliveries.forget_old()
            except DeliveriesError as error:
                self.health.ill("deliveries", str(error))
            await asyncio.sleep(_TIDY_S)

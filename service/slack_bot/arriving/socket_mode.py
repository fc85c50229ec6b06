"""What Slack sends over a WebSocket that the bot opened (Socket Mode), for networks that nothing outside can reach.

In order: (1) Slack is asked for an address, and is expected to greet within some seconds, (2) what an envelope holds is
taken (`taking`), and the envelope acknowledged after that; one that cannot be kept is not, and comes again, (3) before
Slack closes a connection it says so: the next one is opened while the old one is still read.

A connection can be open and deaf. It is asked for a sign of life every ten seconds and ended without one; and one over
which nothing came for three minutes is replaced whether it seems well or not. Nothing but numbers and codes is logged:
the library's own client writes whole messages at its lowest level, and was seen deaf after it had connected anew.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from service.slack_bot.arriving.taking import AGAIN, Reply, Taking
from service.slack_bot.errors import Later, SlackBotError
from service.slack_bot.health import Health
from service.slack_bot.slack_calls import SlackSaidError, called

_MAX_MESSAGE_BYTES = 1 << 20
_OPEN_S = 20.0
_REFUSED_S = 60.0  # a wrong token: somebody has to do something
_MOST_PAUSE_S = 30.0
_END_S = 3.0
_DISABLED = "link_disabled"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, in seconds."""

    hello_s: float = 15.0
    heartbeat_s: float = 10.0
    idle_s: float = 180.0
    overlap_s: float = 10.0
    pause_s: float = 1.0
    settled_s: float = 5.0


class _BrokenError(SlackBotError):
    """A connection that is none any more; the message says why, for operators."""


class SocketMode:
    """Keeps one connection to Slack, and replaces it in time."""

    def __init__(
        self,
        web: AsyncWebClient,
        app_token: str,
        taking: Taking,
        health: Health,
        *,
        patience: Patience | None = None,
    ) -> None:
        """Take what it needs; nothing is opened yet.

        Args:
            web: calls Slack; its session is used for the connection, too.
            app_token: of the app, with the scope `connections:write`.
            taking: takes what comes.
            health: is told while there is no connection.
            patience: how long is waited for what.
        """
        self._web, self._app_token, self._taking, self._health = web, app_token, taking, health
        self._patience = patience or Patience()
        self._links: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Be connected until this is cancelled."""
        failures = 0
        try:
            while True:
                link = _Link(self)
                task = asyncio.create_task(link.run())
                self._links.add(task)
                task.add_done_callback(self._links.discard)
                began_s = asyncio.get_running_loop().time()
                await link.over.wait()
                lived_s = asyncio.get_running_loop().time() - began_s
                failures = 0 if link.was_greeted and lived_s >= self._patience.settled_s else failures + 1
                pause_s = min(_MOST_PAUSE_S, self._patience.pause_s * 2 ** min(failures, 8)) if failures else 0.0
                await asyncio.sleep(max(pause_s, link.after_s))
        finally:
            for task in self._links:
                task.cancel()
            await asyncio.gather(*self._links, return_exceptions=True)

    async def address(self) -> str:
        """Return where to connect.

        Raises:
            Later: Slack cannot be reached now.
            SlackSaidError: Slack does not take the token.
        """
        call = self._web.apps_connections_open(app_token=self._app_token)
        url = (await called("apps.connections.open", call)).get("url")
        scheme = urlsplit(url).scheme if isinstance(url, str) else ""
        if scheme != "wss" and not (scheme == "ws" and self._web.base_url.startswith("http://")):
            raise _BrokenError("expected a WebSocket's address over TLS from Slack, got another")
        return str(url)

    async def connect(self, url: str) -> aiohttp.ClientWebSocketResponse:
        """Open a connection."""
        session = self._web.session
        if session is None:
            raise _BrokenError("expected a session to connect with, got none")
        async with asyncio.timeout(_OPEN_S):
            return await session.ws_connect(
                url,
                heartbeat=self._patience.heartbeat_s,
                max_msg_size=_MAX_MESSAGE_BYTES,
                proxy=self._web.proxy,
            )

    @property
    def patience(self) -> Patience:
        """How long is waited for what."""
        return self._patience

    async def taken(self, envelope: dict[str, Any]) -> Reply:
        """Take what an envelope holds."""
        payload, kind = envelope.get("payload"), envelope.get("type")
        if not isinstance(payload, dict):
            return Reply()
        if kind == "events_api":
            return await self._taking.event(payload)
        if kind == "slash_commands":
            return await self._taking.command(payload)
        if kind == "interactive":
            return await self._taking.interaction(payload, key=str(envelope.get("envelope_id")))
        return Reply()

    def greeted(self) -> None:
        """Say that there is a connection."""
        self._health.well("socket")

    def failed(self, error: Exception) -> float:
        """Say why there is none; return when to try again, in seconds."""
        if isinstance(error, SlackSaidError):
            words = f"Slack gives no connection for GREENLIT_SLACK_APP_TOKEN ({error.code}): see the app's settings"
            self._health.ill("socket", words)
            return _REFUSED_S
        reason = str(error) if isinstance(error, _BrokenError) else f"none could be opened ({type(error).__name__})"
        self._health.ill("socket", f"the connection to Slack is gone: {reason}; it is tried again")
        return error.after_s if isinstance(error, Later) else 0.0


class _Link:
    """One connection, until it is to be replaced (`over`), and for a moment longer."""

    def __init__(self, mode: SocketMode) -> None:
        self._mode, self._patience = mode, mode.patience
        self.over = asyncio.Event()
        self.was_greeted = False
        self.after_s = 0.0
        self._taking: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Connect, read, end."""
        try:
            socket = await self._mode.connect(await self._mode.address())
            try:
                await self._read(socket)
            finally:
                await self._end(socket)
        except (SlackBotError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if not self.over.is_set():  # else another one is there already
                self.after_s = self._mode.failed(error)
        finally:
            self.over.set()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        until_s = asyncio.get_running_loop().time() + self._patience.hello_s
        while True:
            try:
                async with asyncio.timeout_at(until_s):
                    said = await socket.receive()
            except TimeoutError:
                if not self.was_greeted:
                    raise _BrokenError("Slack did not greet") from None
                if self.over.is_set():
                    return
                self.over.set()  # it may be deaf: another one takes its place
                until_s += self._patience.overlap_s
                continue
            if said.type is not aiohttp.WSMsgType.TEXT:
                raise _BrokenError("it was closed, or gave no sign of life")
            is_ending = self._heard(socket, said.data)
            if not self.over.is_set():  # once it is, its time runs out whatever still comes
                wait_s = self._patience.overlap_s if is_ending else self._patience.idle_s
                until_s = asyncio.get_running_loop().time() + wait_s
            if is_ending:
                self.over.set()

    def _heard(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> bool:
        """Take in one message; tell whether it says that the connection is about to end."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return False
        if not isinstance(message, dict):
            return False
        if message.get("type") == "hello":
            self.was_greeted = True
            self._mode.greeted()
        elif message.get("type") == "disconnect":
            if message.get("reason") == _DISABLED:
                self._mode.failed(_BrokenError("Socket Mode is switched off in the app's settings"))
                self.after_s = _REFUSED_S
            return True
        elif isinstance(message.get("envelope_id"), str):
            task = asyncio.create_task(self._take(socket, message))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)
        return False

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        reply = await self._mode.taken(envelope)
        if reply.status == AGAIN.status:
            return  # not acknowledged, it comes again
        told: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if reply.body and envelope.get("accepts_response_payload", True):
            told["payload"] = json.loads(reply.body) if reply.is_json else {"text": reply.body}
        with contextlib.suppress(aiohttp.ClientError, OSError, RuntimeError):  # closed meanwhile: it comes again
            await socket.send_str(json.dumps(told))

    async def _end(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if self._taking:
            await asyncio.wait(self._taking, timeout=_END_S)
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(_END_S):
                await socket.close()

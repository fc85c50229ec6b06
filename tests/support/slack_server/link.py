"""Socket Mode: WebSocket connections that Slack greets, sends envelopes over, and closes or goes deaf on.

An envelope goes over one of the connections that are open, the newest first; what is not acknowledged is tried again.
"""

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from tests.support.slack_server.workspace import APP

Deaf = Literal["no", "answers-pings", "silent"]


@dataclass(slots=True, eq=False)
class Connection:
    """One connection of an app. A deaf one stays open, but nothing comes over it any more."""

    socket: web.WebSocketResponse = field(repr=False)
    deaf: Deaf = "no"
    opened: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What came back for an envelope."""

    took_s: float
    payload: dict[str, Any] = field(repr=False)


class Link:
    """All connections."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.opened = 0
        self.deaf_from_now: Deaf = "no"  # how connections that are opened from now on are
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Be one connection until it ends."""
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, self.deaf_from_now)
        self.connections.append(connection)
        self.opened += 1
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
                "connection_info": {"app_id": APP},
            }
        )
        try:
            async for message in socket:
                if message.type is WSMsgType.PING and connection.deaf != "silent":
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT and connection.deaf == "no":
                    self._take(message.data)
        finally:
            self.connections.remove(connection)
        return socket

    def _take(self, text: str) -> None:
        answer = json.loads(text)
        waiting = self._waiting.pop(str(answer.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    async def send(
        self, kind: str, payload: dict[str, Any], *, attempt: int, reason: str, timeout_s: float
    ) -> Acknowledged | None:
        """Send an envelope over a connection; return what came back, or nothing if nothing did in time.

        Over a deaf connection nothing arrives, as at Slack.
        """
        if not self.connections:
            return None
        connection, began = self.connections[-1], time.monotonic()
        name = f"{next(self._numbers):08d}-envelope"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[name] = future
        envelope: dict[str, Any] = {
            "envelope_id": name,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        try:
            if connection.deaf == "no":
                await connection.socket.send_json(envelope)
            answer = await asyncio.wait_for(future, timeout_s)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(name, None)
        return Acknowledged(time.monotonic() - began, answer)

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = True) -> None:
        """Ask every connection to be renewed; then close it, as Slack does soon after."""
        for connection in list(self.connections):
            await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}})
            if close:
                await connection.socket.close()

    def go_deaf(self, how: Deaf = "answers-pings") -> None:
        """Let the connections that are open stay open, and be of no use."""
        for connection in self.connections:
            connection.deaf = how

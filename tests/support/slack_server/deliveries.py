"""Delivers as Slack does: signed requests with its retries, or envelopes of Socket Mode; each in its own time.

An event is tried four times: at once, at once again, after a minute, and after five more, each shortened by `scale`.
Commands and interactions are tried once. What an acknowledgement itself shows is recorded like a message.
"""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from tests.support.slack_server.link import Link
from tests.support.slack_server.recording import Attempt, Delivered
from tests.support.slack_server.state import SIGNING_SECRET, State

Kind = Literal["event", "command", "interaction", "options"]
WAITS_S = (0.0, 0.0, 60.0, 300.0)
_ENVELOPES = {
    "event": "events_api",
    "command": "slash_commands",
    "interaction": "interactive",
    "options": "interactive",
}
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(slots=True)
class Pace:
    """How deliveries go astray, and how fast time runs for their retries."""

    scale: float = 1.0  # of the waits between retries
    timeout_s: float = 3.0
    duplicates: float = 0.0  # the share of events that come twice though they were acknowledged
    late: float = 0.0  # the share that comes later than others that were sent after them
    late_s: float = 0.5
    seed: int = 1


def signature(body: bytes, timestamp: str, secret: str = SIGNING_SECRET) -> str:
    """Return how Slack signs a request."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def signed(body: bytes, *, at: float | None = None, kind: Kind = "event") -> dict[str, str]:
    """Return the headers of a delivery."""
    timestamp = str(int(time.time() if at is None else at))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(body, timestamp),
        "Content-Type": _JSON if kind == "event" else _FORM,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


def body_of(payload: Mapping[str, Any], kind: Kind) -> bytes:
    """Return the body of a delivery: JSON, a form, or a form with JSON in it."""
    if kind == "event":
        return json.dumps(payload).encode()
    return urlencode(payload if kind == "command" else {"payload": json.dumps(payload)}).encode()


class Deliveries:
    """Delivers to one app."""

    def __init__(self, state: State, link: Link) -> None:
        self._state = state
        self._link = link
        self._session: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._random = random.Random(1)  # noqa: S311 - the same at every run
        self.url: str | None = None  # where requests go; over Socket Mode without one
        self.pace = Pace()

    def set_pace(self, pace: Pace) -> None:
        """Let deliveries go astray in another way, from the beginning of its seed."""
        self.pace, self._random = pace, random.Random(pace.seed)  # noqa: S311

    def start(self, name: str, kind: Kind, payload: dict[str, Any], *, copies: int = 1) -> Delivered:
        """Begin to deliver something; `copies` times, whatever becomes of the first."""
        delivered = Delivered(name, kind, payload)
        self._state.record.delivered.append(delivered)
        if kind == "event" and self._random.random() < self.pace.duplicates:
            copies += 1
        for number in range(copies):
            wait = self._random.uniform(0, self.pace.late_s) if self._random.random() < self.pace.late else 0.0
            task = asyncio.get_running_loop().create_task(self._deliver(delivered, wait + 0.2 * number))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return delivered

    async def _deliver(self, delivered: Delivered, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        reason = ""
        for number, wait in enumerate(WAITS_S if delivered.kind == "event" else WAITS_S[:1]):
            await asyncio.sleep(wait * self.pace.scale)
            attempt = await self._attempt(delivered, number, reason)
            delivered.attempts.append(attempt)
            if 200 <= attempt.status < 300:
                self._shows(delivered, attempt.body)
                return
            if attempt.headers.get("X-Slack-No-Retry"):
                break
            reason = _reason(attempt)
        delivered.given_up = not delivered.acknowledged

    async def _attempt(self, delivered: Delivered, number: int, reason: str) -> Attempt:
        began = time.monotonic()
        if self.url is None:
            kind, timeout = _ENVELOPES[delivered.kind], self.pace.timeout_s
            back = await self._link.send(kind, delivered.payload, attempt=number, reason=reason, timeout_s=timeout)
            took = time.monotonic() - began
            if back is None:
                return Attempt(began, took, 0, refused=not self._link.connections)
            return Attempt(began, took, 200, json.dumps(back.payload) if back.payload else "")
        body = body_of(delivered.payload, delivered.kind)
        headers = signed(body, kind=delivered.kind)
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return await self.post(body, headers)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Post anything to the app, and say what came back."""
        assert self.url is not None, "expected an app that is reached over HTTP"
        self._session = self._session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        began, timeout = time.monotonic(), aiohttp.ClientTimeout(total=self.pace.timeout_s)
        try:
            async with self._session.post(self.url, data=body, headers=dict(headers), timeout=timeout) as response:
                text = await response.text(errors="replace")
                return Attempt(began, time.monotonic() - began, response.status, text, dict(response.headers))
        except TimeoutError:
            return Attempt(began, time.monotonic() - began, 0)
        except aiohttp.ClientConnectorError:
            return Attempt(began, time.monotonic() - began, 0, refused=True)
        except aiohttp.ClientError:  # it ended while it answered
            return Attempt(began, time.monotonic() - began, 0)

    def _shows(self, delivered: Delivered, body: str) -> None:
        """Record what an acknowledgement shows: of a command a message, of a modal another view or its errors."""
        if delivered.kind in ("event", "options") or not body.strip():
            return
        try:
            said = json.loads(body)
        except ValueError:
            said = {"text": body}
        content = said if isinstance(said, dict) else {"text": body}
        if not content:
            return
        payload = delivered.payload
        user = payload["user_id"] if delivered.kind == "command" else payload["user"]["id"]
        place = payload.get("channel_id") or (payload.get("channel") or {}).get("id")
        channel = self._state.workspace.channels.get(place or "")
        openly = content.get("response_type") == "in_channel"
        self._state.show(
            "response" if delivered.kind == "command" else "modal",
            "acknowledgement",
            content,
            channel=channel,
            to=None if openly else frozenset({user}),
            response_url=str(payload.get("response_url", "")).rpartition("/")[2] or None,
        )

    async def settle(self) -> None:
        """Wait until everything is delivered or given up."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Deliver no more."""
        for task in set(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def _reason(attempt: Attempt) -> str:
    if attempt.refused:
        return "connection_failed"
    return "http_error" if attempt.status else "http_timeout"

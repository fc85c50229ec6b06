"""Requests that Slack did not send, or not like this: each is to be refused, none is to break anything."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.slack_server.deliveries import Kind, body_of, signature, signed

_FIVE_MINUTES_S = 300


@dataclass(frozen=True, slots=True)
class Forged:
    """A request to be sent as it is."""

    name: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def forgeries(payload: dict[str, Any], kind: Kind = "event") -> Iterator[Forged]:
    """Return a delivery in every form in which it is none of Slack's."""
    body = body_of(payload, kind)
    good, now = signed(body, kind=kind), str(int(time.time()))

    def other(name: str, **headers: str) -> Forged:
        return Forged(name, body, good | {f"X-Slack-{key.title()}": value for key, value in headers.items()})

    for missing in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        yield Forged(f"no {missing}", body, {key: value for key, value in good.items() if key != missing})
    yield other("a wrong signature", signature="v0=" + "0" * 64)
    yield other("a signature of another secret", signature=signature(body, now, "another secret"))
    yield other("an empty signature", signature="")
    yield other("a signature in capitals", signature=good["X-Slack-Signature"].upper())
    yield other("a short signature", signature=good["X-Slack-Signature"][:-1])
    yield other("a signature with a letter more", signature=good["X-Slack-Signature"] + "0")
    yield other("another version of signatures", signature="v1" + good["X-Slack-Signature"][2:])
    for name, timestamp in (
        ("an empty timestamp", ""),
        ("a timestamp that is no number", "yesterday"),
        ("a timestamp of 5,000 digits", "1" * 5_000),
        ("a negative timestamp", "-5"),
        ("a timestamp with a point", f"{now}.5"),
        ("infinity as timestamp", "inf"),
    ):
        headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature(body, timestamp)}
        yield Forged(name, body, good | headers)
    for name, seconds in (("an old timestamp", -_FIVE_MINUTES_S - 30), ("one of the future", _FIVE_MINUTES_S + 30)):
        yield Forged(name, body, signed(body, at=time.time() + seconds, kind=kind))
    yield Forged("a truncated body", body[: len(body) // 2], good)
    yield Forged("a longer body", body + b" ", good)
    yield Forged("an empty body", b"", good)
    yield Forged("a body that is not UTF-8", b"\xff\xfe" + body, good)


def malformed() -> Iterator[Forged]:
    """Return requests that are signed well and are not what Slack sends."""
    for name, body in (
        ("no JSON", b"{"),
        ("JSON that is no object", b"[1, 2]"),
        ("an empty object", b"{}"),
        ("a body that is not UTF-8", b"\xff\xfe{}"),
        ("an event without one", b'{"type": "event_callback", "event_id": "Ev1", "team_id": "T0NORTH"}'),
        ("an event that is a number", b'{"type": "event_callback", "event_id": "Ev2", "event": 5}'),
        ("an event of no kind", b'{"type": "event_callback", "event_id": "Ev3", "event": {}}'),
        ("an unknown kind", b'{"type": "surprise"}'),
        ("depth", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    ):
        yield Forged(name, body, signed(body))

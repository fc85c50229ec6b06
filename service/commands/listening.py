"""Where the service listens: bound before anything is loaded, so that a port in use is said at once, or inherited."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexes.console import fail
from service.settings import Settings

if TYPE_CHECKING:
    from service.http.shares import Shares


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service listens: for everybody, and, if it was told to, for whoever reads its metrics.

    `url` is where commands on this machine reach it, whatever else it listens on; empty where a parent tells them.
    `shares` is how many connections each of several processes has, where several listen here.
    """

    everybody: socket.socket
    metrics: socket.socket | None
    url: str = ""
    shares: "Shares | None" = None

    def descriptors(self) -> list[int]:
        """Return those of its sockets, as `inherited` takes them."""
        return [one.fileno() for one in (self.everybody, self.metrics) if one is not None]

    def close(self) -> None:
        """Close them; closing twice is fine."""
        self.everybody.close()
        if self.metrics is not None:
            self.metrics.close()
        if self.shares is not None:
            self.shares.close()


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address and does not listen yet.

    Raises:
        OSError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
    except OSError:
        listening.close()
        raise
    return listening


def listening_at(settings: Settings, host: str | None, port: int | None) -> Listening:
    """Bind where a service is to listen, or end the command: beyond this machine in local mode, a port in use.

    Args:
        settings: say where, unless it is given.
        host: the address.
        port: the port.
    """
    from service.access.local import is_loopback

    host, port = host or settings.host, port or settings.port

    if settings.auth == "local" and not is_loopback(host):
        raise fail(
            f"local mode serves this machine only: expected a loopback address like 127.0.0.1, got '{host}'; "
            "for others set GREENLIT_AUTH=oidc",
            2,
        )
    everybody, url = _bound(host, port, "--port"), _url(settings, host, port)
    if settings.metrics_port is None:
        return Listening(everybody, None, url)
    try:
        return Listening(everybody, _bound(settings.metrics_host, settings.metrics_port, "GREENLIT_METRICS_PORT"), url)
    except BaseException:
        everybody.close()
        raise


def inherited(number: int, memory: int, descriptors: Sequence[int]) -> Listening:
    """Return where a process listens whose parent bound the sockets.

    Args:
        number: its own among those of its parent, from 1 on.
        memory: the descriptor of what `shares.shared_memory` made.
        descriptors: see `Listening.descriptors`.
    """
    from service.http.shares import Shares

    sockets = [socket.socket(fileno=one) for one in descriptors]
    shares = Shares(memory, number=number)
    return Listening(sockets[0], sockets[1] if len(sockets) > 1 else None, shares=shares)


def _url(settings: Settings, host: str, port: int) -> str:
    ours = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host.strip("[]"), host)  # nosec B104  # noqa: S104  (a name, not a choice)
    ours = f"[{ours}]" if ":" in ours and not ours.startswith("[") else ours
    return f"{'https' if settings.tls_certificate else 'http'}://{ours}:{port}"


def address(listening: socket.socket) -> str:
    """Return the address that a socket is bound to, as people write it."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(host: str, port: int, chosen_by: str) -> socket.socket:
    try:
        return bound(host, port)
    except OSError as error:
        words = f"{host}:{port} cannot be listened on ({error.strerror}): choose another with {chosen_by}"
        raise fail(words, 1) from error

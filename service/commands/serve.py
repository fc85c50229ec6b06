"""The command serve: the pages and the API, on this machine alone or, with sign-in, beyond it.

The service knows no parser. What draws pages of documents is given by the command line, which knows both sides.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.account import as_root
from indexes.console import fail, out, problem
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError
from service.audit.errors import AuditError
from service.commands.doors import more_doors
from service.commands.listening import bound
from service.commands.opening import opened_service, sign_in_link
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from indexes.drawn import PageDrawer
    from indexes.limited.sandbox import SandboxSetting
    from service.http.doors import Door
    from service.parts import Service

_MORE_REQUESTS = 256  # beside those that ask: pages that are read
_IDLE_S = 5  # a connection after an answer, until it asks again

OpenDrawer = Callable[["SandboxSetting"], "AbstractContextManager[PageDrawer]"]
_Host = Annotated[str | None, typer.Option(help="the address to listen on; beyond this machine only with sign-in")]
_Port = Annotated[int | None, typer.Option(min=1, max=65535, help="the port to listen on")]


def serving(open_drawer: OpenDrawer) -> Callable[..., None]:
    """Return the command serve, of a service whose pages are drawn by what `open_drawer` opens."""

    def serve(host: _Host = None, port: _Port = None) -> None:
        """Serve the pages and the API."""
        _serve(host, port, open_drawer)

    return serve


def _serve(host: str | None, port: int | None, open_drawer: OpenDrawer) -> None:
    import structlog

    from service.access.local import is_loopback
    from service.commands.models import connecting
    from service.operating.logs import configure_logs

    configure_logs()
    try:
        settings = read_settings()
        doors = more_doors(settings)
        connecting(settings)  # what is missing is said before anything is opened
    except SettingsError as error:
        raise fail(error, 2) from error
    host, port = host or settings.host, port or settings.port
    if settings.auth == "local" and not is_loopback(host):
        raise fail(
            f"local mode serves this machine only: expected a loopback address like 127.0.0.1, got '{host}'; "
            "for others set GREENLIT_AUTH=oidc",
            2,
        )
    try:
        listening = bound(host, port)
    except OSError as error:
        raise fail(f"{host}:{port} cannot be listened on ({error.strerror}): choose another with --port", 1) from error
    try:
        notice = structlog.get_logger("greenlit").warning
        url = _address_here(settings, host, port)
        with (
            contextlib.closing(listening),
            opened_service(settings, notice) as service,
            open_drawer(settings.parser_sandbox) as drawer,
        ):
            _run(service, listening, url=url, doors=doors, drawer=drawer)
    except (IndexesError, AccessError, AuditError, AnsweringError) as error:
        raise fail(error, 1) from error


def _address_here(settings: Settings, host: str, port: int) -> str:
    """Return where commands on this machine reach the service, whatever else it listens on."""
    ours = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host.strip("[]"), host)  # nosec B104  # noqa: S104  (a name, not a choice)
    ours = f"[{ours}]" if ":" in ours and not ours.startswith("[") else ours
    return f"{'https' if settings.tls_certificate else 'http'}://{ours}:{port}"


def _run(service: "Service", listening: socket.socket, *, url: str, doors: "list[Door]", drawer: "PageDrawer") -> None:
    import structlog
    import uvicorn

    from service.app import create_app
    from service.http.limits import limits_for
    from service.http.protocol import limited_protocol
    from service.operating.running import announced
    from service.operating.upkeep import upkeep

    settings = service.settings
    at_once = settings.max_concurrent + settings.max_writing
    notice = structlog.get_logger("greenlit").warning
    config = uvicorn.Config(
        create_app(service, more=doors, drawer=drawer),
        # Far beyond those who are answered, wait or are turned away on record: a bound for memory only.
        http=limited_protocol(limits_for(at_once + 2 * settings.max_queued + _MORE_REQUESTS)),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_IDLE_S,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        # Without a proxy that is named, nobody's word counts for where a request came from.
        proxy_headers=bool(settings.proxies()),
        forwarded_allow_ips=settings.proxies(),
    )
    for words in filter(None, (as_root(), *service.health.report().problems)):
        problem(words)
    with announced(settings.state, url=url):
        if settings.auth == "local":
            out.line(f"Greenlit is ready. Open {sign_in_link(settings, url)}")
            out.line("The link works once, within ten minutes; greenlit open gives another.")
        else:
            out.line(f"Greenlit is ready at {settings.public_url}. People sign in at {settings.oidc_issuer}.")
        _end_in_order_on_signals()
        with upkeep(service.tasks, clock_s=time.monotonic, notice=notice):
            uvicorn.Server(config).run(sockets=[listening])


def _end_in_order_on_signals() -> None:
    """Let a signal unwind what is open. The server stops in order on its own, but then raises the signal once more."""
    import signal

    def end(*_: object) -> None:
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)

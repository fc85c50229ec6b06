"""The command serve: the pages and the API, on this machine alone or, with sign-in, beyond it.

The service knows no parser. What draws pages of documents is given by the command line, which knows both sides.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.account import as_root
from indexes.console import fail, out
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError
from service.audit.errors import AuditError
from service.commands.doors import more_doors
from service.commands.listening import bound
from service.commands.opening import opened_service, sign_in_link
from service.commands.traces import sending_traces
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from indexes.drawn import PageDrawer
    from indexes.life import Life
    from indexes.limited.sandbox import SandboxSetting
    from service.http.doors import Door
    from service.parts import Service

_MORE_REQUESTS = 256  # beside those that ask: pages that are read
# A connection after an answer, until it asks again. Longer than who asks keeps one (httpx 5, nginx 60): none is asked
# at the moment at which it is closed. They are bounded in number: where there is no room, one that is idle gives way.
_IDLE_S = 75

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

    from indexes.life import life
    from indexes.logs import configure_logs, notice_of
    from service.answering.course import Watchers
    from service.commands.models import connecting

    notice = notice_of("greenlit")
    with contextlib.ExitStack() as open_now:
        try:
            settings = read_settings()
            doors = more_doors(settings)
            connecting(settings)  # what is missing is said before anything is opened
            configure_logs(settings.log_level)
            its = open_now.enter_context(life("greenlit"))  # its last line comes after all that follows is closed
            course = open_now.enter_context(sending_traces(settings, notice))
        except SettingsError as error:
            raise fail(error, 2) from error
        host, port = host or settings.host, port or settings.port
        listening = open_now.enter_context(contextlib.closing(_listening(settings, host, port)))
        metrics = _listening_for_metrics(settings)
        if metrics is not None:
            open_now.enter_context(contextlib.closing(metrics))
        try:
            watchers = Watchers(log=structlog.get_logger("greenlit").info, course=course)
            service = open_now.enter_context(opened_service(settings, notice, watchers=watchers))
            drawer = open_now.enter_context(open_drawer(settings.parser_sandbox))
            url = _address_here(settings, host, port)
            _run(service, Listening(listening, metrics), its, url=url, doors=doors, drawer=drawer)
        except (IndexesError, AccessError, AuditError, AnsweringError) as error:
            raise fail(error, 1) from error


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service listens: for everybody, and, if it was told to, for whoever reads its metrics."""

    everybody: socket.socket
    metrics: socket.socket | None


def _listening(settings: Settings, host: str, port: int) -> socket.socket:
    from service.access.local import is_loopback

    if settings.auth == "local" and not is_loopback(host):
        raise fail(
            f"local mode serves this machine only: expected a loopback address like 127.0.0.1, got '{host}'; "
            "for others set GREENLIT_AUTH=oidc",
            2,
        )
    return _bound(host, port, "--port")


def _listening_for_metrics(settings: Settings) -> socket.socket | None:
    if settings.metrics_port is None:
        return None
    return _bound(settings.metrics_host, settings.metrics_port, "GREENLIT_METRICS_PORT")


def _bound(host: str, port: int, chosen_by: str) -> socket.socket:
    try:
        return bound(host, port)
    except OSError as error:
        words = f"{host}:{port} cannot be listened on ({error.strerror}): choose another with {chosen_by}"
        raise fail(words, 1) from error


def _address_here(settings: Settings, host: str, port: int) -> str:
    """Return where commands on this machine reach the service, whatever else it listens on."""
    ours = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host.strip("[]"), host)  # nosec B104  # noqa: S104  (a name, not a choice)
    ours = f"[{ours}]" if ":" in ours and not ours.startswith("[") else ours
    return f"{'https' if settings.tls_certificate else 'http'}://{ours}:{port}"


def _run(
    service: "Service", listening: Listening, its: "Life", *, url: str, doors: "list[Door]", drawer: "PageDrawer"
) -> None:
    import structlog
    import uvicorn

    from indexes.logs import notice_of
    from service.app import create_app
    from service.http.limits import limits_for
    from service.http.protocol import limited_protocol
    from service.operating.problems import LOOK_S, Problems
    from service.operating.running import announced
    from service.operating.upkeep import Task, upkeep

    settings = service.settings
    at_once = settings.max_concurrent + settings.max_writing
    log, notice = structlog.get_logger("greenlit"), notice_of("greenlit")
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
    problems = Problems(service.health.report, warn=log.warning, say=log.info)
    with announced(settings.state, url=url):
        its.started(**_what(service, listening))
        if words := as_root():
            notice(words)
        problems.look()
        if settings.auth == "local":
            out.line(f"Greenlit is ready. Open {sign_in_link(settings, url)}")
            out.line("The link works once, within ten minutes; greenlit open gives another.")
        else:
            out.line(f"Greenlit is ready at {settings.public_url}. People sign in at {settings.oidc_issuer}.")
        _end_in_order_on_signals(its)
        looking = Task("looking at how the service is", problems.look, LOOK_S)
        with (
            upkeep((*service.tasks, looking), clock_s=time.monotonic, notice=notice),
            _metrics(service, listening.metrics),
        ):
            uvicorn.Server(config).run(sockets=[listening.everybody])


def _metrics(service: "Service", listening: socket.socket | None) -> AbstractContextManager[None]:
    from service.access.local import is_loopback
    from service.commands.metrics_port import metrics_port

    if listening is None:
        return contextlib.nullcontext()
    return metrics_port(service.metrics.text, listening, is_loopback=is_loopback(service.settings.metrics_host))


def _what(service: "Service", listening: Listening) -> dict[str, str]:
    """Return what the first line of the log says of this service; the settings' hash stands in the record, too."""
    settings = service.settings
    return {
        "settings": settings.config_hash(),
        "listens": _address(listening.everybody),
        "metrics": _address(listening.metrics) if listening.metrics else "",
        "traces": settings.otlp_endpoint,
        "public_url": settings.public_url,
        "sign_in": settings.auth,
        "library": str(settings.library),
        "builds": settings.builds_address() or str(settings.builds),
        "state": str(settings.state),
        "keys": str(settings.keys_folder()),
    }


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _end_in_order_on_signals(its: "Life") -> None:
    """Let a signal unwind what is open. The server stops in order on its own, but then raises the signal once more."""
    import signal

    def end(number: int, _frame: object) -> None:
        its.ends(number)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)

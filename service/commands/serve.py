"""The command serve: the pages and the API, on this machine alone or, with sign-in, beyond it.

By this process, or, told so, by several that share what a database keeps (`replicas`): then this one is their parent.
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
from indexes.console import fail
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError
from service.audit.errors import AuditError
from service.commands.doors import more_doors
from service.commands.listening import Listening, inherited, listening_at
from service.commands.opening import opened_service
from service.commands.replicas import end_with_parent, tell_parent
from service.commands.serving import said_at_start, serve_by_several, tell_people
from service.commands.traces import sending_traces
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    import uvicorn

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
_Workers = Annotated[
    int, typer.Option(min=1, max=64, help="processes that answer; more than one needs GREENLIT_DATABASE_URL")
]
_Replica = Annotated[str, typer.Option(hidden=True, help="what a process is told that its parent started")]


def serving(open_drawer: OpenDrawer) -> Callable[..., None]:
    """Return the command serve, of a service whose pages are drawn by what `open_drawer` opens."""

    def serve(host: _Host = None, port: _Port = None, workers: _Workers = 1, replica: _Replica = "") -> None:
        """Serve the pages and the API."""
        if replica:
            number, memory, *descriptors = map(int, replica.split(","))
            end_with_parent()
            _serve(lambda _: inherited(number, memory, descriptors), open_drawer, number=number)
        elif workers > 1:
            serve_by_several(workers, host, port)
        else:
            _serve(lambda settings: listening_at(settings, host, port), open_drawer)

    return serve


def _serve(listen: "Callable[[Settings], Listening]", open_drawer: OpenDrawer, *, number: int = 0) -> None:
    """Serve in this process; `number` is its own among those of one parent, 0 where it is alone."""
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
            configure_logs(settings.log_level, process=number)
            its = open_now.enter_context(life("greenlit"))  # its last line comes after all that follows is closed
            course = open_now.enter_context(sending_traces(settings, notice))
        except SettingsError as error:
            raise fail(error, 2) from error
        listening = open_now.enter_context(contextlib.closing(listen(settings)))
        try:
            watchers = Watchers(log=structlog.get_logger("greenlit").info, course=course)
            opened = opened_service(settings, notice, watchers=watchers, locked=number > 0)
            service = open_now.enter_context(opened)
            drawer = open_now.enter_context(open_drawer(settings.parser_sandbox))
            _run(service, listening, its, doors=doors, drawer=drawer)
        except (IndexesError, AccessError, AuditError, AnsweringError) as error:
            raise fail(error, 1) from error


def _run(service: "Service", listening: Listening, its: "Life", *, doors: "list[Door]", drawer: "PageDrawer") -> None:
    import structlog

    from indexes.logs import notice_of
    from service.operating.problems import LOOK_S, Problems
    from service.operating.running import announced
    from service.operating.upkeep import Task, upkeep

    settings, url = service.settings, listening.url
    log, notice = structlog.get_logger("greenlit"), notice_of("greenlit")
    server = _server(service, listening, doors, drawer)
    problems = Problems(service.health.report, warn=log.warning, say=log.info)
    with announced(settings.state, url=url) if url else contextlib.nullcontext():
        its.started(**said_at_start(settings, listening))
        if url and (words := as_root()):
            notice(words)
        problems.look()
        if url:
            tell_people(settings, url)
        else:
            tell_parent()
        _end_in_order_on_signals(its)
        looking = Task("looking at how the service is", problems.look, LOOK_S)
        with (
            upkeep((*service.tasks, looking), clock_s=time.monotonic, notice=notice),
            _metrics(service, listening.metrics),
        ):
            server.run(sockets=[listening.everybody])


def _server(service: "Service", listening: Listening, doors: "list[Door]", drawer: "PageDrawer") -> "uvicorn.Server":
    import uvicorn

    from service.app import create_app
    from service.http.limits import limits_for
    from service.http.protocol import limited_protocol
    from service.http.sharing import SharingServer

    settings, shares = service.settings, listening.shares
    # Far beyond those who are answered, wait or are turned away on record: a bound for memory only.
    limits = limits_for(settings.max_concurrent + settings.max_writing + 2 * settings.max_queued + _MORE_REQUESTS)
    config = uvicorn.Config(
        create_app(service, more=doors, drawer=drawer),
        http=limited_protocol(limits, tell=shares.have) if shares else limited_protocol(limits),
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
    return SharingServer(config, shares=shares) if shares else uvicorn.Server(config)


def _metrics(service: "Service", listening: socket.socket | None) -> AbstractContextManager[None]:
    from service.access.local import is_loopback
    from service.commands.metrics_port import metrics_port

    if listening is None:
        return contextlib.nullcontext()
    return metrics_port(service.metrics.text, listening, is_loopback=is_loopback(service.settings.metrics_host))


def _end_in_order_on_signals(its: "Life") -> None:
    """Let a signal unwind what is open. The server stops in order on its own, but then raises the signal once more.

    It is unwound once: whoever stops all processes of a service at once signals one twice, by its parent as well. Only
    a second Ctrl-C ends it as it stands.
    """
    import signal

    def end(number: int, _frame: object) -> None:
        its.ends(number)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)

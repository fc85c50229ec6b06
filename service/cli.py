"""The reader's commands: ask, search, serve, doctor.

While a service runs it holds the audit log, so `ask` and `search` go through it; with none running they open the same
parts in this process. Exit codes: 0 answered, 1 refused or found wrong, 2 bad usage.
"""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from indexes.errors import IndexesError, SettingsError
from indexes.names import printable
from service.access.errors import AccessError
from service.answering.errors import AnsweringError, QuestionError
from service.audit.errors import AuditBusyError, AuditError
from service.audit_cli import app as audit_app
from service.settings import Settings, encoder_copies, read_settings
from service.verify_cli import verify
from service.witness_cli import witness

if TYPE_CHECKING:
    from service.app import Service

app = typer.Typer()
audit_app.command()(verify)
audit_app.command()(witness)
app.add_typer(audit_app, name="audit")
_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)
_TIMEOUT_S = 60.0  # for a question through the running service
_MORE_REQUESTS = 256  # beside those that ask: pages that are read
_IDLE_S = 5  # a connection after an answer, until it asks again

QuestionArgument = Annotated[str, typer.Argument(help="the question, in words")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def _fail(error: Exception | str, code: int) -> typer.Exit:
    _err.print(f"[red]greenlit:[/red] {escape(str(error))}")
    return typer.Exit(code)


@app.command()
def ask(question: QuestionArgument, as_json: AsJson = False) -> None:
    """Answer a question from the approved documents, or refuse it with a reason."""
    result = _ask_somewhere("/v1/ask", question, {})
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    elif result["refusal"]:
        _out.print(f"[yellow]No answer:[/yellow] {escape(result['refusal']['message'])}")
    else:
        _print_answer(result)
    if result["refusal"]:
        raise typer.Exit(1)


def _print_answer(result: dict[str, Any]) -> None:
    for sentence in result["sentences"]:
        marks = "".join(f"[{n}]" for n in sentence["citations"])
        _out.print(f"{escape(printable(sentence['text']))} [cyan]{escape(marks)}[/cyan]")
    _out.print()
    for citation in result["citations"]:
        locator = citation["locator"]
        where = f", page {locator['page']}" if locator["kind"] == "page" else ""
        where = ", " + " › ".join(locator["path"]) if locator["kind"] == "heading" else where
        line = f"[{citation['n']}] {citation['title']}{where} ({citation['document']}, until {citation['expires']})"
        _out.print(f"[cyan]{escape(printable(line))}[/cyan]")


@app.command()
def search(
    question: QuestionArgument,
    limit: Annotated[int, typer.Option(min=1, max=50, help="at most this many passages")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the ranked passages for a question, without an answer."""
    result = _ask_somewhere("/v1/search", question, {"limit": limit})
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
        return
    for passage in result["passages"]:
        _out.print(f"[cyan]{passage['rank']}  {passage['score']:.3f}  {escape(printable(passage['document']))}[/cyan]")
        _out.print(escape("\n".join(printable(line) for line in passage["text"].split("\n"))))
        _out.print()


def _ask_somewhere(path: str, question: str, more: dict[str, Any]) -> dict[str, Any]:
    """Ask the running service, or, with none running, the same parts in this process."""
    try:
        settings = read_settings()
        _check(question, settings)
    except (SettingsError, QuestionError) as error:
        raise _fail(error, 2) from error
    notices: list[str] = []
    try:
        with _opened(settings, notices.append) as service:
            result = _ask_here(service, path, question, more)
    except AuditBusyError as error:
        return _ask_running(settings, path, {"question": question, **more}, busy=error)
    except (IndexesError, AccessError, AuditError, AnsweringError) as error:
        raise _fail(error, 1) from error
    for notice in notices:
        _err.print(f"[red]problem:[/red] {escape(notice)}")
    return result


def _check(question: str, settings: Settings) -> None:
    from service.answering.questions import checked_text

    checked_text(question, max_chars=settings.max_question_chars)


def _ask_here(service: "Service", path: str, text: str, more: dict[str, Any]) -> dict[str, Any]:
    from service.answering.questions import Question

    question = Question(text.strip(), service.access.owner(), "cli")
    if path == "/v1/search":
        return service.answering.search(question, limit=more["limit"]).as_json()
    return service.answering.ask(question).as_json()


@contextlib.contextmanager
def _opened(settings: Settings, notice: Callable[[str], None]) -> Iterator["Service"]:
    """Open the log first: if a service holds it, there is no need to load an encoder."""
    from service.audit.log import system_clock_us
    from service.audit.opening import open_log

    opened = open_log(
        settings.state, keys=settings.keys_folder(), name=settings.log_name, clock=system_clock_us, notice=notice
    )
    with contextlib.closing(opened):
        from indexes.encoder import load_encoder
        from service.app import open_service

        encoder = load_encoder(settings.encoder, copies=encoder_copies(settings))
        with open_service(settings, opened=opened, encoder=encoder, notice=notice) as service:
            yield service


def _ask_running(settings: Settings, path: str, body: dict[str, Any], *, busy: Exception) -> dict[str, Any]:
    import httpx

    from service.access.local import local_token
    from service.running import running_url

    url = running_url(settings.state)
    if url is None:
        raise _fail(busy, 1) from busy
    try:
        token = local_token(settings.state, settings.given_token())
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False) as client:
            response = client.post(path, json=body)
            value: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError, AccessError) as error:
        raise _fail(f"the running service at {url} does not answer ({type(error).__name__})", 1) from error
    if response.is_error:
        raise _fail(f"{value.get('title')}: {value.get('detail')}", 1)
    return value


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="the address to listen on; loopback only in local mode")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="the port to listen on")] = None,
) -> None:
    """Serve the page and the API on this machine."""
    import structlog

    from service.access.local import is_loopback
    from service.logs import configure_logs

    configure_logs()
    try:
        settings = read_settings()
    except SettingsError as error:
        raise _fail(error, 2) from error
    host, port = host or settings.host, port or settings.port
    if not is_loopback(host):
        raise _fail(
            f"local mode serves this machine only: expected a loopback address like 127.0.0.1, got '{printable(host)}'",
            2,
        )
    try:
        listening = _listen(host, port)
    except OSError as error:
        raise _fail(f"{host}:{port} cannot be listened on ({error.strerror}): choose another with --port", 1) from error
    try:
        notice = structlog.get_logger("greenlit").warning
        with contextlib.closing(listening), _opened(settings, notice) as service:
            _run(service, listening, f"http://{'[::1]' if ':' in host else host}:{port}")
    except (IndexesError, AccessError, AuditError, AnsweringError) as error:
        raise _fail(error, 1) from error


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything is loaded: a port in use is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
    except OSError:
        listening.close()
        raise
    return listening


def _run(service: "Service", listening: socket.socket, url: str) -> None:
    import structlog
    import uvicorn

    from service.app import create_app, token_of
    from service.http.limits import limits_for
    from service.http.protocol import limited_protocol
    from service.running import announced
    from service.upkeep import upkeep

    settings = service.settings
    notice = structlog.get_logger("greenlit").warning
    config = uvicorn.Config(
        create_app(service),
        # Far beyond those who are answered, wait or are turned away on record: a bound for memory only.
        http=limited_protocol(limits_for(settings.max_concurrent + 2 * settings.max_queued + _MORE_REQUESTS)),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=_IDLE_S,
    )
    for problem in service.health.report().problems:
        _err.print(f"[red]problem:[/red] {escape(problem)}")
    shown = "…" if settings.token else token_of(settings)  # a configured token stays out of the terminal
    with announced(settings.state, url=url):
        _out.print(f"Greenlit is ready. Open {url}/open?token={shown}")
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


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is wrong with this installation and how to mend it."""
    from service.doctor import examine

    try:
        settings = read_settings()
    except SettingsError as error:
        raise _fail(error, 2) from error
    checks = examine(settings)
    if as_json:
        print(json.dumps({"checks": [check.as_json() for check in checks]}, indent=1))
    else:
        for check in checks:
            mark = "[green]ok[/green]   " if check.ok else "[red]wrong[/red]"
            _out.print(f"{mark} {check.name}: {escape(printable(check.detail))}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)

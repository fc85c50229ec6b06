"""The command mcp: MCP on standard input and output, for the person at this machine or an API key.

In order, for each call: (1) the service that GREENLIT_URL names, if one is named, (2) else the one that runs on this
machine, (3) with none running, the same parts in this process, opened for that call alone, as `greenlit ask` does: so
a service can be started beside. The model is then loaded once. Nothing but the protocol goes to standard output.
"""

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from indexes.console import fail
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError
from service.audit.errors import AuditBusyError, AuditError
from service.commands.opening import loaded_encoder, opened_service
from service.operating.running import NotRunningError, running_url
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from indexes.encoder import Encoder
    from service.answering.questions import Question
    from service.mcp.knowledge import Knowledge
    from service.parts import Service

_Json = dict[str, Any]
_T = TypeVar("_T")


def mcp() -> None:
    """Answer an MCP client on standard input and output."""
    from indexes.logs import configure_logs

    configure_logs()
    try:
        settings = read_settings()
        run = _imported()
    except SettingsError as error:
        raise fail(error, 2) from error
    if settings.url and settings.api_key is None:
        raise fail("expected an API key in GREENLIT_API_KEY beside GREENLIT_URL, got none", 2)
    run(Somewhere(settings))


def _imported() -> "Callable[[Knowledge], None]":
    from service.commands.doors import missing_extra

    try:
        import anyio
        from mcp.server import stdio

        from service.mcp.server import server_over
    except ModuleNotFoundError as error:
        raise missing_extra(error, "mcp", "greenlit mcp") from None
    from importlib.metadata import version

    async def serve(knowledge: "Knowledge") -> None:
        server = server_over(knowledge, version=version("greenlit"))
        async with stdio.stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    return lambda knowledge: anyio.run(serve, knowledge)


class Somewhere:
    """A `Knowledge`: wherever Greenlit answers at the moment of a call."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of this installation; nothing is opened yet."""
        self._settings = settings
        self._one = threading.Lock()  # only one may hold the log of this machine
        self._encoder: Encoder | None = None

    @property
    def address(self) -> str:
        """Where browsers reach the service, or would."""
        return self._settings.public_url or self._url() or _would_be(self._settings)

    async def ask(self, question: str, *, conversation_id: str | None) -> _Json:
        """Answer a question; see `Knowledge`."""
        return await self._given(
            lambda there: there.ask(question, conversation_id=conversation_id),
            lambda here: here.answering.ask(_question(here, question, conversation_id)).as_json(),
        )

    async def search(self, question: str, *, limit: int) -> _Json:
        """Find passages; see `Knowledge`."""
        return await self._given(
            lambda there: there.search(question, limit=limit),
            lambda here: here.answering.search(_question(here, question), limit=limit).as_json(),
        )

    async def documents(self) -> list[_Json]:
        """List documents; see `Knowledge`."""
        return await self._given(
            lambda there: there.documents(),
            lambda here: [readable.as_json() for readable in here.reading.documents(here.owner)],
        )

    async def document(self, document: str) -> _Json | None:
        """Read a document; see `Knowledge`."""
        return await self._given(lambda there: there.document(document), lambda here: _document(here, document))

    async def _given(self, through: "Callable[[Knowledge], Awaitable[_T]]", within: "Callable[[Service], _T]") -> _T:
        """Return what a running service gives, or, with none running, what the same parts give in this process."""
        import anyio.to_thread

        from service.mcp.knowledge import NotGivenError

        try:
            if (url := self._url()) is None:
                try:
                    return await anyio.to_thread.run_sync(self._here, within)
                except AuditBusyError:  # a service has just begun
                    url = running_url(self._settings.state)
            knowledge = _there(self._settings, url, self.address)
        except (NotRunningError, IndexesError, AccessError, AuditError, AnsweringError, OSError) as error:
            raise NotGivenError(str(error)) from None
        return await through(knowledge)

    def _url(self) -> str | None:
        """Return where the service is that was named or that runs here; `None` if neither."""
        if self._settings.url:
            return self._settings.url
        try:
            return running_url(self._settings.state)
        except NotRunningError:
            return None

    def _here(self, work: "Callable[[Service], _T]") -> _T:
        with self._one, opened_service(self._settings, _silent, load=self._loaded) as service:
            if service.followed:
                service.followed.wait()
            return work(service)

    def _loaded(self, settings: Settings) -> "Encoder":
        if self._encoder is None:
            self._encoder = loaded_encoder(settings)
        return self._encoder


def _there(settings: Settings, url: str, address: str) -> "Knowledge":
    """Return the service that GREENLIT_URL names, or else that of this machine.

    Raises:
        AccessError: there is nothing to show to it.
        OSError: its certificate cannot be read.
    """
    import httpx

    from service.clients.calls import Service as At
    from service.clients.client import AsyncGreenlit
    from service.commands.calling import bearer_here, patience_s, trusted_here
    from service.mcp.through import ThroughApi

    if settings.url and settings.api_key is not None:
        key, certificate = settings.api_key.get_secret_value(), settings.tls_certificate
        named = At(url, key, channel="mcp", certificate=certificate, timeout_s=patience_s(settings))
        return ThroughApi(lambda: AsyncGreenlit(named), address)
    at, trusted = At(url, bearer_here(settings), channel="mcp", timeout_s=patience_s(settings)), trusted_here(settings)
    return ThroughApi(lambda: AsyncGreenlit(at, transport=httpx.AsyncHTTPTransport(verify=trusted)), address)


def _question(service: "Service", text: str, conversation_id: str | None = None) -> "Question":
    from service.answering.questions import Question, checked_text

    checked = checked_text(text, max_chars=service.settings.max_question_chars)
    return Question(checked, service.owner, "mcp", conversation_id)


def _document(service: "Service", document: str) -> _Json | None:
    found = service.reading.text(service.owner, document)
    return found.as_json() if found is not None else None


def _would_be(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _silent(_notice: str) -> None:
    """Say nothing: an operator sees it in the service's log and by `greenlit doctor`."""

"""How the audit commands reach the log: through the running service where one holds it, else by opening it here.

Either way it is the same routes and the same answers. With no service running they are asked in this process, without a
socket. Loads no encoder: who replays an answer brings what replays (`Replayer`), and it is made when it is needed.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import httpx
from fastapi import FastAPI
from pydantic import ValidationError

from service.access.counts import MemoryCounts
from service.access.local import LocalAccess
from service.access.port import Access
from service.access_made import local_access
from service.api import build_routes, second_person_routes
from service.api.audit_bodies import ExportBody
from service.api.audit_routes import ROUTES, export_lines
from service.api.problems import add_problem_handlers
from service.audit import log as audit_log
from service.audit.desk import Auditing, Replaying, auditing_over
from service.audit.errors import AuditBusyError, AuditError
from service.audit.opening import OpenLog, open_log
from service.commands.calling import bearer_here, client_here
from service.http.given import give
from service.http.limits_per_caller import CallerLimits
from service.http.telemetry import NO_TELEMETRY
from service.operating.running import NotRunningError, running_url
from service.settings import Settings

_ROUTES = [*ROUTES, *build_routes.ROUTES, *second_person_routes.ROUTES]
_TIMEOUT_S = 300.0  # a replay or a long scan; nothing waits longer on this machine
_USED_WRONGLY = "urn:greenlit:problem:request"
_EVER = 10**9
_NO_LIMITS = CallerLimits(
    MemoryCounts(), questions_per_minute=_EVER, requests_per_minute=_EVER, arrivals_per_minute=_EVER
)
Params = Mapping[str, str | int]
Notice = Callable[[str], None]
Replayer = Callable[[OpenLog], contextlib.AbstractContextManager[Replaying]]


class AuditCallError(Exception):
    """A call was answered with a problem; the message says which.

    Attributes:
        used_wrongly: whether the call itself was at fault, as a time that is none.
    """

    def __init__(self, message: str, *, used_wrongly: bool = False) -> None:
        super().__init__(message)
        self.used_wrongly = used_wrongly


class AuditClient(Protocol):
    """What the commands call."""

    def get(self, path: str, params: Params | None = None) -> Any:
        """Return the JSON (or the text, where it is no JSON) of a route below `/v1/audit`."""

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON to a route below `/v1/audit` and return what it gives."""

    def export(self, body: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """Return the lines of an export as they come; nothing is asked for before the first is taken."""


@contextlib.contextmanager
def audit_client(settings: Settings, *, replayer: Replayer, notice: Notice) -> Iterator[AuditClient]:
    """Lend a client of the log.

    Args:
        settings: as read by the command.
        replayer: makes what replays over a log that was opened here.
        notice: is told what an operator should see.

    Raises:
        AuditError: the log cannot be opened, and no service runs that holds it.
        AccessError: the token of this installation cannot be read or made.
    """
    access = local_access(settings)
    try:
        opened = open_log(
            settings.state,
            keys=settings.keys_folder(),
            name=settings.log_name,
            clock=audit_log.system_clock_us,
            notice=notice,
            database=settings.database(),
        )
    except AuditBusyError:
        url = _url(settings)
    else:
        with contextlib.closing(opened), contextlib.ExitStack() as stack:
            replay = _LateReplay(lambda: stack.enter_context(replayer(opened)))
            yield _Here(opened, access, replay, notice)
        return
    with client_here(settings, url, bearer=bearer_here(settings), timeout_s=_TIMEOUT_S) as http:
        yield _Running(http)


def _url(settings: Settings) -> str:
    try:
        return running_url(settings.state)
    except NotRunningError as error:
        raise AuditCallError(str(error)) from error


class _Running:
    """Through the service that runs."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, params: Params | None = None) -> Any:
        return _value(self._call(self._http.build_request("GET", f"/v1/audit{path}", params=params)))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return _value(self._call(self._http.build_request("POST", f"/v1/audit{path}", json=dict(body))))

    def export(self, body: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        response = self._call(self._http.build_request("POST", "/v1/audit/export", json=dict(body)), stream=True)
        try:
            if response.is_error:
                response.read()
                _value(response)
            for line in response.iter_lines():
                yield json.loads(line)
        except (httpx.HTTPError, ValueError) as error:
            raise AuditCallError(f"the running service broke off ({type(error).__name__}): see its log") from error
        finally:
            response.close()

    def _call(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            return self._http.send(request, stream=stream)
        except httpx.HTTPError as error:
            raise AuditCallError(
                f"the running service at {self._http.base_url} does not answer ({type(error).__name__})"
            ) from error


class _LateReplay:
    """Makes what replays when the first answer is replayed."""

    def __init__(self, make: Callable[[], Replaying]) -> None:
        self._make = make
        self._replay: Replaying | None = None

    def ready(self) -> Replaying:
        """Return it; what cannot be loaded is raised here, in words of its own."""
        self._replay = self._replay or self._make()
        return self._replay

    def run(self, who: str, seq: int) -> dict[str, Any]:
        return self.ready().run(who, seq)


class _Here:
    """In this process, over a log that was opened here."""

    def __init__(self, opened: OpenLog, access: LocalAccess, replay: _LateReplay, notice: Notice) -> None:
        self._auditing = auditing_over(opened)
        self._who = access.owner().principal_id
        self._headers = _bearer(access)
        self._replay = replay
        self._app = FastAPI(telemetry=NO_TELEMETRY, openapi_url=None, routes=_ROUTES)
        give(self._app, {Access: access, Auditing: self._auditing, CallerLimits: _NO_LIMITS, Replaying: replay})
        add_problem_handlers(self._app, lambda _kind, error: notice(_reason(error)))

    def get(self, path: str, params: Params | None = None) -> Any:
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        if path == "/replay":
            self._replay.ready()
        return self._call("POST", path, json=dict(body))

    def export(self, body: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        """Stream: the in-process transport would hold all of it."""
        try:
            checked = ExportBody.model_validate(body)
        except ValidationError:
            raise AuditCallError("expected another form of export: see greenlit audit export --help") from None
        yield from export_lines(self._auditing, self._who, checked)

    def _call(self, method: str, path: str, **content: Any) -> Any:
        async def call() -> httpx.Response:
            # Whatever breaks is a response too: raised, its message could hold a text of the log.
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=self._headers)
            async with client:
                return await client.request(method, f"/v1/audit{path}", timeout=_TIMEOUT_S, **content)

        return _value(asyncio.run(call()))


def _bearer(access: LocalAccess) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.bearer()}"}


def _reason(error: Exception) -> str:
    """Return why something broke: in the audit log's own words, which hold no question; of others only the type."""
    return str(error) if isinstance(error, AuditError) else f"something broke ({type(error).__name__})"


def _value(response: httpx.Response) -> Any:
    is_json = "json" in response.headers.get("content-type", "")
    try:
        value = response.json() if is_json else response.text
    except ValueError as error:
        raise AuditCallError("expected JSON from the running service, got something else") from error
    if response.is_error:
        told = value if isinstance(value, dict) else {}
        raise AuditCallError(
            f"{told.get('title', 'refused')}: {told.get('detail', response.status_code)}",
            used_wrongly=told.get("type") == _USED_WRONGLY,
        )
    return value

"""The command `greenlit audit witness`: watches a log from another account, next to the service or away from it.

It needs the address of the service, a token, the log's key as its operator handed it over, and a folder of its own; it
opens no file of the service. Each round is `service.audit.checking.watch`. Exit codes: 0 done, 1 the log does not fit
what was seen before, or could not be looked at, 2 used wrongly. What is in the way of looking, such as a service that
is not running, is said once and tried again; what does not fit is said loudly, and ends the command.
"""

import contextlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.console import err, fail, out
from indexes.counting import counted

if TYPE_CHECKING:
    import httpx

    from service.audit.checking.watch import Answer, Grown, Refusal
    from service.audit.checking.witness import Witness
    from service.audit.formats.notes import VerifierKey

DEFAULT_EVERY_S = 60
TOKEN_VARIABLE = "GREENLIT_TOKEN"  # nosec B105  # noqa: S105  (the name of a variable)
_TIMEOUT_S = 30.0  # for a whole answer, so that one that trickles in does not hold the others up
_MAX_BYTES = 1 << 20  # a list of a thousand shards is a tenth of it
_ANSWERS = frozenset(
    {200, 404, 409, 422}
)  # of a route that is asked for something; the rest says that it was not reached
_SILENT = frozenset({408, 429})  # and every status from 500 on: to be tried again
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_HISTORY = re.compile("[0-9a-f]{8}")
_TOKEN = re.compile(r"[!-~]+")


class _NoAnswerError(Exception):
    """The service gives no answer now; it may later."""


class _NotLetInError(Exception):
    """The service gives this witness no answer, or is not the service; somebody has to see to it."""


def witness(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="the witness's own folder; made if missing")],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="VKEY",
            help="the log's key, from `greenlit audit key`; the first time, or a new one beside it",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="its name in signatures; witness.local unless set")] = None,
    url: Annotated[str, typer.Option("--url", help="where the service is")] = "http://127.0.0.1:8000",
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help=f"holds the token, if {TOKEN_VARIABLE} does not")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="look once, then end")] = False,
    accept_restored: Annotated[
        str | None,
        typer.Option(
            "--accept-restored", metavar="HISTORY", help="follow a log that was restored, once you were told why"
        ),
    ] = None,
    every: Annotated[int | None, typer.Option("--every", min=1, metavar="SECONDS", help="pause; 60 unless set")] = None,
) -> None:
    """Watch a log from outside: check that it only grows, cosign its checkpoints, and keep them in its own folder."""
    from service.audit.checking.watch import watch
    from service.audit.checking.witness import Witness
    from service.audit.checking.witness_folder import WitnessFolder
    from service.audit.errors import AuditError

    if once and every is not None:
        raise fail("expected --once or --every, got both", 2)
    if accept_restored is not None and _HISTORY.fullmatch(accept_restored) is None:
        raise fail("--accept-restored: expected a history of 8 digits, as this witness named it, got something else", 2)
    keys = _log_keys(key or [])
    if name is not None and _NAME.fullmatch(name) is None:
        raise fail("--name: expected up to 63 small letters, digits, dots and hyphens, got something else", 2)
    try:
        if not keys and not WitnessFolder(folder).log_keys():
            raise fail("expected --key the first time: the log's operator prints it with `greenlit audit key`", 2)
        with _service(_checked_url(url), _token(token_file)) as http:
            opened = Witness.open(folder, name=name, log_keys=keys, clock_s=_now_s)
            _introduce(opened)
            log = _Log(http)
            _keep_looking(
                lambda told: watch(log, opened, told=told, accept=accept_restored),
                opened=opened,
                every_s=None if once else every or DEFAULT_EVERY_S,
            )
    except (AuditError, _NotLetInError) as error:
        raise fail(error, 1) from error


def _keep_looking(
    look: "Callable[[Callable[[Grown], None]], Refusal | None]", *, opened: "Witness", every_s: int | None
) -> None:
    """Look once (`every_s` is `None`), or again and again until something does not fit."""
    silent = False
    while True:
        grown: list[Grown] = []
        refusal = None
        try:
            refusal = look(grown.append)
        except _NoAnswerError as error:
            if every_s is None:
                raise fail(error, 1) from error
            if not silent:
                err.line((_time(), "yellow"), f" {error}; trying again every {every_s} s")
            silent = True
        else:
            if silent:
                out.line(f"{_time()} the service answers again")
            silent = False
        finally:
            if grown:
                out.line(f"{_time()} {opened.key().name} cosigned {', '.join(map(_in_words, grown))}")
        if refusal is not None:
            raise _alarm(refusal, opened)
        if every_s is None:
            return
        _pause(every_s)


def _pause(seconds: int) -> None:
    time.sleep(seconds)


def _alarm(refusal: "Refusal", opened: "Witness") -> typer.Exit:
    """Say as loudly as a terminal can that the log does not fit."""
    if refusal.restored is not None:
        err.line((f"{_time()} THIS LOG WAS RESTORED FROM A COPY", "bold red"))
        err.line((refusal.reason, "red"))
        err.line(f"what it showed is put aside in {refusal.evidence}; what was seen before stays beside it")
        err.line(
            f"{opened.key().name} stops: tell the log's auditors; once its operator has said why, in person, run this "
            f"once with --accept-restored {refusal.restored}"
        )
        return typer.Exit(1)
    err.line((f"{_time()} THIS LOG CANNOT BE TRUSTED AS IT IS NOW", "bold red"))
    err.line((refusal.reason, "red"))
    err.line(f"what it showed is put aside in {refusal.evidence}; what was seen before stays beside it")
    err.line(f"{opened.key().name} stops: tell the log's auditors before anybody mends anything")
    return typer.Exit(1)


def _introduce(opened: "Witness") -> None:
    """Say who this is when it is new, and what was found before, so that nobody goes on as if it had not happened."""
    if not opened.months():
        out.line(f"this witness's key, for auditors: {opened.key().text()}")
    if refused := opened.refused():
        err.line(
            ("this log did not fit before:", "bold red"),
            f" {counted(len(refused), 'answer was', 'answers were')} put aside, the last in {refused[-1]}",
        )


def _in_words(grown: "Grown") -> str:
    return f"{grown.month} at {counted(grown.size, 'leaf', 'leaves')}" + (
        f" (before: {grown.old_size})" if grown.old_size else ""
    )


def _time() -> str:
    return f"{datetime.fromtimestamp(_now_s(), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _now_s() -> int:
    return int(time.time())


def _log_keys(texts: list[str]) -> "list[VerifierKey]":
    from service.audit.errors import NoteError
    from service.audit.formats.notes import read_verifier_key

    try:
        return [read_verifier_key(text.strip()) for text in texts]
    except NoteError as error:
        raise fail(f"--key: {error}", 2) from error


def _checked_url(url: str) -> str:
    """Return an address that may be called: the one that was given, and no other."""
    import httpx

    from service.access.local import is_loopback

    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    if parts.scheme not in {"http", "https"} or not parts.host or parts.userinfo or parts.query or parts.fragment:
        raise fail("--url: expected an address like https://greenlit.example, without a name, password or query", 2)
    if parts.scheme == "http" and not is_loopback(parts.host):
        err.line(("the token goes to another machine in the clear: use https", "yellow"))
    return url


def _token(path: Path | None) -> str:
    """Return the token, from a file or the environment: an argument could be seen by everybody on the machine."""
    if path is None:
        token = os.environ.get(TOKEN_VARIABLE, "")
    else:
        try:
            if path.stat().st_mode & stat.S_IRWXO:
                raise fail(f"{path} can be read by everybody: chmod 600 it, and have the token changed", 2)
            token = path.read_text(encoding="ascii", errors="replace").strip()
        except OSError as error:
            raise fail(f"{path} cannot be read ({error.strerror})", 2) from error
    if _TOKEN.fullmatch(token) is None:
        raise fail(f"expected a token in {path or TOKEN_VARIABLE}, got none: the service's operator gives you one", 2)
    return token


@contextlib.contextmanager
def _service(url: str, token: str) -> "Iterator[httpx.Client]":
    import ssl

    import httpx

    # In the clear nobody shows a certificate, so the list of whom to trust, which takes 50 ms to read, is not read.
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if httpx.URL(url).scheme == "http" else True
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_S, trust_env=False, verify=trusted) as http:
        yield http


class _Log:
    """A `WatchedLog` over HTTP. Follows no redirect."""

    def __init__(self, http: "httpx.Client") -> None:
        self._http = http

    def get(self, route: str, **params: str | int) -> "Answer":
        """Return what a route answers.

        Raises:
            _NoAnswerError: nothing, or that it cannot now.
            _NotLetInError: that this witness may not, or something that no route of ours answers.
        """
        import httpx

        from service.audit.checking.watch import Answer

        try:
            with self._http.stream("GET", f"/v1/audit{route}", params=params) as response:
                status, body = response.status_code, _read(response)
        except httpx.HTTPError as error:
            raise _NoAnswerError(
                f"the service at {self._http.base_url} does not answer ({type(error).__name__})"
            ) from error
        if status in _SILENT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _NoAnswerError(f"the service at {self._http.base_url} cannot answer now (status {status})")
        if status not in (_ANSWERS if params else {httpx.codes.OK}):
            raise _NotLetInError(
                f"the service at {self._http.base_url} gives this witness no answer (status {status}): expected a "
                "token of somebody who may sign in, and the address of the service itself"
            )
        return Answer(status, body)


def _read(response: "httpx.Response") -> bytes:
    """Read an answer, but no endless one."""
    body, until_s = b"", time.monotonic() + _TIMEOUT_S
    for part in response.iter_raw():
        body += part
        if len(body) > _MAX_BYTES:
            raise _NotLetInError(f"expected an answer of at most {_MAX_BYTES} bytes, got more: check the address")
        if time.monotonic() > until_s:
            raise _NoAnswerError(f"an answer was not there after {_TIMEOUT_S:.0f} s")
    return body

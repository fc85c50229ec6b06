"""Examines an installation part by part. Each check says what it found and, if that is wrong, how to mend it.

Reads settings' values as given and changes nothing, but for opening the audit log, which may have to be made.
"""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexes.account import as_root
from indexes.builds import current_build_id, open_build
from indexes.clock import utc_now
from indexes.encoder import SentenceTransformersEncoder, load_encoder
from indexes.errors import IndexesError
from indexes.library import list_documents, missing_folders, read_document
from indexes.limited.process import held_here
from indexes.register import REGISTER_FILE, Register
from indexes.sources import Sources, read_sources, source_name
from indexes.standing import Grant, grant
from indexes.stock import stock_problems, take_stock
from service.access.directory import DIRECTORY_FILE, read_directory
from service.access.errors import AccessError
from service.access.local import local_token
from service.access.principals import ANY_SOURCE
from service.access.rules import ACCESS_FILE, read_rules
from service.audit.errors import AuditBusyError, AuditError
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.models.endpoints import Connect, Endpoints
from service.models.errors import ModelsError
from service.models.following import Models
from service.operating.model import examined_model
from service.operating.worker import worker_in_words, worker_problems
from service.settings import Settings, encoder_copies, environment, unknown_settings

Running = Callable[[], list[str]]  # what the running service finds wrong, in words
Connecting = Callable[[], Connect | None]  # what calls models, if the settings ask for one
_LEAST_FREE_BYTES = 1 << 30  # less room than this and the next build or a busy day of records may not fit


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return the public form."""
        return asdict(self)


def examine(settings: Settings, *, running: Running, connecting: Connecting) -> list[Check]:
    """Return all checks, in the order in which a question needs what they look at.

    Args:
        settings: of the installation.
        running: asks the running service, which holds the log then; not called with none running.
        connecting: gives what calls the model that the settings ask for; it is asked once.
    """
    encoder: list[SentenceTransformersEncoder] = []

    def load() -> str:
        copies = encoder_copies(settings)
        encoder.append(load_encoder(settings.encoder, copies=copies))
        return (
            f"{encoder[0].name}, {encoder[0].dimensions} dimensions, {encoder[0].dtype}; for questions {copies} "
            f"{'copies' if copies > 1 else 'copy'}, batches of up to {settings.encoder_batch} "
            f"after {settings.encoder_wait_ms:g} ms"
        )

    return [
        _check("account", _account),
        _check("settings", _settings),
        _check("library", lambda: _library(settings.library)),
        _check("register", lambda: _register(settings.library)),
        _check("parser", lambda: _parser(settings)),
        _check("encoder", load),
        _check("build", lambda: _build(settings, encoder[0] if encoder else None)),
        _check("worker", lambda: _worker(settings.builds)),
        _check("model", lambda: _model(settings, connecting)),
        _check("sign-in", lambda: _sign_in(settings)),
        _check("roles", lambda: _roles(settings.library)),
        _check("directory", lambda: _directory(settings.directory or settings.state / DIRECTORY_FILE)),
        _check("audit log", lambda: _log(settings, running)),
        _check("disk", lambda: _disk(settings)),
    ]


class _WrongError(Exception):
    """A check found something wrong; the message says what, and how to mend it."""


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=look())
    except (_WrongError, IndexesError, AuditError, AccessError, ModelsError, OSError) as error:
        return Check(name, ok=False, detail=str(error))


def _account() -> str:
    if words := as_root():
        raise _WrongError(words)
    return "not root" if os.geteuid() else "root in a container"


def _settings() -> str:
    if unknown := unknown_settings():
        raise _WrongError("; ".join(slip.words for slip in unknown))
    return "no unknown ones"


def _library(library: Path) -> str:
    sources = read_sources(library)
    if missing := missing_folders(sources):
        raise _WrongError(f"the folder of source '{missing[0].name}' is missing: make {missing[0].folder}")
    listed = list_documents(sources)
    if problems := [item.problem for item in listed if item.problem]:
        raise _WrongError(f"{len(problems)} of {len(listed)} files cannot be documents; the first: {problems[0]}")
    if nobody := [source.name for source in sources.values() if not source.groups]:
        raise _WrongError(f"nobody may read source '{nobody[0]}': give it groups in sources.toml")
    return f"{len(listed)} files in {len(sources)} sources, in {library}"


def _register(library: Path) -> str:
    register = Register(library / REGISTER_FILE)
    state = register.refresh()
    if state.problems:
        raise _WrongError("; ".join(problem.in_words(register.path) for problem in state.problems) + ": mend the line")
    sources = read_sources(library)
    if problems := stock_problems(take_stock(sources, state.decisions, at=utc_now())):
        raise _WrongError("; ".join(problems))
    return f"{state.position} events on {len(state.decisions)} documents"


def _parser(settings: Settings) -> str:
    sandbox = held_here(settings.parser_sandbox)
    return sandbox.in_words() if sandbox.level == "full" else f"warning: {sandbox.in_words()}"


def _build(settings: Settings, encoder: SentenceTransformersEncoder | None) -> str:
    build = open_build(settings.builds / current_build_id(settings.builds), encoder=encoder)
    build.passages.close()
    held = dict(build.documents)
    sources = read_sources(settings.library)
    now = utc_now()
    waiting = []
    for document, decision in Register(settings.library / REGISTER_FILE).refresh().decisions.items():
        source = sources.get(source_name(document))
        granted = grant(decision, source) if source else None
        if granted and granted.live_at(now) and held.get(document) != granted.sha256:
            waiting += [document] if _stands_approved(sources, granted, settings.max_file_bytes) else []
    if waiting:
        raise _WrongError(
            f"{len(waiting)} approved documents are not in it, such as '{waiting[0]}': run greenlit ingest"
        )
    return f"{build.build_id}: {len(held)} documents, {build.manifest.passages} passages"


def _stands_approved(sources: Sources, granted: Grant, max_bytes: int) -> bool:
    """Tell whether the file is the approved version, so that ingesting would take it in."""
    try:
        return read_document(sources, granted.document, max_bytes=max_bytes).sha256 == granted.sha256
    except (IndexesError, FileNotFoundError):
        return False


def _worker(builds: Path) -> str:
    if problems := worker_problems(builds, now=utc_now()):
        raise _WrongError("; ".join(problems))
    return worker_in_words(builds)


def _model(settings: Settings, connecting: Connecting) -> str:
    connect = connecting()
    if connect is None:
        if settings.model:
            return f"'{settings.model}' is named and not asked: answers are quotes, chosen without a model"
        return "none: answers are quotes, chosen without a model"
    models = Models(library=settings.library, on_change=lambda _: None, notice=lambda _: None)
    today = utc_now().date()
    endpoints = Endpoints(models=models, connect=connect, environment=environment(), today=lambda: today)
    known = read_sources(settings.library)
    told = examined_model(endpoints, settings.model, known_sources=known, today=today)
    does = [word for word, on in (("writes", settings.answerer), ("judges", settings.judge)) if on == "llm"]
    return f"{told}; it {' and '.join(does)}"


def _sign_in(settings: Settings) -> str:
    if settings.auth == "oidc":
        return f"at {settings.oidc_issuer}, back to {settings.public_url}"
    local_token(settings.state, settings.given_token())
    where = "from GREENLIT_TOKEN" if settings.token else f"in {settings.state / 'token'}"
    return f"local mode: one person on this machine, with the token {where}"


def _roles(library: Path) -> str:
    rules = read_rules(library / ACCESS_FILE)
    sources = read_sources(library)
    if unknown := sorted(set(rules.approvers) - set(sources) - {ANY_SOURCE}):
        raise _WrongError(
            f"{library / ACCESS_FILE} names approvers of '{unknown[0]}', which is no source: mend the name"
        )
    if rules.operator_may_audit:
        return "warning: one person may be operator and auditor, and so read the log about what they run themselves"
    return f"in {library / ACCESS_FILE}" if (library / ACCESS_FILE).exists() else "everybody signed in may ask"


def _directory(path: Path) -> str:
    people = read_directory(path).by_id.values()
    if not path.exists():
        return f"none in {path}: people are known by their last sign-in, or pushed by SCIM"
    return f"{len(people)} people in {path}, {sum(entry.active for entry in people)} of them active"


def _log(settings: Settings, running: Running) -> str:
    state, keys = settings.state, settings.keys_folder()
    for folder in (state, keys):
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise _WrongError(f"{folder} can be opened by others: run chmod 700 {folder}")
    try:
        opened = open_log(state, keys=keys, name=settings.log_name, clock=system_clock_us)
    except AuditBusyError:
        if problems := running():
            raise _WrongError("; ".join(problems)) from None
        return "in use by a running service, which finds nothing wrong"
    try:
        if problem := opened.log.healthy():
            raise _WrongError(problem)
        return f"{opened.store.size()} records"
    finally:
        opened.close()


def _disk(settings: Settings) -> str:
    for folder in (settings.builds, settings.state):
        place = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(place).free
        if free < _LEAST_FREE_BYTES:
            raise _WrongError(f"{free >> 20} MiB free under {place}: make room, at least {_LEAST_FREE_BYTES >> 20} MiB")
    return "enough room"

"""Examines an installation part by part. Each check says what it found and, if that is wrong, how to mend it.

What is wrong and what is only worth knowing, `checks` says; what is looked at in the library, `library_checks`. Reads
settings' values as given and changes nothing, but for opening the audit log, which may have to be made.
"""

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from indexes.account import as_root
from indexes.builds import open_build
from indexes.clock import utc_now
from indexes.counting import counted
from indexes.encoder import SentenceTransformersEncoder, load_encoder
from indexes.library_register import register_of
from indexes.limited.process import held_here
from indexes.live import current_build_id
from indexes.milvus_opening import opened_collections
from indexes.objects.opening import open_mirror
from indexes.register_state import RegisterPlace
from indexes.sources import read_sources
from service.access.directory import DIRECTORY_FILE, read_directory
from service.access.key_ring import KeyRing
from service.access.local import local_token
from service.access.principals import ANY_SOURCE
from service.access.rules import ACCESS_FILE, read_rules
from service.answering.rewritten import missing_lines
from service.audit.errors import AuditBusyError, AuditError
from service.audit.log import system_clock_us
from service.audit.opening import log_at_rest, open_log
from service.models.endpoints import Connect, Endpoints
from service.models.following import Models
from service.operating.checks import Check, Found, WrongError, checked
from service.operating.library_checks import BuildsSet, look_at_build, look_at_library, look_at_register
from service.operating.model import examined_entailment, examined_model
from service.operating.worker import worker_in_words, worker_problems
from service.settings import Settings, encoder_copies, environment, unknown_settings

Running = Callable[[], list[str]]  # what the running service finds wrong, in words
Connecting = Callable[[], Connect | None]  # what calls models, if the settings ask for one
Ring = Callable[[], AbstractContextManager[KeyRing]]  # lends the API keys
_LEAST_FREE_BYTES = 1 << 30  # less room than this and the next build or a busy day of records may not fit


def examine(settings: Settings, *, running: Running, connecting: Connecting, keys: Ring) -> list[Check]:
    """Return all checks, in the order in which a question needs what they look at.

    Args:
        settings: of the installation.
        running: asks the running service, which holds the log then; not called with none running.
        connecting: gives what calls the model that the settings ask for; it is asked once.
        keys: lends the API keys.
    """
    encoder: list[SentenceTransformersEncoder] = []
    register = register_of(settings.library, settings.database())

    def load() -> str:
        copies = encoder_copies(settings)
        encoder.append(load_encoder(settings.encoder, copies=copies))
        return (
            f"{encoder[0].name}, {encoder[0].dimensions} dimensions, {encoder[0].dtype}; for questions {copies} "
            f"{'copies' if copies > 1 else 'copy'}, batches of up to {settings.encoder_batch} "
            f"after {settings.encoder_wait_ms:g} ms"
        )

    return [
        checked("account", _account),
        checked("settings", _settings),
        checked("library", lambda: look_at_library(settings.library, register)),
        checked("register", lambda: _register(settings, register)),
        checked("parser", lambda: _parser(settings)),
        checked("encoder", load),
        checked("build", lambda: _build(settings, encoder[0] if encoder else None, register)),
        checked("worker", lambda: _worker(settings)),
        checked("model", lambda: _model(settings, connecting)),
        checked("sign-in", lambda: _sign_in(settings)),
        checked("roles", lambda: _roles(settings.library)),
        checked("API keys", lambda: _keys(keys)),
        checked("directory", lambda: _directory(settings.directory or settings.state / DIRECTORY_FILE)),
        checked("audit log", lambda: _log(settings, running)),
        checked("disk", lambda: _disk(settings)),
    ]


def _register(settings: Settings, register: RegisterPlace) -> Found:
    found = look_at_register(settings.library, settings.builds, register)
    lines = register.refresh().line_hashes
    try:
        missing = missing_lines(log_at_rest(settings.state, database=settings.database()), lines, now=utc_now())
    except AuditError:  # the log's own check says why
        missing = []
    return Found(found.detail, [*missing, *found.warnings])


def _account() -> str:
    if words := as_root():
        raise WrongError(words)
    return "not root" if os.geteuid() else "root in a container"


def _settings() -> str:
    if unknown := unknown_settings():
        raise WrongError("; ".join(slip.words for slip in unknown))
    return "no unknown ones"


def _parser(settings: Settings) -> Found:
    sandbox = held_here(settings.parser_sandbox)
    return Found(sandbox.in_words()) if sandbox.level == "full" else Found("", [sandbox.in_words()])


def _build(settings: Settings, encoder: SentenceTransformersEncoder | None, register: RegisterPlace) -> Found:
    mirror = open_mirror(settings.builds_address(), settings.builds)
    if mirror and (build_id := mirror.live()[0]) != current_build_id(settings.builds):
        raise WrongError(
            f"{build_id} is live in {mirror.store.shown}, and another is here: a running service or worker fetches it "
            f"within seconds, else greenlit ingest does"
        )
    collections = opened_collections(settings.milvus())
    originals = mirror.original if mirror else None
    found = look_at_build(
        settings.builds,
        partial(open_build, encoder=encoder, collections=collections, originals=originals),
        library=settings.library,
        register=register,
        max_file_bytes=settings.max_file_bytes,
        are=BuildsSet(collected=collections is not None, mirrored=mirror is not None),
    )
    return Found(f"{found.detail}, as in {mirror.store.shown}", found.warnings) if mirror else found


def _worker(settings: Settings) -> str:
    if problems := worker_problems(settings.builds, now=utc_now()):
        raise WrongError("; ".join(problems))
    return worker_in_words(settings.builds, store=settings.builds_address())


def _model(settings: Settings, connecting: Connecting) -> Found | str:
    connect = connecting()
    if connect is None:
        none = f"'{settings.model}' is named and not asked" if settings.model else "none"
        return _together(f"{none}: answers are quotes, chosen without a model", _entailment(settings))
    models = Models(library=settings.library, on_change=lambda _: None, notice=lambda _: None)
    today = utc_now().date()
    endpoints = Endpoints(models=models, connect=connect, environment=environment(), today=lambda: today)
    known = read_sources(settings.library)
    told = examined_model(endpoints, settings.model, known_sources=known, today=today)
    parts = (("writes", settings.answerer), ("judges", settings.judge), ("rewrites follow-ups", settings.rewriter))
    does = " and ".join(word for word, on in parts if on == "llm")
    return _together(Found(f"{told.detail}; it {does}", told.warnings), _entailment(settings))


def _entailment(settings: Settings) -> Found | str:
    if settings.entailment is None:
        return ""
    if settings.answerer != "llm":
        return f"the entailment model in {settings.entailment} is named and not asked: no model writes"
    return examined_entailment(settings.entailment, least=settings.entailment_least)


def _together(*told: Found | str) -> Found:
    found = [one if isinstance(one, Found) else Found(one) for one in told]
    warnings = [words for one in found for words in one.warnings]
    return Found("; ".join(one.detail for one in found if one.detail), warnings)


def _sign_in(settings: Settings) -> str:
    if settings.auth == "oidc":
        return f"at {settings.oidc_issuer}, back to {settings.public_url}"
    local_token(settings.state, settings.given_token())
    where = "from GREENLIT_TOKEN" if settings.token else f"in {settings.state / 'token'}"
    return f"local mode: one person on this machine, with the token {where}"


def _roles(library: Path) -> Found:
    rules = read_rules(library / ACCESS_FILE)
    sources = read_sources(library)
    if unknown := sorted(set(rules.approvers) - set(sources) - {ANY_SOURCE}):
        raise WrongError(
            f"{library / ACCESS_FILE} names approvers of '{unknown[0]}', which is no source: mend the name"
        )
    one = "one person may be operator and auditor, and so read the log about what they run themselves"
    there = (library / ACCESS_FILE).exists()
    detail = f"in {library / ACCESS_FILE}" if there else "everybody signed in may ask"
    return Found(detail, [one] if rules.operator_may_audit else [])


def _keys(keys: Ring) -> Found:
    with keys() as ring:
        living = sum(ring.shown(key)["state"] == "live" for key in ring.all())
        return Found(f"{counted(living, 'key')} in use" if living else "none in use", ring.remarks())


def _directory(path: Path) -> str:
    people = read_directory(path).by_id.values()
    if not path.exists():
        return f"none in {path}: people are known by their last sign-in, or pushed by SCIM"
    return (
        f"{counted(len(people), 'person', 'people')} in {path}, {sum(entry.active for entry in people)} of them active"
    )


def _log(settings: Settings, running: Running) -> Found | str:
    state, keys = settings.state, settings.keys_folder()
    for folder in (state, keys):
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise WrongError(f"{folder} can be opened by others: run chmod 700 {folder}")
    try:
        opened = open_log(state, keys=keys, name=settings.log_name, clock=system_clock_us, database=settings.database())
    except AuditBusyError:
        if problems := running():
            raise WrongError(f"the running service says: {'; '.join(problems)}") from None
        return "in use by a running service, which finds nothing wrong"
    try:
        if problem := opened.log.healthy():
            raise WrongError(problem)
        size = opened.store.size()
        detail = counted(size, "record") if size else "0 records; if there were any: greenlit restore COPIES"
        if not settings.database():
            return detail
        remark = opened.store.remark()
        return Found(f"{counted(size, 'record')} in {opened.store.shown}", [remark] if remark else [])
    finally:
        opened.close()


def _disk(settings: Settings) -> str:
    for folder in (settings.builds, settings.state):
        place = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(place).free
        if free < _LEAST_FREE_BYTES:
            raise WrongError(f"{free >> 20} MiB free under {place}: make room, at least {_LEAST_FREE_BYTES >> 20} MiB")
    return "enough room"

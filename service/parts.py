"""The parts of a service, built once, in order: `open_service`. Reads nothing itself; knows no door."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from indexes.clock import utc_now
from indexes.encoder import Encoder
from indexes.holds import HOLDS_FOLDER
from indexes.library_register import register_of
from indexes.life import VERSION
from indexes.logs import LogEvent
from indexes.objects.mirror import Mirror
from indexes.register_state import RegisterPlace
from service.access.key_ring import KeyRing
from service.access.opening import Lately, OpenAccess
from service.access.port import Access, SignIn
from service.access.principals import Principal
from service.access.pushed import PushedPeople
from service.access_made import access_opened
from service.answering.boundary import Boundary
from service.answering.course import NO_WATCHERS, Watchers, watched_by
from service.answering.follow import Follower
from service.answering.library.reading import Reading
from service.answering.live_build import LiveBuild
from service.answering.past.grounds import Grounds
from service.answering.past.past_answers import PastAnswers
from service.answering.past.replay import Replay
from service.answering.pipeline import Answering
from service.answering.rewritten import missing_lines
from service.answering.steps import Steps
from service.answering.supported.entailment import Entails
from service.answering.writing.mandate import Mandate
from service.answering_made import answering_made, answering_steps
from service.audit.checking.verifying import InAChild, Verifying
from service.audit.desk import Auditing, auditing_over
from service.audit.leaves import ReleaseRef
from service.audit.opening import OpenLog
from service.audit.reading.retention import Retention
from service.builds_made import BuildsMade, builds_made, grounds_made
from service.deciding.bringing import Bringing
from service.deciding.deciding import Deciding
from service.hearing.opening import HearingParts, hearing_over
from service.mandate_made import entailment_made, mandate_made, mandate_problems
from service.metrics_made import LookedAt, metrics_of
from service.models.endpoints import Connect
from service.operating.followed_builds import FollowedBuilds, following
from service.operating.health import Health
from service.operating.library_of_build import LibraryOfBuild
from service.operating.metrics import Metrics
from service.operating.upkeep import Task
from service.operating.worker import worker_problems
from service.settings import Settings

_FOLLOW_S = 5.0  # an approval is on record this soon, even if nobody asks
_DAMAGE_S = 86_400.0  # reads the whole store, beside everything else
_LIBRARY_S = 600.0  # what changed in between is read when it is asked for
_KEY_USE_S = 60.0  # only the day is kept
_COUNTS_S = 60.0
_LEFT_S = 900.0  # a process that is gone left questions without a result
_RETENTION_S = 3600.0  # months are counted in days; an hour is soon enough


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service."""

    answering: Answering
    reading: Reading
    past_answers: PastAnswers
    deciding: Deciding
    hearing: HearingParts
    bringing: Bringing
    live_build: LiveBuild
    access: Access
    key_ring: KeyRing
    pushed: PushedPeople
    lately: Lately
    sign_in: SignIn
    owner: Principal  # who runs the command line here
    health: Health
    metrics: Metrics
    auditing: Auditing
    replay: Replay
    grounds: Grounds
    verifying: Verifying
    tasks: tuple[Task, ...]
    settings: Settings
    followed: FollowedBuilds | None  # where builds lie in an object store


@dataclass(frozen=True, slots=True)
class _Told:
    """What parts tell of themselves, in words: what is wrong, and what is worth knowing."""

    problems: Sequence[Callable[[], list[str]]]
    remarks: Sequence[Callable[[], list[str]]]


def release(settings: Settings, entails: Entails | None = None) -> ReleaseRef:
    """Return the program's version and settings, and the entailment model's digest, as every record names them."""
    return ReleaseRef(version=VERSION, config_hash=settings.config_hash(entailment=entails.digest if entails else None))


@contextlib.contextmanager
def open_service(
    settings: Settings,
    *,
    opened: OpenLog,
    encoder: Encoder,
    notice: Callable[[str], None],
    connect: Connect | None = None,
    watchers: Watchers = NO_WATCHERS,
) -> Iterator[Service]:
    """Make the parts of a service over an open log and a loaded encoder.

    Args:
        settings: as read by a door.
        opened: the log; the caller closes it.
        encoder: the one that encodes questions.
        notice: is told what an operator should see, such as a line of the register that cannot be understood.
        connect: makes clients of language models; without it none is asked, whatever the settings say.
        watchers: are told what happens, and the course of each question.

    Raises:
        TokenError, AuditKeyError, ProviderError: what callers are recognised by cannot be read, made or reached.
        EncoderError, ObjectStoreError: the reranker, the entailment model, or where builds lie, cannot be opened.
    """
    entails = entailment_made(settings, connect)
    follower = _follower(settings, opened, release(settings, entails), notice, watchers.log)
    live = (builds := builds_made(settings, encoder, follower, notice)).live
    register = register_of(settings.library, settings.database())
    boundary = _boundary(settings, register, follower, notice)
    mandate = mandate_made(settings, connect, follower=follower, today=_today, notice=notice, entails=entails)
    steps, auditing = answering_steps(settings, encoder, mandate), auditing_over(opened)
    opened_access = access_opened(settings, opened, follower, notice)
    health = _health(settings, opened, live, boundary, mandate, _told(opened_access, builds, live, register))
    looked_at = LookedAt(health, live, boundary, auditing.state, steps, builds.followed)
    metrics, deciding = metrics_of(settings, looked_at), _deciding(settings, register)
    verifying = _verifying(settings, opened)
    with closing(register), closing(opened_access), following(builds.followed), closing(verifying):
        yield Service(
            answering=answering_made(looked_at, follower, auditing, watched_by((metrics.question, watchers.course))),
            reading=Reading(live_build=live, boundary=boundary),
            past_answers=PastAnswers(live_build=live, boundary=boundary),
            hearing=hearing_over(opened, auditing, encoder=steps.encoder),
            deciding=deciding,
            bringing=_bringing(settings, register),
            live_build=live,
            access=opened_access.access,
            sign_in=opened_access.sign_in,
            key_ring=opened_access.key_ring,
            pushed=opened_access.pushed,
            lately=opened_access.lately,
            owner=opened_access.owner,
            health=health,
            metrics=metrics,
            auditing=auditing,
            replay=_replay(settings, opened, steps, builds.elsewhere),
            grounds=grounds_made(settings, opened, builds.elsewhere, register, now=utc_now),
            verifying=verifying,
            tasks=_tasks(settings, opened, live, boundary, follower) + _more_tasks(mandate, deciding, opened_access),
            settings=settings,
            followed=builds.followed,
        )


def _told(opened: OpenAccess, builds: BuildsMade, live: LiveBuild, register: RegisterPlace) -> _Told:
    of_library = LibraryOfBuild(live, register)
    return _Told((opened.problems, of_library.problems, *builds.problems), (opened.remarks, *builds.remarks))


def _boundary(
    settings: Settings, register: RegisterPlace, follower: Follower, notice: Callable[[str], None]
) -> Boundary:
    follower.look = register.refresh
    library = settings.library
    return Boundary(library=library, now=utc_now, notice=notice, on_change=follower.register_changed, register=register)


def _bringing(settings: Settings, register: RegisterPlace) -> Bringing:
    most = settings.max_file_bytes
    return Bringing(library=settings.library, now=utc_now, max_file_bytes=most, register=register)


def _health(
    settings: Settings,
    opened: OpenLog,
    live_build: LiveBuild,
    boundary: Boundary,
    mandate: Mandate | None,
    told: _Told,
) -> Health:
    return Health(
        live_build=live_build,
        boundary=boundary,
        log=opened.log,
        others=(
            *told.problems,
            lambda: worker_problems(settings.builds, now=utc_now()),
            lambda: mandate_problems(mandate),
        ),
        remarks=(
            lambda: missing_lines(opened.store, boundary.live()[1].line_hashes, now=utc_now()),
            *told.remarks,
        ),
        clock_s=time.monotonic,
    )


def _follower(
    settings: Settings, opened: OpenLog, released: ReleaseRef, notice: Callable[[str], None], log: LogEvent
) -> Follower:
    return Follower(
        log=opened.log,
        store=opened.store,
        release=released,
        holds=settings.state / HOLDS_FOLDER,
        retention_months=settings.retention_months,
        today=_today,
        notice=notice,
        tell=log,
    )


def _deciding(settings: Settings, register: RegisterPlace) -> Deciding:
    return Deciding(
        library=settings.library,
        now=utc_now,
        max_file_bytes=settings.max_file_bytes,
        builds=settings.builds,
        register=register,
    )


def _verifying(settings: Settings, opened: OpenLog) -> Verifying:
    check = InAChild(state=settings.state, keys=settings.keys_folder(), name=opened.name, database=settings.database())
    return Verifying(log=opened.log, check=check, clock=opened.clock)


def _replay(settings: Settings, opened: OpenLog, steps: Steps, mirror: Mirror | None) -> Replay:
    return Replay(
        log=opened.log,
        store=opened.store,
        keyring=opened.keyring,
        builds=settings.builds,
        scratch=settings.state,
        steps=steps,
        fetch=mirror.past if mirror else None,
        originals=mirror.original if mirror else None,
    )


def _tasks(
    settings: Settings, opened: OpenLog, live_build: LiveBuild, boundary: Boundary, follower: Follower
) -> tuple[Task, ...]:
    retention = Retention(log=opened.log, store=opened.store, keyring=opened.keyring, months=settings.retention_months)
    return (
        Task("following the register", boundary.problems, _FOLLOW_S),
        Task("following the build", live_build.get, _FOLLOW_S),
        Task("holding the builds that answered", follower.hold_owed, _FOLLOW_S),
        Task("looking for damage in the log", opened.log.look_for_damage, _DAMAGE_S, opened.log.stop_looking),
        Task("ending retention", lambda: retention.apply(_now_us()), _RETENTION_S, is_ours=opened.has_lease),
        *(
            (Task("closing questions that were left", opened.log.close_left, _LEFT_S, is_ours=opened.has_lease),)
            if opened.store.beside
            else ()
        ),
    )


def _more_tasks(mandate: Mandate | None, deciding: Deciding, opened_access: OpenAccess) -> tuple[Task, ...]:
    return (
        Task("following models.toml", lambda: mandate_problems(mandate), _FOLLOW_S),
        Task("looking at what waits for a decision", deciding.look, _LIBRARY_S),
        Task("noting when API keys were used", opened_access.key_access.note_uses, _KEY_USE_S),
        Task("forgetting what callers did", opened_access.lately.forget_ended, _COUNTS_S),
    )


def _today() -> date:
    return utc_now().date()


def _now_us() -> int:
    return round(utc_now().timestamp() * 1_000_000)

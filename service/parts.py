"""The parts of a service, built once, in order: `open_service`. Reads nothing itself; knows no door."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

from indexes.batching import BatchingEncoder
from indexes.builds import Build
from indexes.clock import utc_now
from indexes.encoder import Encoder
from indexes.holds import HOLDS_FOLDER
from service.access.directory import DIRECTORY_FILE, CsvDirectory
from service.access.key_ring import KeyRing
from service.access.key_store import KEYS_FILE, KeyChange, KeyStore
from service.access.keys import KeyAccess
from service.access.local import LocalAccess
from service.access.people import Membership
from service.access.port import Access, SignIn
from service.access.principals import Principal
from service.access.pushed import PushedPeople
from service.access.pushed_store import PUSHED_FILE, PushedStore
from service.access.recognition import Recognition
from service.access.rules import ACCESS_FILE, Rules, read_rules
from service.answering.boundary import Boundary
from service.answering.evidence import read_calibration
from service.answering.extract import ExtractiveAnswerer
from service.answering.follow import Follower
from service.answering.live_build import LiveBuild
from service.answering.pipeline import Answering
from service.answering.ranking import read_ranking
from service.answering.reading import Reading
from service.answering.record import Recorder
from service.answering.replay import Replay
from service.answering.rerank import CrossEncoderReranker
from service.answering.steps import Steps
from service.audit import events
from service.audit.desk import Auditing, auditing_over
from service.audit.keys.key_files import load_or_create_key
from service.audit.leaves import ReleaseRef
from service.audit.opening import OpenLog
from service.audit.reading.retention import Retention
from service.operating.health import Health
from service.operating.upkeep import Task
from service.settings import Settings, encoder_copies

_FOLLOW_S = 5.0  # an approval is on record this soon, even if nobody asks
_DAMAGE_S = 86_400.0  # reads the whole store, beside everything else
_RETENTION_S = 3600.0  # months are counted in days; an hour is soon enough
_NOTE_USES_S = 60.0  # of API keys: only the day is kept
_PEPPER_FILE = "api-pepper.key"


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service."""

    answering: Answering
    reading: Reading
    access: Access
    key_ring: KeyRing
    pushed: PushedPeople
    sign_in: SignIn
    owner: Principal  # who runs the command line here
    health: Health
    auditing: Auditing
    replay: Replay
    tasks: tuple[Task, ...]
    settings: Settings


def release(settings: Settings) -> ReleaseRef:
    """Return the program's version and settings, as every record names them."""
    return ReleaseRef(version=version("greenlit"), config_hash=settings.config_hash())


@contextlib.contextmanager
def open_service(
    settings: Settings, *, opened: OpenLog, encoder: Encoder, notice: Callable[[str], None]
) -> Iterator[Service]:
    """Make the parts of a service over an open log and a loaded encoder.

    Args:
        settings: as read by a door.
        opened: the log where questions are recorded; the caller closes it.
        encoder: the one that encodes questions.
        notice: is told what an operator should see, such as a line of the register that cannot be understood.

    Raises:
        TokenError: the token of this installation cannot be read or made.
    """
    access = local_access(settings)
    follower = Follower(
        log=opened.log,
        store=opened.store,
        release=release(settings),
        holds=settings.state / HOLDS_FOLDER,
        retention_months=settings.retention_months,
        today=lambda: utc_now().date(),
        notice=notice,
    )

    def on_open(build: Build) -> None:
        follower.started()
        follower.build_opened(build)

    live_build = LiveBuild(builds=settings.builds, encoder=encoder, notice=notice, on_open=on_open)
    boundary = Boundary(library=settings.library, now=utc_now, notice=notice, on_change=follower.register_changed)
    steps = answering_steps(settings, encoder)
    recorder = Recorder(
        log=opened.log,
        release=release(settings),
        encoder=encoder,
        ranking=steps.ranking,
        retrieval=steps.retrieval,
        clock_s=time.monotonic,
    )
    pushed = PushedPeople(PushedStore(settings.state / PUSHED_FILE))
    membership = _membership(settings, follower, pushed, notice)
    keys = key_access(settings, opened, membership)
    with contextlib.closing(access), contextlib.closing(keys), contextlib.closing(pushed):
        yield Service(
            answering=Answering(live_build=live_build, boundary=boundary, steps=steps, recorder=recorder),
            reading=Reading(live_build=live_build, boundary=boundary),
            access=Recognition(people=access, keys=keys),
            pushed=pushed,
            key_ring=key_ring(settings, settle=keys.settle),
            sign_in=access,
            owner=access.owner(),
            health=Health(live_build=live_build, boundary=boundary, log=opened.log, clock_s=time.monotonic),
            auditing=auditing_over(opened),
            replay=Replay(
                log=opened.log,
                store=opened.store,
                keyring=opened.keyring,
                builds=settings.builds,
                steps=steps,
            ),
            tasks=(
                *_tasks(settings, opened, live_build, boundary, follower),
                Task("noting the use of API keys", keys.note_uses, _NOTE_USES_S),
            ),
            settings=settings,
        )


def answering_steps(settings: Settings, encoder: Encoder) -> Steps:
    """Return the steps of an answer as the settings say: calibration, reranker, how questions are encoded together.

    Raises:
        CalibrationError: ranking or calibration cannot be read.
        EncoderError: the reranker cannot be loaded.
    """
    batching = BatchingEncoder(
        encoder,
        at_once=encoder_copies(settings),
        max_batch=settings.encoder_batch,
        wait_s=settings.encoder_wait_ms / 1000,
    )
    ranking = read_ranking()
    return Steps(
        encoder=batching,
        ranking=ranking,
        calibration=read_calibration(settings.evidence) if settings.evidence else read_calibration(),
        answerer=ExtractiveAnswerer(ranking=ranking),
        reranker=CrossEncoderReranker(settings.reranker) if settings.reranker else None,
    )


def _tasks(
    settings: Settings, opened: OpenLog, live_build: LiveBuild, boundary: Boundary, follower: Follower
) -> tuple[Task, ...]:
    retention = Retention(log=opened.log, store=opened.store, keyring=opened.keyring, months=settings.retention_months)
    return (
        Task("following the register", boundary.problems, _FOLLOW_S),
        Task("following the build", lambda: follower.hold(live_build.get()), _FOLLOW_S),
        Task("looking for damage in the log", opened.log.look_for_damage, _DAMAGE_S),
        Task("ending retention", lambda: retention.apply(_now_us()), _RETENTION_S),
    )


def _now_us() -> int:
    return round(utc_now().timestamp() * 1_000_000)


def key_access(settings: Settings, opened: OpenLog, membership: Membership) -> KeyAccess:
    """Return what recognises programs by their API keys; what was made and revoked is put on record in the log."""

    def on_change(change: KeyChange) -> None:
        key = change.key
        if change.kind == "created":
            scopes, expires = sorted(key.scopes), key.expires.isoformat()
            event = events.api_key_created(change.by, key_id=key.key_id, name=key.name, scopes=scopes, expires=expires)
        else:
            event = events.api_key_revoked(change.by, key_id=key.key_id, name=key.name)
        opened.log.note(event)

    return KeyAccess(
        store=KeyStore(settings.state / KEYS_FILE),
        pepper=lambda: load_or_create_key(settings.keys_folder(), _PEPPER_FILE),
        membership=membership,
        on_change=on_change,
        today=lambda: utc_now().date(),
    )


def key_ring(settings: Settings, *, settle: Callable[[], None] = lambda: None) -> KeyRing:
    """Return what makes, lists and revokes API keys; see `KeyRing` for `settle`."""
    return KeyRing(
        store=KeyStore(settings.state / KEYS_FILE),
        pepper=lambda: load_or_create_key(settings.keys_folder(), _PEPPER_FILE),
        now=utc_now,
        operator_may_audit=lambda: read_rules(settings.library / ACCESS_FILE).operator_may_audit,
        settle=settle,
    )


def _membership(
    settings: Settings, follower: Follower, pushed: PushedPeople, notice: Callable[[str], None]
) -> Membership:
    rules = Rules(
        path=settings.library / ACCESS_FILE,
        on_change=lambda changed: follower.access_changed(changed.sha256),
        notice=notice,
        clock_s=time.monotonic,
        keep_s=settings.directory_hours * 3600,
    )
    directory = CsvDirectory(
        path=settings.directory or settings.state / DIRECTORY_FILE,
        notice=notice,
        clock_s=time.monotonic,
        keep_s=settings.directory_hours * 3600,
    )
    return Membership(rules=rules, directories=(pushed, directory), seen=lambda _email: None)


def local_access(settings: Settings) -> LocalAccess:
    """Return what recognises the one person of local mode.

    Raises:
        TokenError: the token of this installation cannot be read or made.
    """
    return LocalAccess.open(state=settings.state, given=settings.given_token(), groups=settings.groups())

"""Gives the metrics of a service what they look up when they are read: health, build, approvals, log, disk, queues.

What costs more than a glance is looked up at most every 15 seconds, however often the metrics are read.
"""

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from indexes.batching import BatchingEncoder
from indexes.clock import utc_now
from indexes.errors import BuildError
from indexes.last_ingest import left_by_last_ingest
from indexes.previews import read_worker_state
from service.answering.boundary import Boundary
from service.answering.live_build import LiveBuild
from service.answering.steps import Steps
from service.audit.errors import AuditError
from service.audit.reading.log_state import LogState, StateOfLog
from service.audit.storage.sqlite_store import STORE_FILE
from service.http.admission import Admission
from service.mandate_made import mandate_problems
from service.operating.approvals import Approved, approved_at
from service.operating.followed_builds import FollowedBuilds
from service.operating.health import Health
from service.operating.metrics import Metrics, Reading
from service.settings import Settings

_T = TypeVar("_T")
KEPT_S = 15.0  # as often as Prometheus asks where nobody says otherwise
_PARTS = ("build", "search", "library", "log")  # what can fail: `health`


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The parts of a service that are looked at; of the steps, the encoder and the language model."""

    health: Health
    live_build: LiveBuild
    boundary: Boundary
    log: StateOfLog
    steps: Steps
    followed: FollowedBuilds | None = None


def metrics_of(settings: Settings, parts: LookedAt) -> Metrics:
    """Return metrics that count from zero, with what is looked up of these parts."""
    metrics = Metrics(now_s=time.time)
    _of_health(metrics, parts.health)
    _of_build(metrics, parts.live_build, parts.followed)
    _of_approvals(metrics, settings.builds, parts)
    _of_log(metrics, settings.state / STORE_FILE, parts.log)
    _of_queues(metrics, parts)
    _of_places(metrics, settings)
    return metrics


def count_places(metrics: Metrics, *, quoted: Admission, written: Admission) -> None:
    """Add how many questions are in work and wait for their turn, at the doors; `written`: by a language model."""

    def count() -> Reading:
        return {
            (answer, of): float(count)
            for answer, admission in (("quoted", quoted), ("written", written))
            for of, count in zip(("in work", "at most", "waiting"), admission.standing(), strict=True)
        }

    metrics.gauges.add(
        "greenlit_places",
        "Questions in work, at most in work at once, and waiting for their turn.",
        count,
        labels=("answer", "of"),
    )


def _of_health(metrics: Metrics, health: Health) -> None:
    add = metrics.gauges.add
    report = _kept(health.report)
    add("greenlit_ready", "1 while questions can be answered.", lambda: {(): float(report().ready)})
    add(
        "greenlit_failing",
        "1 for a part without which nothing is answered, and that fails.",
        lambda: {(part,): float(part in report().failing) for part in _PARTS},
        labels=("part",),
    )
    add(
        "greenlit_problems",
        "Problems that /readyz tells an operator in words.",
        lambda: {(): float(len(report().problems))},
    )


def _of_queues(metrics: Metrics, parts: LookedAt) -> None:
    add, encoder, mandate = metrics.gauges.add, parts.steps.encoder, parts.steps.mandate
    if isinstance(encoder, BatchingEncoder):
        add(
            "greenlit_encoder_waiting",
            "Questions that wait for the encoder.",
            lambda: {(): float(encoder.waiting())},
        )
    if mandate is not None:
        model = _kept(lambda: mandate_problems(mandate))
        add(
            "greenlit_model_ready",
            "1 while the language model is approved and called; 0 too while it is left alone because it failed.",
            lambda: {(): float(not model())},
        )


def _of_places(metrics: Metrics, settings: Settings) -> None:
    places = {"library": settings.library, "builds": settings.builds, "state": settings.state}
    add = metrics.gauges.add
    add(
        "greenlit_disk_free_bytes",
        "Free room where each of the places is.",
        _kept(lambda: {(name,): float(shutil.disk_usage(path).free) for name, path in places.items() if path.exists()}),
        labels=("place",),
    )
    add(
        "greenlit_worker_seen_timestamp_seconds",
        "When the worker that makes builds last told what it does; nothing where none runs.",
        lambda: _worker(settings.builds),
    )


def _of_build(metrics: Metrics, live_build: LiveBuild, followed: FollowedBuilds | None) -> None:
    add = metrics.gauges.add
    if followed:
        add(
            "greenlit_builds_followed_timestamp_seconds",
            "When the live build of the object store was last looked for and found here.",
            lambda: {} if followed.seen_at is None else {(): followed.seen_at.timestamp()},
        )
    add(
        "greenlit_build_created_timestamp_seconds",
        "When the build was made that answers.",
        lambda: {(): datetime.fromisoformat(live_build.get().manifest.created_at).timestamp()},
    )
    add(
        "greenlit_build_documents",
        "Documents in the build that answers, approved now or not.",
        lambda: {(): float(len(live_build.get().documents))},
    )


def _of_approvals(metrics: Metrics, builds: Path, parts: LookedAt) -> None:
    def look() -> Approved:
        try:
            built = parts.live_build.get().documents
        except BuildError:
            built = ()
        sources, state = parts.boundary.live()
        left = left_by_last_ingest(builds)
        return approved_at(parts.boundary.now(), sources, state.decisions, built=built, left=left)

    def next_end() -> Reading:
        at = approved().next_end_at
        return {} if at is None or at.year == MAXYEAR else {(): at.timestamp()}

    approved, add = _kept(look), metrics.gauges.add
    add(
        "greenlit_documents",
        "Documents approved now: answerable, waiting for a build, or such as no build can take in; and ended ones.",
        lambda: {
            ("answerable",): float(approved().answerable),
            ("waiting",): float(approved().waiting),
            ("stays_out",): float(approved().stays_out),
            ("ended",): float(approved().ended),
        },
        labels=("state",),
    )
    add(
        "greenlit_approvals_ending",
        "Live approvals that end within so many days.",
        lambda: {(str(days),): float(count) for days, count in approved().ending.items()},
        labels=("days",),
    )
    add("greenlit_next_approval_end_timestamp_seconds", "When the next live approval ends.", next_end)


def _of_log(metrics: Metrics, store: Path, log: StateOfLog) -> None:
    def uncovered() -> Reading:
        since = state().uncovered_since
        return {(): 0.0 if since is None else max(0.0, utc_now().timestamp() - _seconds(since))}

    def writable() -> Reading:
        try:
            return {(): float(state().problem is None)}
        except AuditError:  # nor can it be read
            return {(): 0.0}

    def covered() -> Reading:
        to = state().covered_to
        return {} if to is None else {(): _seconds(to)}

    state: Callable[[], LogState] = _kept(log.now)
    add = metrics.gauges.add
    add("greenlit_log_records", "Records in the audit log.", lambda: {(): float(state().records)})
    add("greenlit_log_bytes", "Bytes of the audit log's file and what belongs to it.", lambda: _bytes(store))
    add("greenlit_log_writable", "1 while records can be written.", writable)
    add(
        "greenlit_log_uncovered_seconds",
        "For how long the oldest record without a checkpoint has waited for one; 0 while all are covered.",
        uncovered,
    )
    add("greenlit_checkpoint_timestamp_seconds", "The time of the newest record that a checkpoint covers.", covered)
    add(
        "greenlit_questions_open",
        "Questions on record that have had no end for more than a minute.",
        lambda: {(): float(state().open_questions)},
    )


class _Kept(Generic[_T]):
    """What was looked up last, or that it could not be, for a while. Any thread may call."""

    def __init__(self, look: Callable[[], _T]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._held: tuple[float, Future[_T]] | None = None

    def __call__(self) -> _T:
        """Return it, looked up anew if it is older than `KEPT_S`.

        Raises:
            Exception: whatever looking raised. That is kept too: a database that is gone may take seconds to say so.
        """
        with self._lock:
            if self._held is None or time.monotonic() - self._held[0] >= KEPT_S:
                found = _outcome(self._look)
                self._held = (time.monotonic(), found)
            return self._held[1].result()


def _outcome(look: Callable[[], _T]) -> "Future[_T]":
    outcome: Future[_T] = Future()
    try:
        outcome.set_result(look())
    except Exception as error:  # noqa: BLE001 - raised to whoever asks
        outcome.set_exception(error)
    return outcome


def _kept(look: Callable[[], _T]) -> Callable[[], _T]:
    return _Kept(look)


def _worker(builds: Path) -> Reading:
    state = read_worker_state(builds)
    return {} if state is None else {(): state.seen_at.timestamp()}


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()


def _bytes(store: Path) -> Reading:
    files = [store, *(store.with_name(store.name + beside) for beside in ("-wal", "-shm"))]
    sizes = [file.stat().st_size for file in files if file.exists()]
    return {(): float(sum(sizes))} if sizes else {}  # none: the log is in a database, whose server tells

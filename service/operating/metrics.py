"""What can be counted of a running service, as Prometheus reads it: `Metrics` counts, `gauges` looks when asked.

Every label is a code of this program: a door, an outcome, a reason, a stage, a kind of failure, a route as it is
declared, a status. No text, no person, no pseudonym, no document, no group and no name of a model is ever one, and what
is no known code is counted as `other`. The registry is this service's own; nothing is kept in the process.

Where several processes answer for one installation on one machine, what they count is added up, whichever is asked:
their parent names a folder for it (`PROMETHEUS_MULTIPROC_DIR`). What is looked up, each looks up for itself.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from indexes.life import VERSION
from service.answering.answers import Reason
from service.answering.course import Course, Stage
from service.answering.steps import Broke
from service.answering.writing.reading import Ended
from service.answering.writing.records import FAILED, STOPPED, WHOLE
from service.audit.leaves import Channel, Outcome

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of Prometheus' text format
OTHER = "other"
WATCH_ROUTE = "/v1/audit/shards"  # what a witness asks for in each of its rounds, and nobody else by habit
_OK = 200
_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # decides, when the library is imported, where it counts
_DOORS = frozenset(get_args(Channel))
_OUTCOMES = frozenset(get_args(Outcome))
_MODEL_FAILURES = {"failed", "unavailable", "timed_out", "busy", "reply", "protocol", "cut_off"}
MODEL_ENDS = frozenset({WHOLE, STOPPED, FAILED, *Ended, *_MODEL_FAILURES})
REASONS = frozenset(
    {*Reason, *Broke, "internal_error", "library_unavailable", "search_unavailable", "overloaded", "log", "build"}
)
# From what a quoted answer takes on a good day (30 ms) to what a model may take.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

Reading = Mapping[tuple[str, ...], float]  # a value for each combination of labels


class Gauges:
    """Values that are looked up when the metrics are read. Any thread may add and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[tuple[str, str, tuple[str, ...], Callable[[], Reading]]] = []

    def add(self, name: str, what: str, read: Callable[[], Reading], *, labels: tuple[str, ...] = ()) -> None:
        """Add one.

        Args:
            name: as Prometheus has it.
            what: in words.
            read: gives its values; one that raises has none at that moment, like one that gives none.
            labels: the names of its labels.
        """
        with self._lock:
            self._known.append((name, what, labels, read))

    def collect(self) -> Iterable[Metric]:
        """Return what there is; called by the registry."""
        with self._lock:
            known = tuple(self._known)
        for name, what, labels, read in known:
            family = GaugeMetricFamily(name, what, labels=labels)
            for values, value in _read(read).items():
                family.add_metric(values, value)
            yield family


class Metrics:
    """The metrics of one service. Any thread may call."""

    def __init__(self, *, now_s: Callable[[], float]) -> None:
        """Begin at zero; `now_s` gives the seconds since 1970."""
        self._now_s = now_s
        registry = CollectorRegistry()
        self._registry = registry
        self.gauges = Gauges()
        self._questions = Counter(
            "greenlit_questions",
            "Questions by door, outcome and reason; overloaded: turned away.",
            ("door", "outcome", "reason"),
            registry=registry,
        )
        self._stages = Histogram(
            "greenlit_stage_seconds",
            "Seconds that a question spent in a stage of its way.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._whole = Histogram(
            "greenlit_question_seconds",
            "Seconds from a question's arrival until it is on record how it ended.",
            ("kind",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._model_calls = Counter(
            "greenlit_model_calls", "Calls of the language model by how they ended.", ("ended",), registry=registry
        )
        self._requests = Counter(
            "greenlit_requests",
            "Requests by route, as it is declared, and status.",
            ("route", "status"),
            registry=registry,
        )
        self._failures = Counter(
            "greenlit_failures", "Requests that failed on the service's side, by kind.", ("kind",), registry=registry
        )
        self._watched: Gauge | None = None
        self._lock = threading.Lock()
        # What is asked for again and again; others are found by their labels.
        self._of_stage = {stage: self._stages.labels(stage.value) for stage in Stage}
        registry.register(self.gauges)
        self.gauges.add("greenlit_info", "The version that runs.", lambda: {(VERSION,): 1.0}, labels=("version",))
        ProcessCollector(registry=registry)
        self._shared = CollectorRegistry() if (folder := os.environ.get(_SHARED)) else None
        if self._shared:
            MultiProcessCollector(self._shared, path=folder)  # type: ignore[no-untyped-call]
            self._shared.register(self.gauges)
            ProcessCollector(registry=self._shared)

    def question(self, course: Course) -> None:
        """Count a question."""
        door, outcome = _known(course.channel, _DOORS), _known(course.outcome, _OUTCOMES)
        self._questions.labels(door, outcome, _known(course.reason, REASONS) if course.reason else "").inc()
        for timed in course.stages:
            self._of_stage[timed.stage].observe(timed.end_s - timed.start_s)
        self._whole.labels(course.kind).observe(course.took_s)
        for ended in course.model_calls:
            self._model_calls.labels(_known(ended, MODEL_ENDS)).inc()

    def request(self, route: str, status: int) -> None:
        """Count a request; `route` is the route as it is declared, never an address."""
        self._requests.labels(route, str(status)).inc()
        if route == WATCH_ROUTE and status == _OK:
            self._watched_at().set(self._now_s())

    def failed(self, kind: str) -> None:
        """Count a failure; `kind` is a problem's."""
        self._failures.labels(kind).inc()

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._shared or self._registry)

    def _watched_at(self) -> Gauge:
        """Return the gauge that is there from the first time on."""
        with self._lock:
            if self._watched is None:
                self._watched = Gauge(
                    "greenlit_log_watched_timestamp_seconds",
                    "When somebody last asked for the shards of the log, as a witness does; what came of it, a witness "
                    "keeps.",
                    registry=self._registry,
                    multiprocess_mode="max",
                )
            return self._watched


def _known(code: str, codes: frozenset[str]) -> str:
    return str(code) if code in codes else OTHER


def _read(read: Callable[[], Reading]) -> Reading:
    try:
        return read()
    except Exception:  # noqa: BLE001 - one part that fails must not hide how the others are
        return {}

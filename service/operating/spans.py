"""The course of a question as spans of OpenTelemetry: one for the question, one for each stage below it.

A span holds codes, times and the question's id, and nothing else; a course has nothing else. No caller's trace is
followed: what a client sends as `traceparent` is not read. Nothing here is global, so no other library sends anything
this way, and nothing is read from the environment (`OTEL_…`); with OTEL_SDK_DISABLED=true nothing is sent. Where it
goes is `span_export`. Imported only where traces are configured: OpenTelemetry's SDK is an extra.
"""

from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import set_span_in_context

from indexes.life import VERSION
from service.answering.course import Course
from service.operating.span_export import OtlpOverHttp

_QUEUE = 4096  # spans that wait to be sent; beyond it the newest are dropped, and nobody waits
_BATCH = 512
_EVERY_MS = 2000
_SEND_MS = 5000  # for all attempts at one batch
_NS = 1_000_000_000


class Spans:
    """Sends courses as spans. Any thread may call; nobody waits for the collector."""

    def __init__(self, endpoint: str, *, notice: Callable[[str], None]) -> None:
        """Begin; nothing is sent before the first course.

        Args:
            endpoint: the collector, without `/v1/traces`.
            notice: is told when spans cannot be sent, and when they can again.
        """
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": "greenlit", "service.version": VERSION}),
            shutdown_on_exit=False,
            meter_provider=NoOpMeterProvider(),
            span_limits=SpanLimits(
                max_span_attributes=16, max_events=0, max_links=0, max_span_attribute_length=64, max_attribute_length=64
            ),
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                OtlpOverHttp(endpoint, notice=notice),
                max_queue_size=_QUEUE,
                schedule_delay_millis=_EVERY_MS,
                max_export_batch_size=_BATCH,
                export_timeout_millis=_SEND_MS,
                meter_provider=NoOpMeterProvider(),
            )
        )
        self._tracer = self._provider.get_tracer("greenlit", VERSION)

    def __call__(self, course: Course) -> None:
        """Take a course; its spans are sent within seconds."""
        told = {
            "greenlit.door": course.channel,
            "greenlit.kind": course.kind,
            "greenlit.outcome": course.outcome,
            "greenlit.reason": str(course.reason or ""),
            "greenlit.request_id": course.request_id,
        }
        began_ns = course.began_ns
        whole = self._tracer.start_span("question", Context(), attributes=told, start_time=began_ns)
        below = set_span_in_context(whole, Context())
        for timed in course.stages:
            start_ns, end_ns = began_ns + round(timed.start_s * _NS), began_ns + round(timed.end_s * _NS)
            self._tracer.start_span(timed.stage.value, below, start_time=start_ns).end(end_ns)
        whole.end(began_ns + round(course.took_s * _NS))

    def close(self) -> None:
        """Send what waits, as far as the collector takes it at once."""
        self._provider.shutdown()

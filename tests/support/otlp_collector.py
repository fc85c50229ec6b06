"""A collector of traces on a socket: it takes OTLP over HTTP, as any other does, and keeps what came.

Answers with the status that a test sets.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.audit_parts import wait_until


@dataclass
class Collector:
    """See the module."""

    url: str
    status: int = 200
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def requests(self) -> list[ExportTraceServiceRequest]:
        """Return what came, read as the protocol says."""
        return [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies)]

    def spans(self) -> list[Span]:
        """Return the spans that came."""
        resources = [resource for request in self.requests() for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]

    def waits_for(self, count: int) -> list[Span]:
        """Return the spans once there are so many."""
        wait_until(lambda: len(self.spans()) >= count)
        return self.spans()


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """Lend a collector that listens on loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.paths.append(self.path)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(collector.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def said(span: Span) -> dict[str, str]:
    """Return the attributes of a span."""
    return {one.key: one.value.string_value for one in span.attributes}

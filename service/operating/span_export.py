"""Sends spans to the one collector that the settings name, by OTLP over HTTP. The only part of watching that connects.

No proxy, no certificate and no header of the environment is used, no redirect followed, and nothing tried twice: what a
collector does not take is dropped, and an operator told of it once. OpenTelemetry's own exporter reads some twenty
variables of the environment, which may send spans elsewhere; only its encoding is used here.
"""

from collections.abc import Callable, Sequence

import httpx
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_PATH = "/v1/traces"
_TIMEOUT_S = 3.0
_TYPE = "application/x-protobuf"


class OtlpOverHttp(SpanExporter):
    """See the module; called by one thread at a time."""

    def __init__(self, endpoint: str, *, notice: Callable[[str], None]) -> None:
        """Take the collector's address, without `/v1/traces`, and what is told when it fails, and when it is back."""
        self._url = endpoint + _PATH
        self._notice = notice
        self._fails = False
        self._http = httpx.Client(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some spans."""
        try:
            body = encode_spans(spans).SerializeToString()
            response = self._http.post(self._url, content=body, headers={"Content-Type": _TYPE})
            why = "" if response.is_success else f"status {response.status_code}"
        except httpx.HTTPError as error:
            why = type(error).__name__
        if bool(why) != self._fails:
            self._fails = bool(why)
            self._notice(
                f"traces are not taken at {self._url} ({why}) and are dropped; questions are answered as before"
                if why
                else "traces are taken again"
            )
        return SpanExportResult.FAILURE if why else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the connection."""
        self._http.close()

"""The web framework's own telemetry, switched off: one declaration for every application that is made."""

from fastapi.telemetry import TelemetryConfig

# It sees bodies and errors, and an environment variable could point it at another machine.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}

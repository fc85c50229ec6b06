"""The HTTP door for programs: `/v1/...`, `/healthz`, `/readyz`. Errors are RFC 9457 problems (`problems`)."""

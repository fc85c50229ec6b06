"""The service log: JSON lines on stderr. No prompt, answer, name or address of a person ever goes into it."""

import logging
import sys

import structlog


def configure_logs() -> None:
    """Send our events, and warnings of the libraries, to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format='{"level": "warning", "event": "%(name)s"}')

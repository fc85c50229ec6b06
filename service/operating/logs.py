"""The service log: JSON lines on stderr. No prompt, answer, name or address of a person ever goes into it.

Of what libraries log, only the logger's name and the place are kept: a message, or a traceback, could hold a question.
"""

import json
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NameOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _NameOnly(logging.Formatter):
    """Says that a library warned, and where in its code; no message, no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        place = f"{record.filename}:{record.lineno}"
        return json.dumps({"event": record.name, "level": record.levelname.lower(), "where": place})


def where_it_broke(error: BaseException) -> list[str]:
    """Return the types and places of an error and its causes. Never their messages: one could hold a question."""
    places = []
    current: BaseException | None = error
    while current is not None:
        trace = current.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
        places.append(f"{type(current).__name__} at {place}")
        current = current.__cause__
    return places

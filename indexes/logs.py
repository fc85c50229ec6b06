"""The log of a program that runs on: JSON lines on stderr, each with time, level, event and logger, then its fields.

No prompt, answer, name or address of a person ever goes into it. Of what libraries log, only the logger's name and the
place are kept: a message, or a traceback, could hold a question. What commands print for people is `console`'s part.
"""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TextIO

import structlog

LogLevel = Literal["debug", "info", "warning", "error"]
_FIRST = ("ts", "level", "event", "logger")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class LogEvent(Protocol):
    """What takes an event with its fields, such as a logger's `info`."""

    def __call__(self, event: str, /, **values: object) -> object:
        """Log it."""


def unlogged(_event: str, /, **_values: object) -> None:
    """Log nothing: for a command that prints what it has to say."""


def configure_logs(level: LogLevel = "info", *, process: int = 0) -> None:
    """Send our events from this level on, and warnings of the libraries, to stderr as JSON lines.

    Each line says `process`, where several write into one log: 1 and on, 0 where there is one.
    """
    its = {"process": process} if process else {}
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            lambda _logger, _method, event: {**event, **its},
            _in_order,
            structlog.processors.JSONRenderer(serializer=_dumped),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_Factory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NameOnly(its))
    logging.basicConfig(level=max(_LEVELS[level], logging.WARNING), handlers=[handler])


def notice_of(logger: str) -> Callable[[str], None]:
    """Return what logs, as a warning, words that an operator should see: the event `notice`, with the words."""

    def notice(words: str) -> None:
        structlog.get_logger(logger).warning("notice", words=words)

    return notice


class _Named(structlog.PrintLogger):
    """Writes lines, and knows its name."""

    def __init__(self, file: TextIO, name: str) -> None:
        super().__init__(file)
        self.name = name


class _Factory:
    """Makes a logger of the name that was asked for."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __call__(self, name: str = "greenlit", *_: object) -> _Named:
        return _Named(self._file, name)


def _in_order(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: event[name] for name in (*_FIRST, *event)}


def _dumped(value: Any, **_: object) -> str:
    # Of what is no JSON the type is named: how it would show itself, nobody has looked at.
    return json.dumps(value, default=lambda other: type(other).__name__)


class _NameOnly(logging.Formatter):
    """Says that a library warned, and where in its code; no message, no traceback."""

    def __init__(self, its: dict[str, int]) -> None:
        super().__init__()
        self._its = its

    def format(self, record: logging.LogRecord) -> str:
        ts = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        place = f"{record.filename}:{record.lineno}"
        level = record.levelname.lower()
        return json.dumps(
            {"ts": ts, "level": level, "event": "library", "logger": record.name, "where": place} | self._its
        )


def where_it_broke(error: BaseException) -> list[str]:
    """Return the types and places of an error and its causes. Never their messages: one could hold a question."""
    places = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:  # pymilvus raises errors that are their own cause
        seen.add(id(current))
        trace = current.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
        places.append(f"{type(current).__name__} at {place}")
        current = current.__cause__
    return places

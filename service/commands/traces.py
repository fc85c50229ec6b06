"""What sends traces, where a collector is configured: what it needs is an extra, and imported here only."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from service.commands.doors import missing_extra
from service.settings import Settings

if TYPE_CHECKING:
    from service.answering.course import Watching


@contextlib.contextmanager
def sending_traces(settings: Settings, notice: Callable[[str], None]) -> "Iterator[Watching]":
    """Lend what sends the course of a question as spans; nobody, where no collector is configured.

    Raises:
        SettingsError: what it needs is not installed.
    """
    from service.answering.course import unwatched

    if not settings.otlp_endpoint:
        yield unwatched
        return
    try:
        from service.operating.spans import Spans
    except ModuleNotFoundError as error:
        raise missing_extra(error, "traces", "GREENLIT_OTLP_ENDPOINT") from None
    with contextlib.closing(Spans(settings.otlp_endpoint, notice=notice)) as spans:
        yield spans

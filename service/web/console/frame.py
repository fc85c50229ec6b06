"""What all pages of the console stand on: who looks, the state of the log above each, and what is said when it fails.

A page that cannot be put on record is not shown; one that asks for what is not there says so. What went wrong is said
in the words of the audit log, which hold no text of a question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from service.access.principals import Principal
from service.answering.errors import ReplayError
from service.audit.checking.verifying import Verifying
from service.audit.desk import Auditing
from service.audit.errors import (
    AuditEntryError,
    AuditError,
    ExportError,
    FilterError,
    NoRecordError,
    NotCoveredError,
    RevealError,
    SealError,
)
from service.http.given import given
from service.web.console import words
from service.web.pages import Pages, ThePages, tell_operator
from service.web.visitors import PageAuditor

_NOT_SHOWN = "The record cannot be written or read now, so nothing of it is shown or done. Please tell the operator."
_DAMAGED = "Nothing of it is shown."
# What people can mend themselves, and the status that goes with it; what else goes wrong is for the operator.
REFUSED: tuple[tuple[type[Exception], int], ...] = (
    (NoRecordError, 404),
    (FilterError, 422),
    (RevealError, 422),
    (ExportError, 422),
    (AuditEntryError, 422),
    (NotCoveredError, 409),
    (ReplayError, 409),
)
TABS = (
    ("/audit", "Records"),
    ("/audit/charts", "Charts"),
    ("/audit/export", "Export"),
    ("/audit/reveals", "Reveals"),
    ("/audit/looks", "My looks"),
)


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """The console as somebody has it open."""

    request: Request
    pages: Pages
    person: Principal
    auditing: Auditing
    verifying: Verifying

    @property
    def who(self) -> str:
        """Who looks, as the log knows them."""
        return self.person.principal_id

    def shown(self, make: Callable[[], Response]) -> Response:
        """Return a page, or one that says why there is none."""
        try:
            return make()
        except (AuditError, ReplayError) as error:
            return self.failed(error)

    def failed(self, error: Exception) -> Response:
        """Return the page that says what went wrong."""
        status = status_of(error)
        if status is not None:
            return self.pages.message(self.request, status, sentence(error))
        tell_operator(error)
        if isinstance(error, SealError):
            return self.pages.message(self.request, 500, f"{sentence(error)} {_DAMAGED}")
        return self.pages.message(self.request, 503, _NOT_SHOWN)

    def page(self, name: str, here: str, status: int = 200, **values: Any) -> Response:
        """Return a page of the console, under the state of the log; `here` is the address of its tab."""
        frame = {
            "tabs": TABS,
            "here": here,
            "log": self.auditing.state.now(),
            "checked": self.verifying.progress(),
            "alone": self.pages.told.by_link,
        }
        return self.pages.show(self.request, f"console/{name}.html", status, **words.ALL, **frame, **values)


async def _console(
    request: Request,
    pages: ThePages,
    person: PageAuditor,
    auditing: Annotated[Auditing, Depends(given(Auditing))],
    verifying: Annotated[Verifying, Depends(given(Verifying))],
) -> ConsolePage:
    return ConsolePage(request, pages, person, auditing, verifying)


TheConsole = Annotated[ConsolePage, Depends(_console)]


def status_of(error: Exception) -> int | None:
    """Return the status of what people can mend themselves; `None` for what is the operator's."""
    return next((status for kind, status in REFUSED if isinstance(error, kind)), None)


def sentence(error: Exception) -> str:
    """Return an error's message as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."

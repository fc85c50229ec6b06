"""One entry, or the wish for a checkpoint, on its way through the writer; its caller waits for it. Writes nothing."""

import threading
from dataclasses import dataclass, field

from service.audit.errors import AuditUnavailableError
from service.audit.storage.beside import Again
from service.audit.storage.store import Entry, Receipt


@dataclass(slots=True, eq=False)
class Ticket:
    """One entry on its way, or, with `None`, the wish for a checkpoint of all before it; `wait` for it."""

    entry: Entry | None
    again: Again | None = None
    until: int = 0  # of a wish: the number below which all has to be covered
    error: type[AuditUnavailableError] = AuditUnavailableError  # what a refusal is raised as
    done: threading.Event = field(default_factory=threading.Event)
    receipt: Receipt | None = None
    reason: str = ""

    def grant(self, receipt: Receipt) -> None:
        """Let the caller go with a receipt."""
        self.receipt = receipt
        self.done.set()

    def refuse(self, reason: str, *, error: type[AuditUnavailableError] = AuditUnavailableError) -> None:
        """Let the caller go without one; the error says whether it may make the entry anew."""
        self.error = error
        self.reason = reason
        self.done.set()

"""One decision of somebody who is signed in, and what waits for one.

In order: (1) may they decide on this source, and are they here themselves, (2) is there such a document, (3) can the
wish stand in the register, (4) is the file the version that they saw, (5) one line into the register, (6) what stands.

The file is read once; what is written is the hash that they saw and that was read, so a file that is swapped later is
not the one that was approved. Nothing here parses a document or writes to the log: the register is followed there.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from indexes.approvals import Approvals, DocumentStanding
from indexes.decisions import Decision
from indexes.errors import (
    DocumentNameError,
    LooksAlikeError,
    NoFileError,
    RegisterError,
    SourcesError,
    TimeAheadError,
    UnsafeFileError,
    VersionError,
)
from indexes.events import Approval
from indexes.names import check_document_name
from indexes.register import REGISTER_FILE, Register
from indexes.sources import Source, source_name
from indexes.standing import approvals_of
from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.errors import (
    NoDocumentError,
    NotDecidableError,
    OtherVersionError,
    RegisterUnavailableError,
)
from service.deciding.waiting import Page, page_of, waiting_in
from service.deciding.wishes import Wish, approval_terms, withdrawal_terms

_KEPT_HASHES = 200_000  # of files that were looked at: some 40 MB


@dataclass(frozen=True, slots=True)
class Decided:
    """Where a document stands after a decision."""

    line: DocumentStanding
    source: Source


class Deciding:
    """Decides in the names of people who are signed in. Any thread may call; each method waits for the disk."""

    def __init__(self, *, library: Path, now: Callable[[], datetime], max_file_bytes: int) -> None:
        """Remember where the library is; nothing is read yet.

        Args:
            library: the folder with the allowlist and the register.
            now: the time, with its zone.
            max_file_bytes: larger files are no documents.
        """
        self._library = library
        self._now = now
        self._max_file_bytes = max_file_bytes
        self._register = Register(library / REGISTER_FILE)
        self._known_hashes: dict[tuple[int, ...], str] = {}
        self._looking = threading.Lock()  # whoever looks second finds the hashes of the first

    def decide(self, who: Principal, wish: Wish) -> Decided:
        """Put a decision into the register, and return what stands then.

        Raises:
            NotAllowedError: they do not decide on this source, did not come themselves, or uploaded this version.
            DecidingError: it cannot be decided so; nothing was written.
        """
        if not who.is_person():
            raise NotAllowedError("expected a person who signed in themselves: no key decides on documents")
        with _told():
            approvals = self._approvals()
            source = _source(approvals, wish.document)
            if not who.may_approve(source.name):  # 1
                raise NotAllowedError(f"expected somebody who decides on documents of '{source.name}'")
            check_document_name(wish.document)  # 2
            if wish.verdict == "approve":
                self._approve(approvals, source, who, wish)
            else:
                self._withdraw(approvals, who, wish)
        return Decided(approvals.standing_of(wish.document), source)  # 6

    def _approve(self, approvals: Approvals, source: Source, who: Principal, wish: Wish) -> None:
        terms = approval_terms(who, wish, source, today=self._now().astimezone(UTC).date())  # 3
        plan = approvals.plan_version(wish.document, wish.sha256 or "", terms)  # 4
        (approval,) = plan.approvals
        if source.separate_uploader and not _would_count(approvals, source, approval):
            raise NotAllowedError("expected somebody else than who uploaded this version: nobody approves their own")
        approvals.approve(plan)  # 5

    def _withdraw(self, approvals: Approvals, who: Principal, wish: Wish) -> None:
        terms = withdrawal_terms(who, wish)  # 3
        if wish.sha256 is not None:  # 4
            line = approvals.standing_of(wish.document)
            if wish.sha256 not in (line.sha256, line.grant.sha256 if line.grant else None):
                raise VersionError("expected the version that is approved or waits now, got another")
        approvals.withdraw_document("revoke" if wish.verdict == "revoke" else "reject", wish.document, terms)  # 5

    def waiting(self, who: Principal, *, after: str | None, limit: int) -> Page:
        """Return a page of what waits for a decision in the sources that somebody decides on.

        Costs a look at each of their files, and the first time a reading. (Measured on two cores, with 2,000 files of
        200 kB: 3.4 s the first time, then 0.6 s.)

        Args:
            who: they see no other source.
            after: the `next` of the page before.
            limit: at most this many.

        Raises:
            WishError: `after` is none.
            RegisterUnavailableError: allowlist or register cannot be read.
        """
        now = self._now()
        with _told(), self._looking:
            if len(self._known_hashes) > _KEPT_HASHES:
                self._known_hashes.clear()
            approvals = self._approvals(self._known_hashes)
            theirs = [source for source in approvals.sources.values() if who.may_approve(source.name)]
            found = [one for source in theirs for one in waiting_in(approvals.overview(under=source.name), source, now)]
        return page_of(found, after=after, limit=limit)

    def _approvals(self, known_hashes: dict[tuple[int, ...], str] | None = None) -> Approvals:
        """The library as it is now: the allowlist is read each time."""
        return Approvals(
            library=self._library,
            now=self._now,
            max_file_bytes=self._max_file_bytes,
            register=self._register,
            known_hashes=known_hashes,
        )


def _source(approvals: Approvals, document: str) -> Source:
    source = approvals.sources.get(source_name(document))
    if source is None:
        raise NoDocumentError("expected the name of a document in a source of the allowlist, got none")
    return source


def _would_count(approvals: Approvals, source: Source, approval: Approval) -> bool:
    decision = approvals.state().decisions.get(approval.document, Decision())
    after = replace(decision, approvals=(*decision.approvals, approval))
    return approval in approvals_of(after, source, approval.sha256)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what the library refuses into what a door says."""
    try:
        yield
    except VersionError as error:
        raise OtherVersionError(str(error)) from error
    except (LooksAlikeError, TimeAheadError) as error:
        raise NotDecidableError(str(error)) from error
    except (NoFileError, DocumentNameError) as error:
        raise NoDocumentError("expected the name of a document that is there, got none") from error
    except UnsafeFileError as error:
        raise NotDecidableError(str(error)) from error
    except (RegisterError, SourcesError) as error:
        raise RegisterUnavailableError(str(error)) from error

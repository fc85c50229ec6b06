"""One decision of somebody who is signed in, and what waits for one.

In order: (1) may they decide on this source, and are they here themselves, (2) is there such a document, (3) can the
wish stand in the register, (4) is the file the version that they saw, (5) one line into the register, unless somebody
decided meanwhile, (6) what stands.

The file is read once; what is written is the hash that they saw and that was read, so a file that is swapped later is
not the one that was approved; and the hash of the text that the worker read of it for approvers, where it did. Nothing
here parses a document or writes to the log: the register is followed there.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from indexes.approvals import Approvals
from indexes.decisions import Decision
from indexes.documents import text_hash
from indexes.errors import VersionError
from indexes.events import Approval, Event
from indexes.library import locate, read_document
from indexes.lines import DocumentStanding, Looked
from indexes.names import check_document_name
from indexes.previews import read_preview
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import RegisterPlace
from indexes.sources import Source, source_name
from indexes.standing import Standing, approvals_with, grant
from indexes.superseded import said_before, superseding
from service.access.errors import NotAllowedError
from service.access.principals import Principal
from service.deciding.errors import DecidedMeanwhileError, NoDocumentError
from service.deciding.told import told
from service.deciding.waiting import Kept, Page, Why, page_of
from service.deciding.wishes import Wish, approval_terms, withdrawal_terms

_SHOWN_OTHERS = 500  # documents of a source that a page offers to choose from
_KEPT_FILES = 200_000  # that were looked at: some 200 MB


@dataclass(frozen=True, slots=True)
class Decided:
    """Where a document stands after a decision."""

    line: DocumentStanding
    source: Source


@dataclass(frozen=True, slots=True)
class Case:
    """A document as somebody who decides on it sees it: where it stands, and all that the register says of it.

    `history` has every decision and upload, oldest first. `has_approved` tells that they are one of those whose
    approval of this version counts, `would_count` that an approval of theirs would. `supersedes` are the documents that
    the last approval names as older versions, `superseded_by` those whose approval names this one, of what they decide
    on; `others` some of the source that could be named.
    """

    line: DocumentStanding
    source: Source
    history: tuple[Event, ...]
    has_approved: bool
    would_count: bool
    supersedes: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Deciding:
    """Decides in the names of people who are signed in. Any thread may call; each method waits for the disk."""

    def __init__(
        self,
        *,
        library: Path,
        now: Callable[[], datetime],
        max_file_bytes: int,
        builds: Path | None = None,
        register: RegisterPlace | None = None,
    ) -> None:
        """Remember where the library is; nothing is read yet.

        Args:
            library: the folder with the allowlist and the register.
            now: the time, with its zone.
            max_file_bytes: larger files are no documents.
            builds: the folder of builds; beside them the worker leaves what it read for approvers.
            register: where the register lies; in its file in the library unless given.
        """
        self._builds = builds
        self._library = library
        self._now = now
        self._max_file_bytes = max_file_bytes
        self._register: RegisterPlace = register or Register(library / REGISTER_FILE)
        self._looked = Looked()
        self._kept = Kept()
        self._looking = threading.Lock()  # whoever looks second finds what the first has read

    def decide(self, who: Principal, wish: Wish) -> Decided:
        """Put a decision into the register, and return what stands then.

        Raises:
            NotAllowedError: they do not decide on this source, did not come themselves, or uploaded this version.
            DecidingError: it cannot be decided so; nothing was written.
        """
        if not who.is_person():
            raise NotAllowedError("expected a person who signed in themselves: no key decides on documents")
        with told():
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
        sha256 = wish.sha256 or ""
        before = approvals.state().decisions.get(wish.document)
        for old in set(terms.supersedes or ()).difference(said_before(before, source)):
            if not who.may_approve(source_name(old)):  # nobody pushes back what others decide on
                raise NotAllowedError("expected somebody who decides on what it supersedes too")
        text_sha256 = self._text_hash(approvals, source, wish.document, sha256)
        plan = approvals.plan_version(wish.document, sha256, terms, text_sha256=text_sha256)  # 4
        (approval,) = plan.approvals
        if source.separate_uploader and approval not in approvals_with(before, source, approval):
            raise NotAllowedError("expected somebody else than who uploaded this version: nobody approves their own")
        approvals.approve(plan, still=self._unchanged(wish))  # 5

    def _text_hash(self, approvals: Approvals, source: Source, document: str, sha256: str) -> str:
        """Return the hash of the text that approvers see of a version; "" if nobody knows one.

        Who renews what nobody has read anew renews it with the text that it was approved with.
        """
        with contextlib.suppress(KeyError, TypeError, IndexError, ValueError):  # another release wrote it
            preview = read_preview(self._builds, sha256, document) if self._builds else None
            if preview and not preview.problem:
                return text_hash(preview.text)
        granted = grant(approvals.state().decisions.get(document), source)
        known = granted.readings if granted and granted.sha256 == sha256 else frozenset()
        return next(iter(known)) if len(known) == 1 else ""

    def _withdraw(self, approvals: Approvals, who: Principal, wish: Wish) -> None:
        terms = withdrawal_terms(who, wish)  # 3
        if wish.sha256 is not None:  # 4
            line = approvals.standing_of(wish.document)
            if wish.sha256 not in (line.sha256, line.grant.sha256 if line.grant else None):
                raise VersionError("expected the version that is approved or waits now, got another")
        event: Literal["revoke", "reject"] = "revoke" if wish.verdict == "revoke" else "reject"
        approvals.withdraw_document(event, wish.document, terms, still=self._unchanged(wish))  # 5

    def _unchanged(self, wish: Wish) -> Callable[[], None] | None:
        """Return what sees that nobody decided since they looked; nothing to see where they do not say when."""
        if wish.seen is None:
            return None

        def still() -> None:
            events = self._register.refresh().decisions.get(wish.document, Decision()).events
            if len(events) != wish.seen and events:
                raise DecidedMeanwhileError(events[-1])

        return still

    def waiting(
        self, who: Principal, *, after: str | None, limit: int, source: str | None = None, why: Why | None = None
    ) -> Page:
        """Return a page of what waits for a decision in the sources that somebody decides on.

        Costs a look at each of their files, and the first time a reading.
        (Measured on two cores, with 10,000 small files of which all wait: 2.3 s the first time, then 0.25 s.)

        Args:
            who: they see no other source.
            after: the `next` of the page before.
            limit: at most this many.
            source: of this source only.
            why: for this reason only.

        Raises:
            WishError: `after` is none.
            RegisterUnavailableError: allowlist or register cannot be read.
        """
        now = self._now()
        found = [one for ours, lines in self._overviews(who, source) for one in self._kept.waiting_in(lines, ours, now)]
        return page_of(found, after=after, limit=limit, why=why)

    def lines(self, who: Principal, *, source: str | None = None) -> list[DocumentStanding]:
        """Return where every document stands in the sources that somebody decides on, or in one of them, by name.

        Raises:
            RegisterUnavailableError: allowlist or register cannot be read.
        """
        return [line for _, lines in self._overviews(who, source) for line in lines]

    def now(self) -> datetime:
        """Return the time by which decisions are dated."""
        return self._now()

    def look(self) -> None:
        """Look at every file, so that whoever asks for the queue first need not wait until all were read.

        Raises:
            RegisterUnavailableError: allowlist or register cannot be read.
        """
        self._overviews(None, None)

    def sources(self, who: Principal) -> list[Source]:
        """Return the sources that somebody decides on.

        Raises:
            RegisterUnavailableError: the allowlist cannot be read.
        """
        with told():
            return [source for source in self._approvals().sources.values() if who.may_approve(source.name)]

    def case(self, who: Principal, document: str) -> Case:
        """Return a document as somebody who decides on it sees it.

        Raises:
            NoDocumentError: there is none, or they do not decide on its source.
            RegisterUnavailableError: allowlist or register cannot be read.
        """
        with told():
            approvals = self._approvals(self._looked)
            source = _source(approvals, document)
            check_document_name(document)
            if not who.may_approve(source.name):
                raise NoDocumentError("expected a document of a source that they decide on, got another")
            line = approvals.standing_of(document)
            decision = approvals.state().decisions.get(document, Decision())
            history = tuple(sorted((*decision.events, *decision.uploads), key=lambda event: event.at))
            if not history and (line.standing is Standing.MISSING or locate(approvals.sources, document).is_dir()):
                raise NoDocumentError("expected the name of a document that is there, got none")
            own = Approval(
                document, line.sha256 or "", "", who.name or who.principal_id, self._now(), self._now().date(), ()
            )
            own = replace(own, auth=who.auth, by_id=who.principal_id)
            decisions = approvals.state().decisions
            counts = own in (counting := approvals_with(decision, source, own))
            theirs = [one for one in approvals.sources.values() if who.may_approve(one.name)]
            return Case(
                line,
                source,
                history,
                has_approved=counts and len(counting) == len(line.approvals),
                would_count=counts,
                supersedes=said_before(decision, source),
                superseded_by=superseding(document, decisions, theirs, on=self._now().astimezone(UTC).date()),
                others=tuple(islice((n for n in decisions if source_name(n) == source.name), _SHOWN_OTHERS)),
            )

    def original(self, who: Principal, document: str, sha256: str) -> bytes:
        """Return the bytes of a document's file as it lies in the library, if it is the version that they mean.

        Raises:
            NoDocumentError: there is none, or they do not decide on its source.
            OtherVersionError: the file is another version by now.
            DecidingError: it cannot be read.
        """
        self.case(who, document)
        with told():
            file = read_document(self._approvals().sources, document, max_bytes=self._max_file_bytes)
            if file.sha256 != sha256:
                raise VersionError("expected the version that was shown, got another")
        return file.content

    def _overviews(self, who: Principal | None, source: str | None) -> list[tuple[Source, list[DocumentStanding]]]:
        with told(), self._looking:
            if len(self._looked.hashes) > _KEPT_FILES or len(self._looked.lines) > _KEPT_FILES:
                self._looked, self._kept = Looked(), Kept()
            approvals = self._approvals(self._looked)
            theirs = [one for one in approvals.sources.values() if who is None or who.may_approve(one.name)]
            return [(one, approvals.overview(under=one.name)) for one in theirs if source in (None, one.name)]

    def _approvals(self, looked: Looked | None = None) -> Approvals:
        """The library as it is now: the allowlist is read each time."""
        return Approvals(
            library=self._library,
            now=self._now,
            max_file_bytes=self._max_file_bytes,
            register=self._register,
            looked=looked,
            builds=self._builds,
        )


def _source(approvals: Approvals, document: str) -> Source:
    source = approvals.sources.get(source_name(document))
    if source is None:
        raise NoDocumentError("expected the name of a document in a source of the allowlist, got none")
    return source

"""Decisions on documents: what a path means, what an approval would pin, and writing it into the register.

`plan_approval` reads each file once and says what would be approved; `approve` writes exactly those hashes, so a file
that is swapped while a person thinks it over is not the file that was approved. `plan_version` takes the hash that the
person saw instead of a path. `overview` gives every document's standing. Nothing here parses a document: whoever does
says which text came of it, and the approval names that too (`text_sha256`).
"""

import calendar
import stat
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from indexes.decisions import approval_time, withdrawal_time
from indexes.errors import (
    DocumentNameError,
    LooksAlikeError,
    NoFileError,
    RegisterError,
    TermsError,
    UnknownDocumentError,
    VersionError,
)
from indexes.events import Approval, Event, Withdrawal
from indexes.library import document_at, locate, read_document
from indexes.lines import DocumentStanding, Lines, Looked
from indexes.manifest import live_documents
from indexes.names import printable
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import RegisterPlace, RegisterState, register_remarks
from indexes.sources import Sources, read_sources, source_name
from indexes.standing import Standing
from indexes.stock import approved_look_alike, live_grants, register_is_gone
from indexes.superseded import check_superseding, said_before
from indexes.terms import Terms

_WITHDRAWN = (Standing.REVOKED, Standing.REJECTED)


@dataclass(frozen=True, slots=True)
class Plan:
    """What approving a path would do: `approvals` to write, and `passed_over` as (document, why).

    `of_folder` tells that more may have been approved than was named, so that a person is asked.
    """

    approvals: tuple[Approval, ...]
    passed_over: tuple[tuple[str, str], ...]
    of_folder: bool

    def read(self, texts: Mapping[str, str], unread: Mapping[str, str]) -> "Plan":
        """Return the plan with what came of reading its documents.

        Args:
            texts: the SHA-256 (hex) of the stored text, by document.
            unread: documents that are passed over, as they cannot be read, and why.
        """
        kept = (approval for approval in self.approvals if approval.document not in unread)
        approvals = tuple(replace(one, text_sha256=texts.get(one.document, "")) for one in kept)
        return Plan(approvals, (*self.passed_over, *unread.items()), self.of_folder)


class Approvals:
    """The library as an approver handles it."""

    def __init__(
        self,
        *,
        library: Path,
        now: Callable[[], datetime],
        max_file_bytes: int,
        register: RegisterPlace | None = None,
        looked: Looked | None = None,
        builds: Path | None = None,
    ) -> None:
        """Read the allowlist.

        Args:
            library: the folder that holds it.
            now: the clock.
            max_file_bytes: larger files are no documents.
            register: where the library's register lies; in its file unless given.
            looked: of an earlier overview of this library; without, each file is read.
            builds: beside whose live build no new register is begun, if the one that let its documents in is gone.

        Raises:
            SourcesError: it is missing or wrong.
        """
        sources = read_sources(library)
        self.sources: Sources = looked.known(sources) if looked else sources
        self.register: RegisterPlace = register or Register(library / REGISTER_FILE)
        self._lines = Lines(self.sources, now=now, max_file_bytes=max_file_bytes, looked=looked)
        self._builds = builds
        self._now = now
        self._max_file_bytes = max_file_bytes

    def state(self) -> RegisterState:
        """Return the register as it is now."""
        return self.register.refresh()

    def name_of(self, path: str) -> str:
        """Return the document (or folder of documents) that a path or a document id means.

        Raises:
            DocumentNameError: it lies in no source.
        """
        try:
            return document_at(self.sources, Path(path))
        except DocumentNameError:
            in_library = Path(path)
            if in_library.is_absolute() or source_name(path) not in self.sources:
                raise
            source = self.sources[source_name(path)]
            return document_at(self.sources, source.folder.joinpath(*in_library.parts[1:]))

    def plan_approval(self, path: str, terms: Terms, *, again: Container[str] | None = None) -> Plan:
        """Say what approving a file, or every undecided file of a folder, would pin.

        A folder passes over what is approved already, and what was revoked or rejected: whoever wants such a document
        back names it by itself.

        Args:
            path: of the file or folder, or its name in the library.
            terms: what the approver says.
            again: approve of a folder these documents, which are approved, and no others.

        Raises:
            DocumentNameError, SourcesError: the path means no document, or one that looks like an approved one.
            TermsError: what it would supersede cannot be superseded by it, or is named for a folder.
            UnsafeFileError: the one file named cannot be read.
            RegisterError: the register cannot be read, or lets no approval of the document count yet.
        """
        name = self.name_of(path)
        state = self.state()
        if terms.supersedes is not None and ("/" not in name or _is_folder(locate(self.sources, name))):
            raise TermsError(f"expected one document that supersedes others, got the folder '{printable(name)}'")
        if "/" in name and not _is_folder(locate(self.sources, name)):
            return Plan((self._approval_by_name(name, terms, state),), (), of_folder=False)
        approvals: list[Approval] = []
        passed_over: list[tuple[str, str]] = []
        decided = {Standing.MISSING, *_WITHDRAWN} | ({Standing.APPROVED} if again is None else set())
        for line in self.overview(under=name):
            if again is not None and line.document not in again:
                continue
            if line.problem:
                passed_over.append((line.document, line.problem))
            elif line.standing in decided:
                passed_over.append((line.document, f"is {line.standing}"))
            else:
                try:
                    approvals.append(self._approval(line.document, terms, state))
                except RegisterError as error:  # a time that has not come; the others go on
                    passed_over.append((line.document, str(error)))
        return Plan(tuple(approvals), tuple(passed_over), of_folder=True)

    def plan_version(self, document: str, sha256: str, terms: Terms, *, text_sha256: str = "") -> Plan:
        """Say what approving a document would pin, if its file is the version that the approver saw.

        Args:
            document: the document's id.
            sha256: of the version (hex).
            terms: what the approver says.
            text_sha256: of the stored text that they saw of it (hex); "" if they saw none.

        Raises:
            VersionError: the file is another version by now.
            DocumentNameError, SourcesError, TermsError, UnsafeFileError, RegisterError: as `plan_approval`.
        """
        approval = self._approval_by_name(document, terms, self.state())
        if approval.sha256 != sha256:
            raise VersionError(f"expected the file as it is now, {approval.sha256}, got another version")
        return Plan((replace(approval, text_sha256=text_sha256),), (), of_folder=False)

    def approve(self, plan: Plan, *, still: Callable[[], None] | None = None) -> None:
        """Write a plan's approvals, all or none; `still` as of `RegisterPlace.append`.

        Raises:
            RegisterError: the register cannot be written.
        """
        self._append(plan.approvals, still)

    def withdraw(
        self, event: Literal["revoke", "reject"], path: str, *, by: str, reason: str, auth: str = ""
    ) -> Withdrawal:
        """Revoke or reject what a path or a document id means; its file need not exist any more.

        Raises:
            DocumentNameError: the path means no document that the library or the register knows.
            RegisterError: the register cannot be written.
        """
        return self.withdraw_document(event, self.name_of(path), Terms(by=by, note=reason, auth=auth))

    def withdraw_document(
        self,
        event: Literal["revoke", "reject"],
        name: str,
        terms: Terms,
        *,
        still: Callable[[], None] | None = None,
    ) -> Withdrawal:
        """Revoke or reject a document; the reason is the note of the terms, `still` as of `RegisterPlace.append`.

        Raises:
            DocumentNameError, SourcesError: neither the library nor the register knows it.
            RegisterError: the register cannot be written.
        """
        decisions = self.state().decisions
        if "/" not in name or (name not in decisions and _is_folder(locate(self.sources, name))):
            raise UnknownDocumentError(f"expected one document, got the folder '{printable(name)}'")
        if name not in decisions and not _is_there(locate(self.sources, name)):
            raise UnknownDocumentError(f"there is no '{printable(name)}', neither in the library nor in the register")
        at = withdrawal_time(decisions.get(name), self._now())
        withdrawal = Withdrawal(event, name, terms.by, at, terms.note, auth=terms.auth, by_id=terms.by_id)
        self._append([withdrawal], still)
        return withdrawal

    def _append(self, events: Sequence[Event], still: Callable[[], None] | None) -> None:
        more = {"still": still} if still else {}
        state = self.state()
        held = live_documents(self._builds) if self._builds and not self.register.is_there() else 0
        if gone := register_is_gone(state, self.register, held=held):
            raise RegisterError(gone)
        self.register.append(events, **more)

    def overview(self, *, under: str | None = None) -> list[DocumentStanding]:
        """Return the standing of every document that the library holds or the register knows, by name.

        Args:
            under: only documents of this folder (a source, or a folder in one); reads no file outside it.
        """
        return self._lines.overview(self.state(), under=under)

    def remarks(self) -> list[str]:
        """Return what a person should know of the register, in words; empty if there is nothing."""
        return register_remarks(self.state(), self.register.shown, now=self._now())

    def standings(self, documents: Iterable[str]) -> dict[str, Standing]:
        """Return the standing of some documents; reads no others."""
        state = self.state()
        return {document: self._lines.line(document, None, state).standing for document in documents}

    def standing_of(self, document: str) -> DocumentStanding:
        """Return one document's line of the overview; reads no other file."""
        return self._lines.line(document, None, self.state())

    def _approval_by_name(self, document: str, terms: Terms, state: RegisterState) -> Approval:
        live = live_grants(self.sources, state.decisions, at=self._now())
        if alike := approved_look_alike(document, live):
            raise LooksAlikeError(alike)
        return self._approval(document, terms, state)

    def _approval(self, document: str, terms: Terms, state: RegisterState) -> Approval:
        try:
            file = read_document(self.sources, document, max_bytes=self._max_file_bytes)
        except FileNotFoundError as error:
            raise NoFileError(f"there is no file '{printable(document)}': expected a file to approve") from error
        source = self.sources[source_name(document)]
        now = self._now()
        before = state.decisions.get(document)
        if terms.supersedes:
            check_superseding(document, terms.supersedes, state.decisions, now=now)
        at = approval_time(before, document, now)
        return Approval(
            document=document,
            sha256=file.sha256,
            title=terms.title,
            by=terms.by,
            at=at,
            expires=terms.expires or months_later(now.astimezone(UTC).date(), source.review_months),
            groups=source.groups if terms.groups is None else terms.groups,
            note=terms.note,
            auth=terms.auth,
            by_id=terms.by_id,
            supersedes=said_before(before, source) if terms.supersedes is None else terms.supersedes,
        )


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # there is none, its name is too long for the disk, or a folder on the way cannot be entered
        return False


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day if it has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

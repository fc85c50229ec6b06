"""A document that was moved: its decision goes with the bytes to the new name, and ends at the old one.

For a file or a folder that was given another name, or moved to another source. What is carried is an approval that
holds, and only where the new place has exactly the approved bytes and the old one none: an approval of the new name on
the terms of the old, until the same day, and a withdrawal of the old name that says where it went, both in one write.
Whoever renames decides: where two have to approve, the first one's word waits for a second, who says the same, and only
then the old name ends. A move opens a document to nobody who could not read it before. What was withdrawn, has ended,
changed, or is decided on at the new place already is left to a person. Writes nothing but in `rename`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from indexes.approvals import Approvals
from indexes.decisions import Decision, approval_time, decide, withdrawal_time
from indexes.errors import IndexesError, RegisterError, TermsError
from indexes.events import Approval, Event, Withdrawal
from indexes.library import FileBytes, locate, read_document
from indexes.names import printable
from indexes.people import labels
from indexes.sources import Source, source_name
from indexes.standing import EVERYBODY, Grant, approvals_of, grant, may_read
from indexes.stock import approved_look_alike, has_file, live_grants
from indexes.superseded import said_before
from indexes.terms import Terms


@dataclass(frozen=True, slots=True)
class Move:
    """One document that was moved: the approval of its new name, and what ends the old one, `None` while it waits."""

    old: str
    approval: Approval
    end: Withdrawal | None

    @property
    def new(self) -> str:
        """Its new name."""
        return self.approval.document


@dataclass(frozen=True, slots=True)
class Renaming:
    """What renaming would do: `moves`, and `passed_over` as (document, why); `seen` is what was decided so far.

    `superseding` are documents whose approvals name as superseded an old name that ends, with all that they would name
    instead: who says so anew says the whole list.
    """

    moves: tuple[Move, ...]
    passed_over: tuple[tuple[str, str], ...]
    of_folder: bool
    seen: Mapping[str, int]
    superseding: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def events(self) -> list[Event]:
        """Return what is written, in order."""
        return [event for move in self.moves for event in (move.approval, move.end) if event]


def plan_renaming(
    approvals: Approvals, old: str, new: str, terms: Terms, *, now: datetime, max_file_bytes: int
) -> Renaming:
    """Say what renaming a document, or a folder of documents, would carry to the new name.

    Args:
        approvals: the library.
        old: what it was called: a path or a document's name, of which there is no file any more.
        new: where it is now.
        terms: who renames, and a note; the terms of the approval are carried.
        now: the time, with its zone.
        max_file_bytes: larger files are no documents.

    Raises:
        DocumentNameError: a path means no document.
        TermsError: the two are the same, or the register knows nothing of the old name.
        RegisterError: the register cannot be read.
    """
    old_name, new_name = approvals.name_of(old), approvals.name_of(new)
    if old_name == new_name:
        raise TermsError(f"expected two names, got '{printable(old_name)}' twice")
    decisions = approvals.state().decisions
    of_folder = old_name not in decisions
    olds = [name for name in decisions if name.startswith(f"{old_name}/")] if of_folder else [old_name]
    if not olds:
        raise TermsError(f"the register knows nothing of '{printable(old_name)}': approve the new name by itself")
    if not of_folder and locate(approvals.sources, f"{new_name}/x").parent.is_dir():
        new_name = f"{new_name}/{PurePosixPath(old_name).name}"  # as a file is moved into a folder
    work = _Moving(approvals, decisions, terms, now=now, max_file_bytes=max_file_bytes)
    moves, passed_over = [], []
    for name in sorted(olds):
        to = f"{new_name}{name.removeprefix(old_name)}" if of_folder else new_name
        try:
            moves.append(work.move(name, to))
        except _PassedOverError as error:
            passed_over.append((name, str(error)))
    moved = {move.old: move.new for move in moves if move.end}
    seen = {name: _decided(decisions, name) for move in moves for name in (move.old, move.new)}
    return Renaming(tuple(moves), tuple(passed_over), of_folder, seen, tuple(work.superseding(moved)))


def rename(approvals: Approvals, renaming: Renaming) -> None:
    """Write it: all or none, and nothing if anybody decided on one of the documents meanwhile.

    Raises:
        RegisterError: the register cannot be written, or another decision came between.
    """

    def still() -> None:
        decisions = approvals.state().decisions
        for name, decided in renaming.seen.items():
            if _decided(decisions, name) != decided:
                raise RegisterError(f"somebody decided on '{name}' meanwhile, so nothing was written: look again")

    approvals.register.append(renaming.events(), still=still)


def _decided(decisions: Mapping[str, Decision], name: str) -> int:
    return len(decisions[name].events) if name in decisions else 0


class _PassedOverError(Exception):
    """A document is not renamed; the message says why."""


class _Moving:
    """Looks at one document after another."""

    def __init__(
        self,
        approvals: Approvals,
        decisions: Mapping[str, Decision],
        terms: Terms,
        *,
        now: datetime,
        max_file_bytes: int,
    ) -> None:
        self._sources = approvals.sources
        self._decisions = decisions
        self._terms = terms
        self._now = now
        self._max_bytes = max_file_bytes
        self._live = live_grants(self._sources, decisions, at=now)

    def move(self, old: str, new: str) -> Move:
        """Return the move of one document.

        Raises:
            _PassedOverError: it cannot be moved so.
        """
        granted = self._carried(old)
        source, before = self._sources[source_name(new)], self._decisions.get(new)
        self._check_new(new, granted, source, before)
        self._check_readers(granted, self._sources[source_name(old)], source)
        approval, before = self._approval(old, new, granted), before or Decision()
        uploads = (*before.uploads, *self._decisions[old].uploads)  # nobody approves their own under another name
        after = replace(decide(before, approval, line=0), uploads=uploads)
        if any(not labels(one).isdisjoint(labels(approval)) for one in before.approvals):
            raise _PassedOverError(f"'{approval.by}' said so already: another person has to")
        if approval not in approvals_of(after, source, approval.sha256):
            raise _PassedOverError(
                f"an approval of '{approval.by}' does not count in source '{source.name}', where only people who "
                "signed in, or somebody else than who uploaded it, may approve: approve the new name on the desk"
            )
        end = None
        if grant(after, source):
            at = withdrawal_time(self._decisions[old], self._now)
            known = {"auth": self._terms.auth, "by_id": self._terms.by_id}
            end = Withdrawal("revoke", old, self._terms.by, at, f"renamed to {new}", **known)
        return Move(old, approval, end)

    def _carried(self, old: str) -> Grant:
        """Return the approval that is carried."""
        granted = self._live.get(old)
        if granted is None:
            raise _PassedOverError("no approval of it holds, so there is none to carry: decide on the new name itself")
        if has_file(self._sources, old):
            raise _PassedOverError("its file is still there: a copy is approved by itself, a move leaves none behind")
        waiting = self._decisions[old].approvals[-1].sha256
        if waiting != granted.sha256:
            raise _PassedOverError("a newer version of it waits for another approval: decide on the new name itself")
        return granted

    def _check_new(self, new: str, granted: Grant, source: Source, before: Decision | None) -> None:
        """See that the new name has the approved bytes, reads as the old one did, and that nobody decided on it."""
        shown = printable(new)
        if PurePosixPath(new).suffix.lower() != PurePosixPath(granted.document).suffix.lower():
            raise _PassedOverError(f"'{shown}' is another kind of file, and is read otherwise: approve it by itself")
        if self._file(new).sha256 != granted.sha256:
            raise _PassedOverError(f"'{shown}' does not hold the approved bytes: read it, and approve it by itself")
        others = {name: one for name, one in self._live.items() if name != granted.document}
        if alike := approved_look_alike(new, others):
            raise _PassedOverError(alike)
        if before is None or (not before.events and not before.problem):
            return
        known = before.approvals and not before.withdrawal and not before.problem
        if not known or any(one.sha256 != granted.sha256 for one in before.approvals) or grant(before, source):
            raise _PassedOverError(f"'{shown}' was decided on already: approve it by itself, and revoke the old name")

    def _file(self, new: str) -> FileBytes:
        try:
            return read_document(self._sources, new, max_bytes=self._max_bytes)
        except FileNotFoundError as error:
            raise _PassedOverError(f"there is no file '{printable(new)}': expected it where it was moved to") from error
        except IndexesError as error:
            raise _PassedOverError(str(error)) from error

    @staticmethod
    def _check_readers(granted: Grant, old: Source, new: Source) -> None:
        """See that whoever may read it there could read it before, and that somebody may."""
        groups = granted.groups.union(old.groups, new.groups)

        def readers(source: Source) -> set[str]:
            return {group for group in groups if may_read(granted, source, frozenset({group, EVERYBODY}))}

        if not readers(new):
            raise _PassedOverError(
                f"it is for {', '.join(sorted(granted.groups))}, of whom source '{new.name}' lets nobody read"
            )
        if more := readers(new) - readers(old):
            raise _PassedOverError(
                f"source '{new.name}' would open it to {', '.join(sorted(more))}: approve the new name by itself"
            )

    def _approval(self, old: str, new: str, granted: Grant) -> Approval:
        try:
            at = approval_time(self._decisions.get(new), new, self._now)
        except RegisterError as error:
            raise _PassedOverError(str(error)) from error
        decision, source = self._decisions[old], self._sources[source_name(old)]
        last = approvals_of(decision, source, granted.sha256)[-1]
        by = " and ".join(granted.approved_by)
        notes = (f"renamed from {old}, approved by {by} on {granted.approved_on}", last.note, self._terms.note)
        return Approval(
            document=new,
            sha256=granted.sha256,
            title=granted.title,
            by=self._terms.by,
            at=at,
            expires=granted.expires,
            groups=last.groups if granted.groups == frozenset(last.groups) else tuple(sorted(granted.groups)),
            note="; ".join(filter(None, notes)),
            auth=self._terms.auth,
            by_id=self._terms.by_id,
            text_sha256=next(iter(granted.readings)) if len(granted.readings) == 1 else "",
            supersedes=tuple(name for name in said_before(decision, source) if name != new),
        )

    def superseding(self, moved: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
        """Return which live approvals name a document that was moved as superseded, and what they would name now."""
        return [
            (moved.get(name, name), tuple(sorted(moved.get(old, old) for old in one.supersedes)))
            for name, one in sorted(self._live.items())
            if one.supersedes & moved.keys()
        ]

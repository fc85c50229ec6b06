"""On what grounds an answer was given: each passage that it cites, as it was, the approval it stood under, and now.

For each citation of a record: (1) the passage, from the build that answered, held against the hash in the record, with
the quote's place in it, (2) the approval that its document stood under then, by the lines that the register had then,
which are held against the hashes on record, (3) what became of that approval since. The words of a passage are given
only to somebody in a group that the approval of then and the source allow, or who has its texts opened for a purpose.
What is not there any more, or not as it was, is said and not guessed. Sources count as they are now: how they were is
not on record. Records nothing: whoever calls has put on record that the record is looked at.
"""

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from indexes.builds import PASSAGES_FILE
from indexes.decisions import Decision
from indexes.documents import Passage
from indexes.errors import BuildError, IndexesError, NoBuildError, ObjectStoreError
from indexes.pack import Pack
from indexes.passages import PassageStore
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import RegisterPlace, RegisterState, register_at
from indexes.sources import Source, Sources, read_sources, source_name
from indexes.standing import Grant, grant, may_read
from indexes.unpacking import Fetch, packed_document
from service.audit.events import REGISTER_EXTENDED_TYPE
from service.audit.storage.store import LeafReader

_SCRATCH_PREFIX = ".texts-"  # of folders that hold the texts of a build while grounds are found
_Find = Callable[[Mapping[str, Any]], Passage | None]  # the passage of a hit, as the build has it


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval: who gave it, when, until when, for whom."""

    by: tuple[str, ...]
    on: date
    until: date
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """One citation of an answer.

    Attributes:
        n: its number in the answer.
        document: what it cites; `sha256` which version of it.
        title: as the build says, and `place` within the document; empty if the passage is not there.
        words: the passage before the quote, the quote, and what follows it; `None` if they are not given, and then
            `why_not` says why.
        then: the approval that it stood under; `None` if the register does not tell, and then `then_why_not` says why.
        now: what became of it since, in words; `still` whether it stands.
    """

    n: int
    document: str
    sha256: str
    title: str
    place: str
    words: tuple[str, str, str] | None
    why_not: str
    then: Approved | None
    then_why_not: str
    now: str
    still: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Finds grounds. Any thread may call.

    Attributes:
        builds: the folder of published builds.
        library: the folder with allowlist and register.
        store: what is on record.
        now: the time, with its zone.
        register: where the register lies; in its file in the library unless given.
        fetch_passages: has the stored texts of a build in a folder, of builds that lie elsewhere; returns their file.
        scratch: a folder where such a file lies while it is read.
    """

    builds: Path
    library: Path
    store: LeafReader
    now: Callable[[], datetime]
    register: RegisterPlace | None = None
    fetch_passages: Fetch | None = None
    scratch: Path | None = None

    def of(
        self, received: Mapping[str, Any], finished: Mapping[str, Any], *, groups: frozenset[str], opened: bool = False
    ) -> list[Ground]:
        """Return the grounds of an answer, in the order of its citations.

        Args:
            received: what its `query.received` record says.
            finished: what its `query.finished` record says.
            groups: those of whoever looks.
            opened: whether they have its texts opened, for a purpose that is on record.

        Raises:
            AuditUnavailableError: the log cannot be read.
        """
        if not finished["citations"]:
            return []
        hits = {hit["passage_id"]: hit for hit in finished["hits"]}
        past = _Past(self, finished["register_seq"] or 0)
        with contextlib.ExitStack() as closing:
            found = self._finding(received["build"]["id"], closing)
            return [
                self._ground(one, hits[one["passage_id"]], found, past, None if opened else groups)
                for one in finished["citations"]
                if one["passage_id"] in hits
            ]

    def _finding(self, build_id: str, closing: contextlib.ExitStack) -> _Find | str:
        """Return what finds a passage in the build that answered, or why there is none to be had."""
        folder = self.builds / build_id
        try:
            if folder.is_dir():
                passages = closing.enter_context(contextlib.closing(PassageStore(folder / PASSAGES_FILE)))
                return lambda hit: passages.passage(hit["passage_id"])
            pack = closing.enter_context(Pack.reading(self.builds))
            if pack is None or pack.head(build_id) is None:
                return self._fetched(build_id, closing)
        except NoBuildError:
            return f"the build {build_id} that answered is not kept any more"
        except ObjectStoreError as error:
            return f"the build {build_id} that answered cannot be had now: {error}"
        except BuildError:
            return f"the build {build_id} that answered does not open: put it back from a backup"

        def unpacked(hit: Mapping[str, Any]) -> Passage | None:
            split = packed_document(pack, build_id, hit["document"])
            wanted = (one for one in split.passages if one.passage_id == hit["passage_id"]) if split else iter(())
            return next(wanted, None)

        return unpacked

    def _fetched(self, build_id: str, closing: contextlib.ExitStack) -> _Find:
        if self.fetch_passages is None:
            raise NoBuildError(build_id)
        into = closing.enter_context(tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX, dir=self.scratch))
        file = self.fetch_passages(build_id, Path(into))
        passages = closing.enter_context(contextlib.closing(PassageStore(file)))
        return lambda hit: passages.passage(hit["passage_id"])

    def _ground(
        self,
        citation: Mapping[str, Any],
        hit: Mapping[str, Any],
        find: _Find | str,
        past: "_Past",
        groups: frozenset[str] | None,
    ) -> Ground:
        document = hit["document"]
        found = _found(find, hit)
        then, then_why_not = past.grant_of(document, hit["sha256"])
        words, why_not = None, found if isinstance(found, str) else ""
        if isinstance(found, Passage):
            if groups is None or past.may_read(then, document, groups):
                words = _around(found, *citation["span"])
            else:
                why_not = "its words are for groups that you are not in: they are shown with the texts, for a purpose"
        now, still = past.since(document, hit["sha256"], self.now())
        return Ground(
            n=citation["n"],
            document=document,
            sha256=hit["sha256"],
            title=found.title if isinstance(found, Passage) else "",
            place=found.locator.label() if isinstance(found, Passage) else "",
            words=words,
            why_not=why_not,
            then=_approved(then) if then else None,
            then_why_not=then_why_not,
            now=now,
            still=still,
        )


class _Past:
    """Allowlist and register, as the register was when it had some lines, and as it is now."""

    def __init__(self, grounds: Grounds, position: int) -> None:
        register = grounds.register or Register(grounds.library / REGISTER_FILE)
        self._why_not = ""
        self._sources: Sources = {}
        self._then = self._now = RegisterState()
        try:
            self._sources = read_sources(grounds.library)
            lines = register.lines()
        except (IndexesError, OSError) as error:
            self._why_not = f"allowlist and register cannot be read ({type(error).__name__})"
            return
        self._then, self._now = register_at(lines, position), register_at(lines, len(lines))
        if not _as_recorded(self._then, position, grounds.store):
            self._why_not = (
                "the register's lines are not those on record: somebody changed it, see the record register.rewritten"
            )

    def grant_of(self, document: str, sha256: str) -> tuple[Grant | None, str]:
        """Return the approval that a version stood under then; or `None`, and why that cannot be told."""
        if self._why_not:
            return None, self._why_not
        source = self._sources.get(source_name(document))
        if source is None:
            return None, "its source is not in the allowlist any more"
        given = grant(self._then.decisions.get(document), source)
        if given is None or given.sha256 != sha256:
            return None, "by the rules of its source as they are now, the approvals of then would not be enough"
        return given, ""

    def may_read(self, then: Grant | None, document: str, groups: frozenset[str]) -> bool:
        source = self._sources.get(source_name(document))
        return then is not None and source is not None and may_read(then, source, groups)

    def since(self, document: str, sha256: str, now: datetime) -> tuple[str, bool]:
        """Say what became of the approval of a version, and whether it stands."""
        if self._why_not and not self._now.position:
            return "It cannot be told whether this version is approved now.", False
        source, decision = self._sources.get(source_name(document)), self._now.decisions.get(document)
        if source is None:
            return "Its source is not in the allowlist any more, so it is not approved now.", False
        return _since(decision, source, sha256, now)


def _since(decision: Decision | None, source: Source, sha256: str, now: datetime) -> tuple[str, bool]:
    if decision and (withdrawal := decision.withdrawal):
        done = "Revoked" if withdrawal.event == "revoke" else "Rejected"
        why = f": {withdrawal.reason}" if withdrawal.reason else ""
        return f"{done} on {withdrawal.at:%-d %b %Y} by {withdrawal.by}{why}.", False
    given = grant(decision, source)
    if given is None:
        return "Not approved now.", False
    if given.sha256 != sha256:
        by = ", ".join(given.approved_by)
        return f"Replaced by a newer version, approved on {given.approved_on:%-d %b %Y} by {by}.", False
    if not given.live_at(now):
        return f"Expired on {given.expires:%-d %b %Y}.", False
    return f"Still approved, until {given.expires:%-d %b %Y}.", True


def _as_recorded(state: RegisterState, position: int, store: LeafReader) -> bool:
    """Tell whether the first lines of the register are those whose hashes are on record."""
    recorded: dict[int, str] = {}
    for leaf in store.of_type(REGISTER_EXTENDED_TYPE):
        said = json.loads(leaf.leaf)
        recorded |= dict(enumerate(said["lines"], said["first_line"]))  # of a rewritten one, the newest word
    expected = [recorded.get(line) for line in range(1, position + 1)]
    return list(state.line_hashes) == expected


def _found(find: _Find | str, hit: Mapping[str, Any]) -> Passage | str:
    if isinstance(find, str):
        return find
    try:
        passage = find(hit)
    except (BuildError, sqlite3.Error, ValueError, KeyError):
        return "the build that answered cannot be read: put it back from a backup"
    if passage is None:
        return "the passage is not in the build that answered: put it back from a backup"
    if passage.text_hash() != hit["passage_hash"]:
        return "the passage in the build is not the one on record: put the build back from a backup"
    return passage


def _around(passage: Passage, start: int, end: int) -> tuple[str, str, str]:
    begin, until = start - passage.start, end - passage.start
    if not 0 <= begin < until <= len(passage.text):
        return passage.text, "", ""
    return passage.text[:begin], passage.text[begin:until], passage.text[until:]


def _approved(given: Grant) -> Approved:
    return Approved(given.approved_by, given.approved_on, given.expires, tuple(sorted(given.groups)))

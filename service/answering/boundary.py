"""The boundary: which passages of a build an asker may see at this moment.

On every question the live allowlist and register are looked at (one `stat` each when nothing changed). The result is a
`Scope`: a mask over the build's rows that both indexes get as a filter, so a passage outside it never influences
ranking, evidence, answer, refusal, counts or titles. Scopes are kept per groups for as long as nothing changed and no
approval in them has ended. A revocation therefore acts on the next question, and an expiry on the second it is due.

No scope is drawn from a register that is not on record: `on_change` is told of each new state before anybody sees what
it allows, and if it fails, so does the question.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from indexes.builds import Build
from indexes.decisions import Decision
from indexes.dense import Mask
from indexes.due import what_is_due
from indexes.errors import IndexesError
from indexes.lexical import LexicalScope
from indexes.register import REGISTER_FILE, Register
from indexes.register_state import RegisterPlace, RegisterState
from indexes.sources import SOURCES_FILE, Source, Sources, read_sources, source_name
from indexes.standing import EVERYBODY, Grant, grant, may_read
from indexes.stock import all_grants, register_is_gone, stock_problems, stock_remarks, take_stock
from indexes.superseded import Edges, replacements
from service.answering.errors import LibraryUnavailableError

_KEPT_SCOPES = 256  # combinations of groups; each costs a mask of one byte a passage


@dataclass(frozen=True, slots=True)
class Scope:
    """What an asker may see of a build.

    `grants` are by document id; `rows` is the mask, shape (passages,); `replaced` says of documents that approvals in
    this scope supersede by which one each is, `readers` by which groups, of which one is enough, each may be read.
    `pairs` lists the (document, version) pairs, each with what it supersedes
    of them, and `filter_hash`, its SHA-256 (hex), names that set; `valid_until` is the first moment at which an
    approval in it ends.
    """

    grants: Mapping[str, Grant]
    rows: Mask
    lexical: LexicalScope
    register_position: int
    filter_hash: str
    pairs: bytes
    made_at: datetime
    valid_until: datetime
    replaced: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Boundary:
    """Follows the library and draws scopes. Safe to call from several threads."""

    def __init__(
        self,
        *,
        library: Path,
        now: Callable[[], datetime],
        notice: Callable[[str], None],
        on_change: Callable[[RegisterState], None],
        register: RegisterPlace | None = None,
    ) -> None:
        """Remember where the library is; nothing is read before the first question.

        Args:
            library: the folder with the allowlist and the register.
            now: the time, with its zone.
            notice: is told once of each line of the register that cannot be understood.
            on_change: puts a state of the register on record: is called with the first, and with each new one, in
                order, one at a time. What it raises goes to whoever asked, and the next call tries again. It must not
                call back.
            register: where the register lies; in its file in the library unless given.
        """
        self._sources_path = library / SOURCES_FILE
        self._register: RegisterPlace = register or Register(library / REGISTER_FILE)
        self._now = now
        self._notice = notice
        self._on_change = on_change
        self._on_record: RegisterState | None = None
        self._noticed: set[str] = set()
        self._lock = threading.Lock()
        self._sources_signature: tuple[int, ...] | None = None
        self._sources: Sources = {}
        self._seen: tuple[object, ...] = ()
        self._scopes: dict[frozenset[str], Scope] = {}
        self._grants = _Grants()

    def scope(self, build: Build, groups: frozenset[str]) -> Scope:
        """Return what somebody in `groups` may see of a build now.

        Raises:
            LibraryUnavailableError: the allowlist or the register cannot be read, or the register that let the build's
                documents in is gone.
            Exception: whatever `on_change` raises.
        """
        self._look()
        with self._lock:
            sources, state = self._live(build)
            now = self._now()
            if not _same(self._seen, (build, sources, state)):
                self._seen = (build, sources, state)
                self._scopes.clear()
            known = self._scopes.get(groups)
            if known is None or not known.made_at <= now < known.valid_until:
                if len(self._scopes) >= _KEPT_SCOPES:
                    self._scopes.clear()
                granted = self._grants.of_build(build, sources, state)
                known = self._scopes[groups] = _draw(build, granted, state.position, groups, now)
            return known

    def sources(self) -> Sources:
        """Return the allowlist as it is now, whoever asks.

        Raises:
            As `scope`.
        """
        self._look()
        with self._lock:
            return self._live()[0]

    def live(self) -> tuple[Sources, RegisterState]:
        """Return the allowlist and the register as they are now, whoever asks.

        Raises:
            As `scope`.
        """
        self._look()
        with self._lock:
            return self._live()

    def now(self) -> datetime:
        """Return the time by which approvals end."""
        return self._now()

    def problems(self, build: Build | None = None) -> list[str]:
        """Return what is wrong with the library, in words, naming file and line; empty if nothing is.

        Args:
            build: the one that answers, if any.

        Raises:
            As `scope`.
        """
        self._look()
        with self._lock:
            return [problem.in_words(self._register.shown) for problem in self._live(build)[1].problems]

    def stock(self) -> tuple[list[str], list[str]]:
        """Return what is wrong with the stock of documents, in words, and what is due and stops nothing.

        Looks for the file of each approved document.

        Raises:
            As `problems`.
        """
        self._look()
        with self._lock:
            sources, state = self._live()
        now = self._now()
        grants = all_grants(sources, state.decisions)
        stocks = take_stock(sources, state.decisions, at=now, grants=grants)
        due = what_is_due(sources, state.decisions, at=now, grants=grants)
        return stock_problems(stocks), [*due.remarks(), *stock_remarks(stocks)]

    def _look(self) -> None:
        """Look at the register, outside the lock: it may lie in a database, a way that nobody waits for."""
        try:
            self._register.refresh()
        except (IndexesError, OSError) as error:
            raise LibraryUnavailableError(str(error)) from error

    def _live(self, build: Build | None = None) -> tuple[Sources, RegisterState]:
        """Return both, after `_look`: what that saw of the register, or something newer."""
        try:
            sources, state = self._live_sources(), self._register.newest()
        except (IndexesError, OSError) as error:
            raise LibraryUnavailableError(str(error)) from error
        for problem in state.problems:
            words = problem.in_words(self._register.shown)
            if words not in self._noticed:
                self._noticed.add(words)
                self._notice(words)
        if state is not self._on_record:
            self._on_record = None  # what fails half-way is tried again, even if the register is back as it was
            self._on_change(state)
            self._on_record = state
        if build is not None and (gone := register_is_gone(state, self._register, held=len(build.documents))):
            raise LibraryUnavailableError(gone)
        return sources, state

    def _live_sources(self) -> Sources:
        try:
            status = self._sources_path.stat()
        except FileNotFoundError:
            read_sources(self._sources_path.parent)  # says what is missing
            raise
        signature = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if signature != self._sources_signature:
            self._sources = read_sources(self._sources_path.parent)
            self._sources_signature = signature
        return self._sources


def _same(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))


class _Grants:
    """What was granted of each document of a build, whoever asks; a change of the register costs what it changed."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Decision | None, Source, Grant | None]] = {}
        self._seen: tuple[object, ...] = ()
        self._granted: list[tuple[int, Grant, Source]] = []

    def of_build(self, build: Build, sources: Sources, state: RegisterState) -> list[tuple[int, Grant, Source]]:
        """Return number, grant and source of each document whose newest approved version is the build's."""
        if not _same(self._seen, (build, sources, state)):
            of = {}
            self._granted = []
            for number, (document, sha256) in enumerate(build.documents):
                source = sources.get(source_name(document))
                if source is None:
                    continue
                decision = state.decisions.get(document)
                before = self._of.get(document)
                if before and before[0] is decision and before[1] is source:  # neither ever changes, both are replaced
                    of[document] = before
                else:
                    of[document] = (decision, source, grant(decision, source))
                granted = of[document][2]
                if granted and granted.sha256 == sha256:
                    self._granted.append((number, granted, source))
            self._of = of
            self._seen = (build, sources, state)
        return self._granted


def _draw(
    build: Build, granted: Iterable[tuple[int, Grant, Source]], position: int, groups: frozenset[str], now: datetime
) -> Scope:
    readable: dict[tuple[frozenset[str], str], bool] = {}  # many documents have the same groups
    live: dict[date, bool] = {}
    readers: dict[tuple[frozenset[str], str], frozenset[str]] = {}
    read_by: dict[str, frozenset[str]] = {}
    grants: dict[str, Grant] = {}
    visible = np.zeros(len(build.documents), dtype=np.bool_)
    for number, given, source in granted:
        key = (given.groups, source.name)
        if key not in readable:
            readable[key] = may_read(given, source, groups)
            readers[key] = _readers(given, source)
        if given.expires not in live:
            live[given.expires] = given.live_at(now)
        if readable[key] and live[given.expires]:
            grants[given.document], read_by[given.document] = given, readers[key]
            visible[number] = True
    rows: Mask = visible[build.document_of_row]
    superseding = {document: given.supersedes & grants.keys() for document, given in grants.items() if given.supersedes}
    pairs = _pairs(grants, superseding)
    ending = {given.expires: given for given in grants.values()}.values()  # one of each day
    return Scope(
        grants=grants,
        rows=rows,
        lexical=build.lexical.scope(rows),
        register_position=position,
        filter_hash=hashlib.sha256(pairs).hexdigest(),
        pairs=pairs,
        made_at=now,
        valid_until=min((given.ends_at() for given in ending), default=datetime.max.replace(tzinfo=UTC)),
        replaced=replacements(superseding),
        readers=read_by,
    )


def _readers(granted: Grant, source: Source) -> frozenset[str]:
    """Return the groups of which one is enough to read a document, for whoever is signed in."""
    named = granted.groups.union(source.groups)
    return frozenset(group for group in named if may_read(granted, source, frozenset({group, EVERYBODY})))


def _pairs(grants: Mapping[str, Grant], superseding: Edges) -> bytes:
    """Return the lines of a scope: document, version, and what the document supersedes of the others."""
    none: frozenset[str] = frozenset()
    lines = (
        "\0".join((document, given.sha256, *sorted(superseding.get(document, none))))
        for document, given in sorted(grants.items())
    )
    return "".join(f"{line}\n" for line in lines).encode()

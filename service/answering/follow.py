"""Puts on record what answers rest on, whoever changed it: the program and its settings, the build, the register.

The register may be changed by the command line, a page or an editor, so it is not the writer of a line that records it
but whoever next asks what it allows (`boundary`); the same holds for a published build (`live_build`). Each time what
there is now is compared with what the log already says, and only the difference is recorded: after any number of
starts the log says of every line of the register, once, that it was there. What cannot be recorded, no answer may rest
on: the error goes to whoever asked.

A build is kept while it is one of the newest two, or while a record that is still within retention refers to it.
`Follower.asked_of` sees to the second: without the build that gave it, an answer cannot be replayed. It holds a build
before the first question of it is on record, while that build is live: so it is held however long the answer takes, and
however many builds are published meanwhile. A build that nobody asked is not held.
"""

import calendar
import hashlib
import json
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from indexes.builds import Build
from indexes.errors import HoldError, RegisterError
from indexes.holds import hold_build
from indexes.logs import LogEvent, unlogged
from indexes.register_state import RegisterState, register_hash
from service.answering.errors import LibraryUnavailableError
from service.answering.rewritten import NO_LINES, Recorded, recorded_register
from service.audit.events import (
    ACCESS_TYPE,
    BUILD_TYPE,
    CONFIG_TYPE,
    MAX_REGISTER_LINES,
    MODELS_TYPE,
    Event,
    access_changed,
    build_activated,
    config_changed,
    models_changed,
    register_extended,
    register_rewritten,
)
from service.audit.leaves import BuildRef, ReleaseRef
from service.audit.log import AuditLog
from service.audit.serialise import RECEIVED_TYPE
from service.audit.storage.store import LeafReader

_MONTHS = 12  # in a year
_LOOKED_AT = 1000  # leaves since a build answers, for a question: nearly all are of questions
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(slots=True, kw_only=True)
class Follower:
    """Records what changed. Each method is called by one thread at a time, different methods by any; `asked_of` by all.

    Attributes:
        log: where it is put on record.
        store: what is on record already.
        release: the program's version and settings.
        holds: the folder of holds, in a folder that exists (`indexes.holds`).
        retention_months: how long records are kept, in months after the one they were made in.
        today: the day, in UTC.
        notice: is told when a build cannot be held, once for each reason.
        look: looks at the register anew, where it lies in a database that others write too.
        tell: takes, for the service's own log, that a build was opened, and that the register changed.
    """

    log: AuditLog
    store: LeafReader
    release: ReleaseRef
    holds: Path
    retention_months: int
    today: Callable[[], date]
    notice: Callable[[str], None]
    tell: LogEvent = unlogged
    look: Callable[[], RegisterState] | None = None
    _told: str = field(default="", init=False)
    _held: dict[str, date] = field(default_factory=dict, init=False)  # builds, and until when
    _owed: set[str] = field(default_factory=set, init=False)  # builds that were asked and could not be held
    _holding: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def started(self) -> None:
        """Record the program and its settings, unless they are the newest on record.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the log cannot be read.
        """
        self._record_unless_newest(CONFIG_TYPE, "release", config_changed(self.release))

    def access_changed(self, rules_hash: str) -> None:
        """Record that roles are given by these rules from now on, unless they are the newest on record.

        Args:
            rules_hash: SHA-256 (hex) of `access.toml`, of nothing where there is none.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the log cannot be read; nobody may act by these rules.
        """
        if rules_hash != _NOTHING or self.store.newest_of(ACCESS_TYPE):  # where there never were any is no change
            self._record_unless_newest(ACCESS_TYPE, "rules_hash", access_changed(rules_hash))

    def models_changed(self, models_hash: str, models: Collection[str]) -> None:
        """Record that these language models are approved from now on, unless they are the newest on record.

        Args:
            models_hash: SHA-256 (hex) of `models.toml`, of nothing where there is none.
            models: the names in it; none where it cannot be understood.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the log cannot be read; no model may be called.
        """
        if models_hash != _NOTHING or self.store.newest_of(MODELS_TYPE):  # where there never were any is no change
            self._record_unless_newest(MODELS_TYPE, "models_hash", models_changed(models_hash, sorted(models)))

    def build_opened(self, build: Build) -> None:
        """Record that a build answers from now on, unless it is the newest on record.

        If a question on record was asked of it, it is held as well: its hold may be lost, or never have been written.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the log cannot be read; nobody may be answered from it.
        """
        event = build_activated(BuildRef(id=build.build_id, manifest_hash=build.manifest_hash))
        self._record_unless_newest(BUILD_TYPE, "build", event)
        newest = self.store.newest_of(BUILD_TYPE)
        since = self.store.leaves(newest.seq, _LOOKED_AT) if newest else []
        if any(leaf.type == RECEIVED_TYPE for leaf in since):
            self.asked_of(build)
        self.tell("build opened", build=build.build_id, documents=len(build.documents))

    def asked_of(self, build: Build) -> None:
        """Hold a build until no record made this month is within retention any more; durable when this returns.

        To be called before a question is recorded that is asked of it, as soon as the live build is known. Costs
        nothing but for the first question of a month. A hold that cannot be written is told and tried again with each
        question, and by `hold_owed`; answers go on: it would cost a later replay, and no answers would cost more.
        """
        until = last_day_within_retention(self.today(), self.retention_months)
        if self._held.get(build.build_id, date.min) < until:
            self._hold(build.build_id, until)

    def hold_owed(self) -> None:
        """Try again to hold the builds that were asked and could not be held, whether or not they are live."""
        until = last_day_within_retention(self.today(), self.retention_months)
        for build_id in tuple(self._owed):
            self._hold(build_id, until)

    def _hold(self, build_id: str, until: date) -> None:
        with self._holding:  # whoever comes second waits: its question too is recorded only after the hold
            if self._held.get(build_id, date.min) >= until:
                return
            try:
                hold_build(self.holds, build_id, until=until)
            except HoldError as error:
                self._owed.add(build_id)
                if str(error) != self._told:
                    self.notice(str(error))
                self._told = str(error)
            else:
                self._held[build_id] = until
                self._owed.discard(build_id)
                self._told = ""

    def register_changed(self, state: RegisterState) -> None:
        """Record the lines that were added to the register; and first, if recorded ones changed or went, that they did.

        After a change of recorded lines every line is recorded anew, from the first. What is on record the store is
        asked each time: another service may have recorded lines into the same log, even some that came after this state
        was looked at, and then it is looked anew before anything is taken for gone.

        Raises:
            AuditUnavailableError: it cannot be recorded, or the log cannot be read; the lines may allow nothing yet.
            LibraryUnavailableError: the register cannot be looked at anew.
        """
        recorded = recorded_register(self.store)
        lines = state.line_hashes
        if recorded.lines > len(lines) and self.look:
            try:
                lines = self.look().line_hashes
            except RegisterError as error:
                raise LibraryUnavailableError(str(error)) from error
        if not recorded.still_stands(lines):
            self.log.note(register_rewritten(recorded.lines, recorded.register_hash, len(lines), register_hash(lines)))
            self.tell("register rewritten", lines_before=recorded.lines, lines=len(lines))
            recorded = NO_LINES
        known = recorded.lines
        for start in range(recorded.lines, len(lines), MAX_REGISTER_LINES):
            end = min(start + MAX_REGISTER_LINES, len(lines))
            recorded = Recorded(end, register_hash(lines[:end]))
            self.log.note(register_extended(start + 1, lines[start:end], recorded.register_hash))
        if len(lines) > known:
            self.tell("register extended", lines=len(lines), new=len(lines) - known)

    def _record_unless_newest(self, kind: str, key: str, event: Event) -> None:
        newest = self.store.newest_of(kind)
        said: Any = json.loads(newest.leaf)[key] if newest else None
        if said != event.fields[key]:
            self.log.note(event)


def last_day_within_retention(day: date, months: int) -> date:
    """Return the last day on which a record made on `day` is kept.

    It is the last day of the month that lies `months` after its own: retention ends for a month as a whole.
    """
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])

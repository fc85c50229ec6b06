"""Checks the whole log while the service runs, when an auditor asks for it, and shows how far it is.

In order: (1) that somebody starts it is put on record, durably, (2) a process of its own with the lowest priority goes
through the log (`verify_child`), so that questions are answered meanwhile as fast as before, but for the processor that
is left over, (3) what it says of its progress can be asked for, (4) what came of it is put on record
(`audit.verified`), so that it is known after a restart, and to whoever checks the log elsewhere. One at a time.

A verdict of the service about its own log: whoever does not trust it runs the verifier on an export instead.
"""

import contextlib
import json
import os
import subprocess  # starts this program and nothing else
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from service.audit import events
from service.audit.errors import AuditError, AuditUnavailableError
from service.audit.events import Verified
from service.audit.log import AuditLog, Clock
from service.audit.reading.summaries import iso_time

Tell = Callable[[int, int], None]
_NOT_ENDED = "the process that checks the log ended before it was done: run greenlit audit verify instead"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the newest check is: `at` of `of` records; its verdict when it is done, or why there is none.

    `note` says that what came of it could not be put on record.
    """

    state: Literal["none", "running", "done", "failed"] = "none"
    started: str = ""
    at: int = 0
    of: int = 0
    verdict: Mapping[str, Any] | None = None
    failed: str = ""
    note: str = ""


class Check(Protocol):
    """What checks a log; see `InAChild`."""

    def run(self, tell: Tell) -> dict[str, Any]:
        """Return the verdict, telling how far it is."""

    def stop(self) -> None:
        """Let a check that runs end at once, without a verdict."""


class Verifying:
    """See the module. Any thread may call."""

    def __init__(self, *, log: AuditLog, check: Check, clock: Clock) -> None:
        """Take the parts of an open log, and what checks it."""
        self._log = log
        self._check = check
        self._clock = clock
        self._lock = threading.Lock()  # around what follows
        self._progress = Progress()
        self._thread: threading.Thread | None = None

    def start(self, who: str) -> bool:
        """Start a check, on record; `False` if one runs already: then nothing is done.

        Args:
            who: who starts it, a principal's id.

        Raises:
            AuditUnavailableError: it cannot be recorded, so it is not started.
        """
        with self._lock:
            if self._progress.state == "running":
                return False
            self._log.note(events.audit_read(who, "verify", filters={}, seqs=[], purpose=""))
            self._progress = Progress("running", started=iso_time(self._clock()))
            self._thread = threading.Thread(target=self._run, name="verifying", daemon=True)
            self._thread.start()
        return True

    def progress(self) -> Progress:
        """Return how far the newest check is, or what came of it."""
        with self._lock:
            return self._progress

    def close(self) -> None:
        """Stop a check that runs, and wait for its end."""
        with self._lock:
            thread = self._thread
        self._check.stop()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            verdict = self._check.run(self._tell)
        except AuditError as error:
            self._end(state="failed", failed=str(error))
            return
        note = ""
        try:
            self._log.note(events.audit_verified(_in_short(verdict)))
        except AuditError as error:
            note = f"This could not be put on record ({error})."
        self._end(state="done", verdict=verdict, note=note)

    def _tell(self, at: int, of: int) -> None:
        self._end(state="running", at=at, of=of)

    def _end(self, **changed: Any) -> None:
        with self._lock:
            self._progress = replace(self._progress, **changed)


class InAChild:
    """Checks a log in a process of its own; a `Check`."""

    def __init__(self, *, state: Path, keys: Path, name: str, database: str = "") -> None:
        """Remember where the log is; nothing is started.

        Args:
            state: the folder of the store.
            keys: the folder of the log's keys.
            name: the name of the log.
            database: the address of the database that holds the log; empty where the folder does.
        """
        self._environment = _environment() | ({"GREENLIT_DATABASE_URL": database} if database else {})
        self._arguments = [str(state.resolve()), str(keys.resolve()), name]
        self._lock = threading.Lock()  # around what follows
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, tell: Tell) -> dict[str, Any]:
        """Return the verdict, as `verify_store` gives it.

        Raises:
            AuditUnavailableError: there is none, and why.
        """
        with self._lock:
            if self._stopped:
                raise AuditUnavailableError(_NOT_ENDED)
            # -P: nothing is imported from the folder that the service happens to run in
            command = [sys.executable, "-P", "-m", "service.audit.checking.verify_child", *self._arguments]
            self._child = child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,  # Ctrl-C reaches the service, which stops it
            )
        said: dict[str, Any] = {}
        with child:
            for line in child.stdout or ():
                if line.startswith(b"{"):
                    said = json.loads(line)
                else:
                    at, of = line.split()
                    tell(int(at), int(of))
        if "verdict" not in said:
            raise AuditUnavailableError(said.get("failed", _NOT_ENDED))
        verdict: dict[str, Any] = said["verdict"]
        return verdict

    def stop(self) -> None:
        """Let a check that runs end at once; no further one begins."""
        with self._lock:
            self._stopped = True
            if self._child is not None:
                with contextlib.suppress(OSError):
                    self._child.kill()


def _environment() -> dict[str, str]:
    own = Path(__file__).resolve().parents[3]
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(own),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _in_short(verdict: Mapping[str, Any]) -> Verified:
    counts = verdict["counts"]
    named = (one["seq"] for one in verdict["problems"] if one["seq"] is not None)
    return Verified(
        ok=verdict["ok"],
        leaves=counts["leaves"],
        checkpoints=counts["checkpoints"],
        texts=counts["texts"],
        wrong=counts["wrong"],
        unchecked=len(verdict["unchecked"]),
        first_wrong=next(named, None),
    )

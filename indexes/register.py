"""The register: who approved which bytes of which document, until when, for whom. Append-only, one JSON event a line.

Order of work: `Register.refresh` looks whether the file changed, reads what was added, folds each event into the
document's `Decision` (`decisions`), and hands out an immutable `RegisterState`. `append_events` adds whole lines under
a lock and makes them durable. What a decision means at a moment is `standing`; nothing here looks at the documents.

A line that cannot be understood is kept as a `Problem` with its number. Documents that it names are not approved until
a later event decides again. A last line without a newline is still being written (or was cut off). What a person should
know of the order of the lines, which a merge may have mixed, `register_remarks` says.

Every whole line is also known by its hash, whoever wrote it and whatever it says, so that a reader can put on record
which lines there were, and show later that none of them was changed.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.damage import is_foreign, join, problem_of
from indexes.decisions import CLOCK_SKEW, Decision, Problem, block, dated_ahead, decide
from indexes.errors import RegisterError
from indexes.events import Event, check_event, event_from_line, event_to_line
from indexes.superseded import supersession_remarks

REGISTER_FILE = "register.jsonl"
_LOCK_TIMEOUT_S = 10.0  # a writer holds the lock for milliseconds; longer means that something is stuck
_BEGINNING = 4  # bytes of a file that tell whether it is UTF-8


@dataclass(frozen=True, slots=True)
class LineOrder:
    """How far the lines are in the order of their times.

    `newest_at` is the latest time so far; `earlier` how many lines are dated before one above them, beyond what clocks
    differ by, and `first_earlier` the number of the first; `repeated` how many stand in the register already.
    """

    newest_at: datetime | None = None
    earlier: int = 0
    first_earlier: int = 0
    repeated: int = 0

    def then(self, line: int, at: datetime, *, repeats: bool) -> "LineOrder":
        """Return what holds after one more line."""
        if repeats:
            return replace(self, repeated=self.repeated + 1)
        if self.newest_at is None or at >= self.newest_at:
            return LineOrder(at, self.earlier, self.first_earlier, self.repeated)
        if at + CLOCK_SKEW >= self.newest_at:
            return self
        return replace(self, earlier=self.earlier + 1, first_earlier=self.first_earlier or line)


@dataclass(frozen=True, slots=True)
class RegisterState:
    """The register at one moment: `position` is how many whole lines it has, `decisions` are by document id.

    `line_hashes` holds, for each whole line, blank ones too, the SHA-256 (hex) of its bytes without the newline: line n
    is `line_hashes[n - 1]`. `order` says how far the lines are in the order of their times.
    """

    position: int = 0
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    line_hashes: tuple[str, ...] = ()
    order: LineOrder = LineOrder()


_NOTHING = RegisterState()  # one object, so that a register that stays away is seen to be the same


def register_hash(line_hashes: Sequence[str]) -> str:
    """Return the SHA-256 (hex) that stands for lines 1 to n: of the concatenated 32 bytes of each line's hash.

    Args:
        line_hashes: as `RegisterState.line_hashes`, or a beginning of it; of no lines, the hash of nothing.
    """
    return hashlib.sha256(bytes.fromhex("".join(line_hashes))).hexdigest()


def register_at(path: Path, position: int) -> RegisterState:
    """Return the register as it was when it had a number of whole lines; as far as it goes, if it has fewer now.

    Whether these lines are those that it had then, their hashes tell (`RegisterState.line_hashes`).

    Raises:
        RegisterError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RegisterError(f"{path} cannot be read: {error.strerror}") from error
    return _fold_lines(_NOTHING, b"".join(line + b"\n" for line in content.split(b"\n")[:-1][:position]))


class Register:
    """Follows a register file. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        """Remember the path; nothing is read before `refresh`."""
        self.path = path
        self._lock = threading.Lock()
        self._signature: tuple[int, ...] | None = None
        self._consumed = 0  # bytes of whole lines folded so far
        self._prefix = hashlib.sha256()
        self._whole = _NOTHING  # of whole lines only
        self._state = _NOTHING  # the same, with an unfinished last line as a problem

    def refresh(self) -> RegisterState:
        """Return the register as it is now: the same object for as long as nothing changed.

        Costs one `stat` when nothing changed. When it did, what was already read is compared by hash (an edited
        register is read anew) and only added lines are parsed. (Measured on two cores: 2.5 ms after one more line on
        10,000, 10 ms on 40,000.)

        Raises:
            RegisterError: the file exists but cannot be read.
        """
        with self._lock:
            try:
                status = self.path.stat()
                signature = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                if signature != self._signature:
                    self._take(self.path.read_bytes())
                    self._signature = signature
            except FileNotFoundError:
                if self.path.is_symlink():
                    raise RegisterError(_leads_nowhere(self.path)) from None
                self._forget()
                self._signature = None
            except OSError as error:
                raise RegisterError(f"{self.path} cannot be read: {error.strerror}") from error
            return self._state

    def _forget(self) -> None:
        self._consumed = 0
        self._prefix = hashlib.sha256()
        self._whole = self._state = _NOTHING

    def _take(self, content: bytes) -> None:
        known = hashlib.sha256(content[: self._consumed])
        if len(content) < self._consumed or known.digest() != self._prefix.digest():
            self._forget()
        end = content.rfind(b"\n") + 1
        added = content[self._consumed : end]
        self._whole = _fold_lines(self._whole, added)
        self._consumed = end
        self._prefix.update(added)  # it equals `known` here, or is new
        self._state = _with_unfinished(self._whole, content[end:])


def _with_unfinished(state: RegisterState, tail: bytes) -> RegisterState:
    """Show a last line without newline as a problem; it decides nothing unless it names a document."""
    if not tail.strip():
        return state
    decisions, problems = dict(state.decisions), list(state.problems)
    _block(decisions, problems, (state.position + 1, tail), "the line is cut off (no newline at its end)")
    return replace(state, decisions=decisions, problems=tuple(problems))


def _fold_lines(state: RegisterState, added: bytes) -> RegisterState:
    if not added:
        return state
    decisions = dict(state.decisions)
    problems = list(state.problems)
    order = state.order
    lines = added.removesuffix(b"\n").split(b"\n")
    for position, line in enumerate(lines, start=state.position + 1):
        if not line.strip():
            continue
        try:
            event = event_from_line(line)
        except RegisterError as error:
            _block(decisions, problems, (position, line), str(error))
            continue
        before = decisions.get(event.document, Decision())
        decisions[event.document] = after = decide(before, event, line=position)
        order = order.then(position, event.at, repeats=after is before)
    hashes = tuple(hashlib.sha256(line).hexdigest() for line in lines)
    return RegisterState(state.position + len(lines), decisions, tuple(problems), state.line_hashes + hashes, order)


def _block(decisions: dict[str, Decision], problems: list[Problem], numbered: tuple[int, bytes], said: str) -> None:
    """Note what is wrong with a line, and take the approvals of the documents that it names."""
    position, line = numbered
    problem = problem_of(line, position, said)
    for document in problem.documents:
        decisions[document] = block(decisions.get(document, Decision()), problem)
    join(problems, problem, line)


def register_remarks(state: RegisterState, path: Path, *, now: datetime) -> list[str]:
    """Return what a person should know of the register, in words, and that stops nothing; empty if there is nothing.

    It is of lines that a merge has mixed, doubled or made moot, of times that have not come, of what supersedes what.

    Args:
        state: the register.
        path: its file, which the words name.
        now: the time, with its zone.
    """
    order, remarks = state.order, []
    if order.repeated:
        remarks.append(f"{path}: lines that stand in it twice: {order.repeated}; the second of each decides nothing")
    if order.earlier:
        remarks.append(
            f"{path}: lines dated before one above them: {order.earlier}, the first is line {order.first_earlier}; "
            "branches were merged, or a clock was wrong; nothing is allowed by it that the times do not allow"
        )
    ours = [decision.remark for decision in state.decisions.values() if decision.remark]
    remarks += [f"{path}, line {said.line}: {said.message}" for said in sorted(ours, key=lambda said: said.line)]
    ahead = (dated_ahead(document, decision, now=now) for document, decision in state.decisions.items())
    more = (*ahead, *supersession_remarks(state.decisions, now=now))
    return remarks + [f"{path}: {said}" for said in more if said]


def append_events(path: Path, events: Iterable[Event], *, still: Callable[[], None] = lambda: None) -> None:
    """Add events to the register: whole lines, one writer at a time, durable when this returns.

    A line that an earlier writer left unfinished is ended first, so that it cannot swallow the new one.

    Args:
        path: the register.
        events: what to add, in order.
        still: is called when nobody else may write any more; what it raises goes up, and nothing is written.

    Raises:
        RegisterError: an event could not be read back or would steer a terminal, the lock is held too long, or the
            disk refuses; the register then holds no part of the events.
    """
    events = list(events)
    for event in events:
        check_event(event)
    lines = [event_to_line(event) for event in events]
    try:
        with FileLock(f"{path}.lock", timeout=_LOCK_TIMEOUT_S, mode=0o644):
            still()
            _append(path, b"".join(lines))
    except Timeout as error:
        raise RegisterError(
            f"{path} has been locked by another writer for {_LOCK_TIMEOUT_S:.0f} s: try again, or see who holds it"
        ) from error
    except OSError as error:
        raise RegisterError(f"{path} cannot be written ({error.strerror}); nothing was recorded") from error


def _leads_nowhere(path: Path) -> str:
    return f"{path} is a link to {path.readlink()}, which is not there: put that back, or the register in its place"


def _append(path: Path, lines: bytes) -> None:
    if path.is_symlink() and not path.exists():
        raise RegisterError(_leads_nowhere(path))  # a new one there would forget every decision
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if is_foreign(os.pread(descriptor, _BEGINNING, 0)):
            raise RegisterError(f"{path} is not UTF-8 text, so nothing was added: greenlit register says what it is")
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        try:
            _write_all(descriptor, lines)
            os.fsync(descriptor)
            if not size:
                _sync_folder(path.parent)  # a new file's name has to be durable too
        except OSError:
            os.ftruncate(descriptor, size)  # a full disk must not leave half a decision behind
            raise
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]

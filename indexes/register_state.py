"""What the register says at one moment, wherever its lines lie: each line folded into decisions, and known by its hash.

`fold_lines` takes lines that were added to a state and gives the next one; each event goes into its document's
`Decision` (`decisions`). What a decision means at a moment is `standing`; nothing here looks at documents, and nothing
reads or writes lines: that is for the two places where a register can lie (`RegisterPlace`), a file (`register`) and
rows of a database (`register_rows`, `library_register`).

A line that cannot be understood is kept as a `Problem` with its number. Documents that it names are not approved until
a later event decides again. What a person should know of the order of the lines, which a merge may have mixed,
`register_remarks` says.

Every whole line is also known by its hash, whoever wrote it and whatever it says, so that a reader can put on record
which lines there were, and show later that none of them was changed.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from indexes.damage import join, problem_of
from indexes.decisions import CLOCK_SKEW, Decision, Problem, block, dated_ahead, decide
from indexes.errors import RegisterError
from indexes.events import Event, event_from_line
from indexes.superseded import supersession_remarks


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


NOTHING = RegisterState()  # one object, so that a register that stays away is seen to be the same


def hash_line(line: bytes) -> str:
    """Return the SHA-256 (hex) of a line, given without its newline."""
    return hashlib.sha256(line).hexdigest()


def register_hash(line_hashes: Sequence[str]) -> str:
    """Return the SHA-256 (hex) that stands for lines 1 to n: of the concatenated 32 bytes of each line's hash.

    Args:
        line_hashes: as `RegisterState.line_hashes`, or a beginning of it; of no lines, the hash of nothing.
    """
    return hashlib.sha256(bytes.fromhex("".join(line_hashes))).hexdigest()


class RegisterPlace(Protocol):
    """The place where a register lies: a file, or rows of a database. Safe to call from several threads."""

    @property
    def shown(self) -> Path | str:
        """What words name it by: the path of the file, or the database without who connects and how."""
        ...

    def refresh(self) -> RegisterState:
        """Return the register as it is now: the same object for as long as nothing changed.

        Raises:
            RegisterError: it cannot be read now; what was read before is not to be answered from.
        """
        ...

    def newest(self) -> RegisterState:
        """Return what the newest `refresh` that came to its end saw, whoever called it; asks nobody."""
        ...

    def lines(self) -> list[bytes]:
        """Return every whole line as it was written, byte for byte, without its newline.

        Raises:
            RegisterError: they cannot be read.
        """
        ...

    def append(self, events: Iterable[Event], *, still: Callable[[], None] = ...) -> None:
        """Add events: whole lines, one writer at a time, durable when this returns.

        Args:
            events: what to add, in order.
            still: is called when nobody else may write any more and may `refresh`; what it raises goes up, and nothing
                is written.

        Raises:
            RegisterError: an event could not be read back or would steer a terminal, somebody else writes for too
                long, or nothing can be written; the register then holds no part of the events, unless it says so.
        """
        ...

    def is_there(self) -> bool:
        """Tell whether there is a register, even an empty one, where the newest `refresh` found it."""
        ...

    def look(self) -> tuple[object, ...]:
        """Return what it looks like from outside, the same for as long as nothing changed; () where nothing is seen."""
        ...

    def close(self) -> None:
        """Let go of what is kept for the next look; it may be looked at again."""
        ...


def with_unfinished(state: RegisterState, tail: bytes) -> RegisterState:
    """Show a last line without newline as a problem; it decides nothing unless it names a document."""
    if not tail.strip():
        return state
    decisions, problems = dict(state.decisions), list(state.problems)
    _block(decisions, problems, (state.position + 1, tail), "the line is cut off (no newline at its end)")
    return replace(state, decisions=decisions, problems=tuple(problems))


def register_at(lines: Sequence[bytes], position: int) -> RegisterState:
    """Return the register as it was when it had a number of whole lines; as far as it goes, if it has fewer now.

    Whether these lines are those that it had then, their hashes tell (`RegisterState.line_hashes`).

    Args:
        lines: all of them, as `RegisterPlace.lines`.
        position: the number.
    """
    return fold_lines(NOTHING, lines[:position])


def fold_lines(state: RegisterState, lines: Sequence[bytes]) -> RegisterState:
    """Return a state with more lines, each without its newline."""
    if not lines:
        return state
    decisions = dict(state.decisions)
    problems = list(state.problems)
    order = state.order
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
    hashes = tuple(hash_line(line) for line in lines)
    return RegisterState(state.position + len(lines), decisions, tuple(problems), state.line_hashes + hashes, order)


def _block(decisions: dict[str, Decision], problems: list[Problem], numbered: tuple[int, bytes], said: str) -> None:
    """Note what is wrong with a line, and take the approvals of the documents that it names."""
    position, line = numbered
    problem = problem_of(line, position, said)
    for document in problem.documents:
        decisions[document] = block(decisions.get(document, Decision()), problem)
    join(problems, problem, line)


def register_remarks(state: RegisterState, shown: Path | str, *, now: datetime) -> list[str]:
    """Return what a person should know of the register, in words, and that stops nothing; empty if there is nothing.

    It is of lines that a merge has mixed, doubled or made moot, of times that have not come, of what supersedes what.

    Args:
        state: the register.
        shown: where it lies, which the words name.
        now: the time, with its zone.
    """
    order, remarks = state.order, []
    if order.repeated:
        remarks.append(f"{shown}: lines that stand in it twice: {order.repeated}; the second of each decides nothing")
    if order.earlier:
        remarks.append(
            f"{shown}: lines dated before one above them: {order.earlier}, the first is line {order.first_earlier}; "
            "branches were merged, or a clock was wrong; nothing is allowed by it that the times do not allow"
        )
    ours = [decision.remark for decision in state.decisions.values() if decision.remark]
    remarks += [f"{shown}, line {said.line}: {said.message}" for said in sorted(ours, key=lambda said: said.line)]
    ahead = (dated_ahead(document, decision, now=now) for document, decision in state.decisions.items())
    more = (*ahead, *supersession_remarks(state.decisions, now=now))
    return remarks + [f"{shown}: {said}" for said in more if said]

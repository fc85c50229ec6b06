"""The register of a library, wherever it lies: in its file, or in the database once it was moved there.

With a database, each `refresh` asks it where decisions lie and for the last line, by one round trip on one connection:
so a decision acts on the next question wherever that is asked. All who come while a round trip is under way share the
next one, which begins after they came: nobody is answered by what was true before, and nobody queues behind more than
two. If the database cannot be asked, that is an error for each of them; what was read before counts no more until it
can be asked again, which happens by itself.

A register in the database is never followed beside a file that says something else: a file there may hold the beginning
of its lines, as a copy does, and nothing more. Nor is a file followed, once the register was moved back into one, that
lacks what was decided in the database: at another machine an old one may lie in its place.
"""

import functools
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.counting import counted
from indexes.errors import RegisterError, SettingsError
from indexes.events import Event, check_event, event_to_line
from indexes.register import REGISTER_FILE, Register, signature_of, whole_lines
from indexes.register_schema import NO_CHAIN, chained
from indexes.register_state import NOTHING, RegisterPlace, RegisterState, fold_lines, hash_line

if TYPE_CHECKING:
    from indexes.register_rows import Last, RegisterRows

_PATIENCE_S = 20.0  # more than a look takes that ends: a connection gives up before


def register_of(library: Path, database: str = "") -> RegisterPlace:
    """Return where the register of a library lies; nothing is read yet.

    Args:
        library: the folder with the allowlist.
        database: the address of the database that may hold the register; empty where there is none.

    Raises:
        RegisterError: the address cannot be read.
        SettingsError: what speaks to the database is not installed.
    """
    file = Register(library / REGISTER_FILE)
    return LibraryRegister(file, rows_of(database)) if database else file


def rows_of(database: str) -> "RegisterRows":
    """Return the rows of a database; raises as `register_of`."""
    try:
        from indexes.register_rows import RegisterRows  # noqa: PLC0415 - its library is an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise SettingsError(
            "expected what GREENLIT_DATABASE_URL needs, found no psycopg: pip install -e '.[postgres]'"
        ) from None
    return RegisterRows(database)


class LibraryRegister:
    """Follows a register that may lie in a database; a `RegisterPlace`."""

    def __init__(self, file: Register, rows: "RegisterRows") -> None:
        """Take both places; nothing is read before `refresh`."""
        self._file = file
        self._rows = rows
        self._turn = threading.Condition()
        self._begun = self._ended = 0  # rounds: looks at the database, one after the other
        self._failed: RegisterError | None = None  # why the newest round did
        self._in_rows = False
        self._state = self._newest = NOTHING
        self._chain = NO_CHAIN  # of the last line of `_state`
        self._beside: tuple[int, ...] | None = None  # a file that was found to hold nothing else
        self._moved_back: tuple[RegisterState, Last] | None = None  # a file that was found to hold all that it has to

    @property
    def shown(self) -> Path | str:
        """What words name the place by, as it was found last."""
        return self._rows.shown if self._in_rows else self._file.shown

    def refresh(self) -> RegisterState:
        """See `RegisterPlace.refresh`. One round trip to the database, shared with whoever came meanwhile."""
        with self._turn:
            mine = self._begun + 1  # the first that begins after now
            while self._begun != self._ended and self._ended < mine:
                if not self._turn.wait(_PATIENCE_S):
                    raise RegisterError(f"{self._rows.shown} cannot be read: the server does not answer")
            if self._ended >= mine:
                return self._outcome()
            self._begun += 1
        failed: RegisterError | None = RegisterError(f"{self._rows.shown} cannot be read: it was broken off")
        try:
            self._look()
            failed = None
        except RegisterError as error:
            failed = error
        finally:
            with self._turn:
                self._failed = failed
                self._ended = self._begun
                self._turn.notify_all()
        if failed:
            raise failed
        return self._newest

    def _outcome(self) -> RegisterState:
        if self._failed:
            raise RegisterError(str(self._failed))
        return self._newest

    def _look(self) -> None:
        """One round; only one is under way."""
        last = self._rows.last()
        self._in_rows = last.place == "here"
        if not self._in_rows:
            state = self._file.refresh()
            self._expect_moved_back(state, last)
            self._newest = state
            return
        if (last.number, last.chain) != (self._state.position, self._chain):
            base = self._state
            lines = self._rows.lines_after(base.position, self._chain, to=last)
            if lines is None:  # other lines, or fewer: they are read anew, and whoever keeps the record sees what went
                base, self._beside = NOTHING, None
                lines = self._rows.lines_after(0, NO_CHAIN, to=last) or []
            self._state = fold_lines(base, lines)
            self._chain = last.chain
        self._expect_nothing_else_in_file()
        self._newest = self._state

    def _expect_moved_back(self, state: RegisterState, last: "Last") -> None:
        """Refuse a file that lacks what was decided in the database before the register was moved back into one."""
        if last.place != "left" or (self._moved_back and self._moved_back[0] is state and self._moved_back[1] == last):
            return
        chain = functools.reduce(chained, state.line_hashes[: last.number], NO_CHAIN)
        if state.position < last.number or chain != last.chain:
            raise RegisterError(
                f"{self._file.shown} is not the register that was moved back out of {self._rows.shown}: expected it to "
                f"begin with the {counted(last.number, 'line')} that were there; bring it from where it was moved to"
            )
        self._moved_back = (state, last)

    def _expect_nothing_else_in_file(self) -> None:
        path = self._file.path
        try:
            signature = signature_of(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RegisterError(f"{path} cannot be read: {error.strerror}") from error
        if signature == self._beside:
            return
        found = tuple(hash_line(line) for line in whole_lines(path))
        if found != self._state.line_hashes[: len(found)]:
            pairs = zip(found, self._state.line_hashes, strict=False)
            same = next((at for at, (one, other) in enumerate(pairs) if one != other), self._state.position)
            raise RegisterError(
                f"there are two registers: {self._rows.shown}, and {path}, which says something else from line "
                f"{same + 1} on: put away the one that does not hold all decisions (greenlit register export writes "
                "the lines of the database)"
            )
        self._beside = signature

    def newest(self) -> RegisterState:
        """See `RegisterPlace.newest`."""
        return self._newest

    def lines(self) -> list[bytes]:
        """See `RegisterPlace.lines`."""
        state = self.refresh()
        return self._rows.all_lines(upto=state.position) if self._in_rows else self._file.lines()

    def append(self, events: Iterable[Event], *, still: Callable[[], None] = lambda: None) -> None:
        """See `RegisterPlace.append`."""
        events = list(events)
        self.refresh()
        if not self._in_rows:
            self._file.append(events, still=still)
            return
        for event in events:
            check_event(event)
        self._rows.append([event_to_line(event).removesuffix(b"\n") for event in events], still=still)

    def is_there(self) -> bool:
        """See `RegisterPlace.is_there`."""
        return self._in_rows or self._file.is_there()

    def look(self) -> tuple[object, ...]:
        """See `RegisterPlace.look`."""
        try:
            self.refresh()
        except RegisterError:
            return ()
        return ("rows", self._newest.position, self._chain) if self._in_rows else self._file.look()

    def close(self) -> None:
        """See `RegisterPlace.close`."""
        self._rows.close()

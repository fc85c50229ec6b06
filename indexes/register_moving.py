"""Moves a register from its file into a database, or back, line for line; nobody else decides meanwhile.

There: (1) both places are locked, (2) what lies in the database is expected to be the beginning of the file, line for
line, (3) the other lines are added, a page a transaction, (4) all are read back and compared, (5) from then on
decisions lie in the database, (6) the file gets another name, so that nobody edits it in peace (`IN_DATABASE_FILE`).
Back: the lines are written into a new file, which is read back, before the database says that decisions lie there.

Cut off at any point, one of the two places holds the decisions, and the move goes on when it is run again. No line
changes: numbers, hashes and whatever is on record of them stay what they are.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexes.durable import replace_file, sync_folder
from indexes.errors import RegisterError
from indexes.library_register import rows_of
from indexes.register import IN_DATABASE_FILE, REGISTER_FILE, locked, whole_lines
from indexes.register_rows import Connection, RegisterRows
from indexes.register_schema import granted, made, noted

_PAGE = 1000  # lines a transaction


@dataclass(frozen=True, slots=True)
class Moved:
    """A register that was moved: how many lines it has, where they lie now, and what is left where they lay."""

    lines: int
    to: str
    left: str


def prepare_rows(database: str, *, role: str) -> None:
    """Make the tables of a register, or what is missing of them, and let a role read them and add to them.

    Raises:
        RegisterError: the database cannot be reached, or whoever connects may not do that.
        ValueError: the role's name would have to be quoted.
    """
    rows = rows_of(database)
    grants = granted(role) if role else []
    with rows.held(whole=False) as writer:
        rows.run(writer, *made(), *grants)


def move_to_rows(library: Path, database: str) -> Moved:
    """Move the register of a library into a database; see the module.

    A library without a register gets an empty one there.

    Raises:
        RegisterError: it is there already, the database holds another, either cannot be used, or what came of it is not
            the register that it was.
    """
    path, rows = library / REGISTER_FILE, rows_of(database)
    left = path.with_name(IN_DATABASE_FILE)
    with locked(path), rows.held() as writer:  # 1
        place = rows.last_here(writer).place
        _expect_one_file(path, left, place, rows.shown)
        lines = _lines_of(path) if path.exists() else []
        if place == "here":
            _expect_beginning(lines, rows.all_lines(upto=len(lines)), (path, rows.shown))  # cut off before (6)
        else:
            _carry(rows, writer, lines, path)  # 2, 3
            there = rows.all_lines(upto=len(lines) + 1)  # 4
            if there != lines:
                raise RegisterError(
                    f"{rows.shown} {_differs(there, lines, path)}, after it was written: see the server"
                )
            rows.run(writer, noted("place", "here"))  # 5
        if path.exists():
            _rename(path, left)  # 6
        return Moved(len(lines), rows.shown, str(left) if left.exists() else "")


def _expect_one_file(path: Path, left: Path, place: str, shown: str) -> None:
    if left.exists() and path.exists():
        raise RegisterError(f"expected {path} or {left}, which was moved before, got both: put one of them away")
    if place == "here" and not path.exists():
        raise RegisterError(f"{shown} holds all decisions already: there is nothing to move")
    if left.exists() and place != "begun":
        raise RegisterError(
            f"{left} was moved into a database before, and {shown} does not hold it: name that database, or put it "
            f"back; to begin from the file as it was then, call it {path.name}"
        )


def move_to_file(library: Path, database: str) -> Moved:
    """Move the register of a library from a database back into its file; see the module.

    Raises:
        RegisterError: it is not there, a file beside says something else, or either cannot be used.
    """
    path, rows = library / REGISTER_FILE, rows_of(database)
    with locked(path), rows.held() as writer:
        last = rows.last_here(writer)
        if last.place != "here":
            raise RegisterError(f"{rows.shown} holds no decisions: the register lies in {path}, or nowhere")
        lines = rows.all_lines(upto=last.number)
        if path.exists():
            _expect_beginning(_lines_of(path), lines, (path, rows.shown))
        _write(path, lines)
        with contextlib.suppress(FileNotFoundError):
            path.with_name(IN_DATABASE_FILE).unlink()
        sync_folder(library)
        rows.run(writer, noted("place", "left"))
        return Moved(len(lines), str(path), rows.shown)


def _carry(rows: RegisterRows, writer: Connection, lines: Sequence[bytes], path: Path) -> None:
    if not rows.has_tables(writer):
        rows.run(writer, *made())
    if rows.last_here(writer).place != "begun":
        rows.run(writer, noted("place", "begun"))
    there = rows.all_lines(upto=rows.last_here(writer).number)
    _expect_beginning(there, lines, (rows.shown, path))
    for start in range(len(there), len(lines), _PAGE):
        with rows.transaction(writer):
            rows.add(writer, lines[start : start + _PAGE], after=rows.last_here(writer))


def _expect_beginning(beginning: Sequence[bytes], lines: Sequence[bytes], where: tuple[Path | str, Path | str]) -> None:
    if list(beginning) != list(lines[: len(beginning)]):
        one, other = where
        raise RegisterError(
            f"there are two registers: {one} {_differs(beginning, lines, other)}; put away the one that does not hold "
            "all decisions (greenlit register export writes the lines of the database)"
        )


def _differs(found: Sequence[bytes], expected: Sequence[bytes], where: Path | str) -> str:
    same = next((at for at, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other), None)
    line = min(len(found), len(expected)) if same is None else same
    return f"says something else than {where} from line {line + 1} on"


def _lines_of(path: Path) -> list[bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RegisterError(f"{path} cannot be read: {error.strerror}") from error
    if content and not content.endswith(b"\n"):
        raise RegisterError(f"the last line of {path} is cut off (no newline at its end): mend it first")
    return whole_lines(path)


def _write(path: Path, lines: Sequence[bytes]) -> None:
    try:
        replace_file(path, b"".join(line + b"\n" for line in lines), mode=0o644)
    except OSError as error:
        raise RegisterError(f"{path} cannot be written: {error.strerror}") from error
    if whole_lines(path) != list(lines):
        raise RegisterError(f"{path} does not hold what was written into it: see the disk")


def _rename(path: Path, left: Path) -> None:
    try:
        path.rename(left)
        sync_folder(path.parent)
    except OSError as error:
        raise RegisterError(
            f"decisions lie in the database by now, and {path} cannot be renamed to {left.name} ({error.strerror}): "
            "rename it, so that nobody edits it"
        ) from error

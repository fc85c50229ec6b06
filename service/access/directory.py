"""`directory.csv`: people who are not there themselves, exported from the identity provider.

    person,email,groups,active
    mira-1,mira@northlight.example,newsroom;legal,true

Columns in any order, groups separated by `;`, `active` as true, false, 1, 0, yes or no; blank lines are fine. Each
request looks at the file (one `stat`) and never reads it: a change is read by `refresh`. With no file nobody is known.
A file that cannot be used is told once, and who was known stays known for a time. After that nobody is active, so
nobody passes: whoever has left since would otherwise be let in.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexes.names import misleading_in, printable
from service.access.errors import DirectoryError, NotFreshError
from service.access.people import Entry

DIRECTORY_FILE = "directory.csv"
_COLUMNS = ("person", "email", "groups", "active")
_ACTIVE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,255}")
_MAX_BYTES = 50_000_000
_MAX_CELL_CHARS = 100_000  # some thousand groups
_NEVER_READ = (-2,)


@dataclass(frozen=True, slots=True)
class People:
    """Who is in a directory, by id and by e-mail address in lower case."""

    by_id: Mapping[str, Entry] = field(default_factory=dict)
    by_email: Mapping[str, Entry] = field(default_factory=dict)


class CsvDirectory:
    """Follows the file. A `Directory`; any thread may call."""

    def __init__(
        self, *, path: Path, notice: Callable[[str], None], clock_s: Callable[[], float], keep_s: float
    ) -> None:
        """Remember where it is; nothing is read before `refresh`.

        Args:
            path: the file.
            notice: is told, once, why a file cannot be used.
            clock_s: a steady clock, in seconds.
            keep_s: how long who was known stays known while there is a bad file, in seconds.
        """
        self._path = path
        self._notice = notice
        self._clock_s = clock_s
        self._keep_s = keep_s
        self._people: People | None = None  # of the last good file
        self._signature: tuple[int, ...] = _NEVER_READ
        self._bad_since_s: float | None = None
        self._problem: str | None = None

    def by_id(self, person_id: str) -> Entry | None:
        """Return who has this id; see `Directory`."""
        people = self._fresh()
        return _nobody_active(person_id, "") if people is None else people.by_id.get(person_id)

    def by_email(self, email: str) -> Entry | None:
        """Return who has this address; see `Directory`."""
        people = self._fresh()
        return _nobody_active("", email) if people is None else people.by_email.get(email.casefold())

    def refresh(self) -> None:
        """Read the file if it is another than was read; see `Directory`."""
        signature = _signature(self._path)
        if signature == self._signature:
            return
        try:
            people = read_directory(self._path)
        except DirectoryError as error:
            self._bad_since_s = self._clock_s() if self._bad_since_s is None else self._bad_since_s
            if str(error) != self._problem:
                self._notice(str(error))
            self._problem = str(error)
        else:
            self._people, self._bad_since_s, self._problem = people, None, None
        self._signature = signature

    def problem(self) -> str | None:
        """Return why the file cannot be used, in words; `None` if it can."""
        return self._problem

    def _fresh(self) -> People | None:
        """Return who is known now; `None` if who was known is too old, or nobody ever was.

        Raises:
            NotFreshError: the file is another than was read.
        """
        if self._signature != _signature(self._path):
            raise NotFreshError("expected a directory that was read")
        bad_s = self._bad_since_s
        return None if bad_s is not None and self._clock_s() - bad_s > self._keep_s else self._people


def read_directory(path: Path) -> People:
    """Read the file; with none, nobody is known.

    Raises:
        DirectoryError: naming the file, the line and the problem.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return People()
    except OSError as error:
        raise DirectoryError(f"{path} cannot be read ({error.strerror})") from error
    if len(content) > _MAX_BYTES:
        raise DirectoryError(f"{path}: expected at most {_MAX_BYTES} bytes, got more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DirectoryError(f"{path}, line {line}: expected UTF-8, got other bytes") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _people(rows)
    except (_WrongError, csv.Error) as error:
        raise DirectoryError(f"{path}, line {max(1, rows.line_num)}: {error}") from error


class _WrongError(Exception):
    """The line that was read last is wrong; the message says what."""


def _people(rows: Iterator[list[str]]) -> People:
    header = [name.strip() for name in next((row for row in rows if "".join(row).strip()), [])]
    if sorted(header) != sorted(_COLUMNS):
        raise _WrongError(f"expected the columns {','.join(_COLUMNS)}, got {printable(','.join(header))[:100]}")
    person, email, groups, active = (header.index(name) for name in _COLUMNS)
    by_id: dict[str, Entry] = {}
    by_email: dict[str, Entry] = {}
    for row in rows:
        if len(row) <= 1 and not "".join(row).strip():
            continue  # a blank line
        if len(row) != len(header):
            raise _WrongError(f"expected {len(header)} fields, got {len(row)}")
        entry = _entry(row[person].strip(), row[email].strip(), row[groups], row[active])
        if by_id.setdefault(entry.person_id, entry) is not entry:
            raise _WrongError("expected each person once, got one of a line above")
        if by_email.setdefault(entry.email, entry) is not entry:
            raise _WrongError("expected each e-mail address once, got one of a line above")
    return People(by_id, by_email)


def _entry(person: str, email: str, groups: str, active: str) -> Entry:
    for name, value in (("person", person), ("email", email), ("groups", groups)):
        if len(value) > _MAX_CELL_CHARS:
            raise _WrongError(f"expected {name} of at most {_MAX_CELL_CHARS} characters, got {len(value)}")
        if found := misleading_in(value):
            raise _WrongError(f"expected {name} in plain characters, got {found}")
    if not person:
        raise _WrongError("expected a person, got an empty field")
    if not _ADDRESS.fullmatch(email):
        raise _WrongError("expected an e-mail address, got another form" if email else "expected an e-mail, got none")
    is_active = _ACTIVE.get(active.strip().lower())
    if is_active is None:
        raise _WrongError(f"expected active to be one of {', '.join(_ACTIVE)}, got another word")
    named = frozenset(group for part in groups.split(";") if (group := part.strip()))
    return Entry(person_id=person, email=email.casefold(), name="", groups=named, active=is_active)


def _nobody_active(person_id: str, email: str) -> Entry:
    return Entry(person_id=person_id, email=email, name="", groups=frozenset(), active=False)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (-1, error.errno or 0)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

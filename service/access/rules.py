"""`access.toml`: which group has which role, written by hand beside the allowlist and reviewed like it.

    operator_may_audit = false           # true: one person may hold both roles
    [roles]
    staff = ["newsroom", "legal"]        # who may ask; everybody signed in unless given
    auditor = ["audit"]
    operator = ["it"]
    [approvers]
    legal = ["counsel"]                  # groups that decide on documents of the source; "*" is every source

`Rules.of` looks at the file for every request (one `stat`) and never reads it: a change is read, and put on record, by
`refresh`. A file that cannot be understood leaves the last good one in force for a time, and after that nobody has a
role. With no file at all everybody signed in may ask, and nobody may do more.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexes.names import misleading_in
from service.access.errors import AccessRulesError, NotFreshError
from service.access.principals import ANY_SOURCE, Role

ACCESS_FILE = "access.toml"
_KEYS = {"operator_may_audit", "roles", "approvers"}
_ROLES = {"staff", "auditor", "operator"}  # an approver is one of a source
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}|\*")
_MAX_BYTES = 1 << 20
_NO_FILE = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Granted:
    """What groups give: roles, and the sources that an approver decides on."""

    roles: frozenset[Role] = frozenset()
    approves: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What a file says. `staff` is `None` where everybody signed in may ask; `sha256` (hex) is of its bytes."""

    sha256: str = _NO_FILE
    staff: frozenset[str] | None = None
    auditor: frozenset[str] = frozenset()
    operator: frozenset[str] = frozenset()
    approvers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    operator_may_audit: bool = False

    def granted(self, groups: frozenset[str]) -> Granted:
        """Return what somebody in some groups may do.

        Whoever would be operator and auditor is neither, unless the file says that one person may be both: then the
        log would be read by those who run the service it is about.
        """
        roles = {Role.STAFF} if self.staff is None or self.staff & groups else set()
        watching = {
            role for role, held in ((Role.AUDITOR, self.auditor), (Role.OPERATOR, self.operator)) if held & groups
        }
        if len(watching) == 1 or self.operator_may_audit:
            roles |= watching
        approves = frozenset(source for source, held in self.approvers.items() if held & groups)
        return Granted(frozenset(roles | ({Role.APPROVER} if approves else set())), approves)


class Rules:
    """Follows the file. Any thread may call."""

    def __init__(
        self,
        *,
        path: Path,
        on_change: Callable[[RuleSet], None],
        notice: Callable[[str], None],
        clock_s: Callable[[], float],
        keep_s: float,
    ) -> None:
        """Remember where it is; nothing is read before `refresh`.

        Args:
            path: the file.
            on_change: puts what a file says on record, before it acts; what it raises goes to whoever refreshes.
            notice: is told, once, why a file cannot be used.
            clock_s: a steady clock, in seconds.
            keep_s: how long the last good file stays in force while there is a bad one, in seconds.
        """
        self._path = path
        self._on_change = on_change
        self._notice = notice
        self._clock_s = clock_s
        self._keep_s = keep_s
        self._rules: RuleSet | None = None
        self._signature: tuple[int, ...] | None = None
        self._bad_since_s: float | None = None
        self._problem: str | None = None

    def of(self, groups: frozenset[str]) -> Granted:
        """Return what somebody in some groups may do now.

        Raises:
            NotFreshError: the file is another than was read.
        """
        if self._signature is None or self._signature != _signature(self._path):
            raise NotFreshError("expected rules that were read")
        bad_s = self._bad_since_s
        if self._rules is None or (bad_s is not None and self._clock_s() - bad_s > self._keep_s):
            return Granted()
        return self._rules.granted(groups)

    def refresh(self) -> None:
        """Read the file if it is another than was read.

        Raises:
            AuditUnavailableError: what it says cannot be put on record, so it does not act.
        """
        signature = _signature(self._path)
        if signature == self._signature:
            return
        try:
            rules = read_rules(self._path)
        except AccessRulesError as error:
            self._bad_since_s = self._clock_s() if self._bad_since_s is None else self._bad_since_s
            if str(error) != self._problem:
                self._notice(str(error))
            self._problem = str(error)
        else:
            if self._rules is None or rules.sha256 != self._rules.sha256:
                self._on_change(rules)
            self._rules, self._bad_since_s, self._problem = rules, None, None
        self._signature = signature

    def problem(self) -> str | None:
        """Return why the file cannot be used, in words; `None` if it can."""
        return self._problem


def read_rules(path: Path) -> RuleSet:
    """Read the file; with none, everybody signed in may ask and nobody may do more.

    Raises:
        AccessRulesError: naming the file, the place and the problem.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return RuleSet()
    except OSError as error:
        raise AccessRulesError(f"{path} cannot be read ({error.strerror})") from error
    if len(content) > _MAX_BYTES:
        raise AccessRulesError(f"{path}: expected at most {_MAX_BYTES} bytes, got more")
    try:
        raw = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccessRulesError(f"{path} cannot be read as TOML: {error}") from error
    try:
        return _rule_set(raw, hashlib.sha256(content).hexdigest())
    except _WrongError as error:
        raise AccessRulesError(f"{path}, line {_line(content.decode(), error.key)}: {error}") from error


class _WrongError(Exception):
    """Something in the file is wrong: the message says what, `key` which key it is about."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _rule_set(raw: Mapping[str, Any], sha256: str) -> RuleSet:
    if unknown := set(raw) - _KEYS:
        raise _WrongError(min(unknown), f"unknown key {min(unknown)!r}; expected some of {sorted(_KEYS)}")
    both = raw.get("operator_may_audit", False)
    if not isinstance(both, bool):
        raise _WrongError("operator_may_audit", f"expected operator_may_audit = true or false, got {both!r}")
    roles, approvers = (_table(raw, name) for name in ("roles", "approvers"))
    if unknown := set(roles) - _ROLES:
        raise _WrongError(min(unknown), f"unknown role {min(unknown)!r}; expected some of {sorted(_ROLES)}")
    for source in approvers:
        if not _SOURCE.fullmatch(source):
            raise _WrongError(source, f'expected the name of a source, or "{ANY_SOURCE}", got {source!r}')
    return RuleSet(
        sha256=sha256,
        staff=roles.get("staff"),
        auditor=roles.get("auditor", frozenset()),
        operator=roles.get("operator", frozenset()),
        approvers=approvers,
        operator_may_audit=both,
    )


def _table(raw: Mapping[str, Any], name: str) -> dict[str, frozenset[str]]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        raise _WrongError(name, f"expected [{name}] to be a table, got {table!r}")
    return {key: _groups(key, groups) for key, groups in table.items()}


def _groups(key: str, groups: Any) -> frozenset[str]:
    if not isinstance(groups, list) or not all(isinstance(group, str) and group.strip() for group in groups):
        raise _WrongError(key, f"expected {key} = a list of group names, got {groups!r}")
    for group in groups:
        if found := misleading_in(group):
            raise _WrongError(key, f"expected {key} = plain names of groups, got {group!r}, which holds {found}")
    return frozenset(group.strip() for group in groups)


def _line(text: str, key: str) -> int:
    """Return the number of the first line that begins with a key; 1 if none does."""
    begins = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[\]=.]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (-1, error.errno or 0)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

"""Puts a copy back: what is missing, and only that, unless what is there is to go aside first.

1  the copy is checked, all of it, before anything is touched
2  nobody else may have the log of this installation: its lock is held
3  what is there goes aside, if that was asked for; so do an empty log and its key; nothing is deleted or written over
4  keys, then the rest, what the signer remembers before the log, and the log last, each file whole or not at all

A restore that was cut off is taken up by restoring again. What the log is told of it is the caller's (`histories`).
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from indexes.durable import sync_folder
from indexes.private_files import make_private_folder
from service.audit.errors import AuditError
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_reads import SqliteReads
from service.audit.storage.writer_lock import LOCK_FILE, WriterLock
from service.backup.account import Account
from service.backup.checking import checked_backup
from service.backup.copying import hash_of, put
from service.backup.errors import BackupError, InUseError
from service.backup.places import BUILDS, KEYS, LIBRARY, LOG, STATE, Places, files_of
from service.backup.taking import whole_backups

_ASIDE = ".before-"
_SIGNING = f"{KEYS}/signing.key"
_MEMORY = f"{KEYS}/signed"  # how the names of what the signer remembers begin


@dataclass(slots=True)
class PutBack:
    """What a restore did: files by their names in the copy, and folders with what went aside."""

    folder: Path
    account: Account
    put: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    aside: list[Path] = field(default_factory=list)

    @property
    def log_is_older(self) -> bool:
        """Whether the log, or what its signer remembers, is now of the time of the copy."""
        return any(name == LOG or name.startswith(_MEMORY) for name in self.put)


def copy_named(folder: Path) -> Path:
    """Return the copy that is meant: the folder itself, or the newest whole one in it.

    Raises:
        BackupError: there is none.
    """
    if (folder / "backup.json").exists():
        return folder
    if whole := whole_backups(folder):
        return whole[-1]
    raise BackupError(f"expected a copy made by greenlit backup, or a folder of such, got {folder}")


def put_back(folder: Path, places: Places, *, log_name: str, replace: bool, now_us: int) -> PutBack:
    """Put a copy back; see the module.

    Args:
        folder: the copy.
        places: of this installation.
        log_name: of the log here; another one's copy is not put back.
        replace: put aside what is there.
        now_us: the time, for the name of what goes aside.

    Raises:
        BackupError: the copy is not whole, or cannot be put back; what was put back by then stays.
        InUseError: the installation runs, or holds what the copy holds.
    """
    account = checked_backup(folder)
    if account.log_name != log_name:
        raise BackupError(
            f"the copy is of the log {account.log_name}, expected {log_name}: "
            "set GREENLIT_LOG_NAME, or take another copy"
        )
    done = PutBack(folder, account)
    try:
        with _alone(places.state):
            if replace:
                done.aside += _put_aside(places, now_us)
            elif _is_empty(places.of(LOG)):
                done.aside.append(_log_aside(places.of(LOG), now_us))
                done.aside += _unused_key_aside(places, account, now_us)
            wanted = _in_order(account, places, done)
            if not wanted:
                raise InUseError(
                    f"nothing of the copy is missing here: expected {places.state} or {places.keys} to lack something; "
                    "move away the file that is damaged, or use --replace to put aside all that is there"
                )
            _put_all(wanted, done, places)
    except OSError as error:
        raise BackupError(
            f"the copy cannot be put back ({error.filename or places.state}: {error.strerror}); mend that and restore "
            "again: what was put back stays"
        ) from error
    return done


def _put_all(wanted: list[str], done: PutBack, places: Places) -> None:
    shared: dict[str, Path] = {}  # files of builds by their hash: as many builds as hold one share it
    for name in wanted:
        target, sha256 = places.of(name), done.account.files[name].sha256
        first = shared.setdefault(sha256, target) if name.startswith(f"{BUILDS}/") else target
        if first == target or not _linked(first, target):
            put(done.folder / name, target, sha256)
        done.put.append(name)


def _linked(first: Path, target: Path) -> bool:
    make_private_folder(target.parent)
    try:
        target.hardlink_to(first)
    except OSError:  # there are no links here
        return False
    sync_folder(target.parent)
    return True


def _in_order(account: Account, places: Places, done: PutBack) -> list[str]:
    """Return what is to be put back, in order; sort the rest into what is kept and what has no place here."""
    remembered = _remembers(places)
    wanted = []
    for name in account.files:
        if name.startswith(f"{LIBRARY}/") and not places.library.is_dir():
            done.left.append(name)
        elif places.of(name).exists() or (name.startswith(_MEMORY) and remembered):
            done.kept.append(name)
        else:
            wanted.append(name)
    return sorted(wanted, key=_turn)


def _turn(name: str) -> tuple[int, str]:
    if name.startswith(f"{KEYS}/"):
        return (1 if name.startswith(_MEMORY) else 0), name
    if name == LOG:
        return 5, name
    return {STATE: 2, LIBRARY: 3, BUILDS: 4}[name.partition("/")[0]], name


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the log's lock, so that neither the service nor another restore is at work here."""
    make_private_folder(state)
    lock = WriterLock(path=state / LOCK_FILE)
    try:
        lock.take()
    except AuditError as error:
        raise InUseError(
            f"{state} is in use by greenlit serve, by another command that writes the log, or by another restore: "
            "stop it, or wait for its end, and restore again"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _is_empty(log: Path) -> bool:
    """Tell whether a log is there and holds nothing: so does one that was made where the real one was lost."""
    try:
        return log.exists() and SqliteReads(SqliteFile(log, busy_timeout_s=1.0)).size() == 0
    except AuditError:  # it is damaged: whoever wants another has to move it away
        return False


def _log_aside(log: Path, now_us: int) -> Path:
    aside = log.parent / _stamp(now_us)
    make_private_folder(aside)
    for path in sorted(log.parent.glob(f"{log.name}*")):
        path.rename(aside / path.name)
    sync_folder(log.parent)
    return aside


def _unused_key_aside(places: Places, account: Account, now_us: int) -> list[Path]:
    """Move a signing key that never signed out of the way of the copy's, where the log beside it was empty.

    Looking at an installation whose state is gone makes a log, and a key for it. Were that key kept, auditors and
    witnesses would need it in person, although the one that they have is in the copy.
    """
    own = places.of(_SIGNING)
    ours = account.files.get(_SIGNING)
    if ours is None or _remembers(places) or not own.is_file() or hash_of(own) == ours.sha256:
        return []
    aside = places.keys / _stamp(now_us)
    make_private_folder(aside)
    for path in (own, own.with_suffix(".pub")):
        if path.exists():
            path.rename(aside / path.name)
    sync_folder(places.keys)
    return [aside]


def _remembers(places: Places) -> bool:
    return any(one.name.startswith(_MEMORY) for one in files_of(places, KEYS))


def _stamp(now_us: int) -> str:
    return f"{_ASIDE}{datetime.fromtimestamp(now_us // 1_000_000, UTC):%Y-%m-%dT%H%M%SZ}"


def _put_aside(places: Places, now_us: int) -> list[Path]:
    """Move what is in the state and the keys into a folder within each, under a hidden name that nothing reads."""
    stamp, asides = _stamp(now_us), []
    for part, root in ((KEYS, places.keys), (STATE, places.state)):
        found = files_of(places, part)
        beside = [path for one in found for path in one.path.parent.glob(f"{one.path.name}-*")]
        if not found:
            continue
        aside = root / stamp
        for path in [*(one.path for one in found), *beside]:
            target = aside / path.relative_to(root)
            make_private_folder(target.parent)
            path.rename(target)
            sync_folder(path.parent)
        asides.append(aside)
    return asides

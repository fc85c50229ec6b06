"""Holds: which builds have to stay, and until when, because a record may refer to them.

The rule: a build is kept while it is one of the newest two, or while a record that is still within retention
refers to it. Only the reader knows its records, and only the writer removes builds. So the reader writes
`<state>/builds_in_use/<build id>.json`, `{"build": ID, "until": "YYYY-MM-DD"}`, before the first question that is asked
of a build is on record, and the writer reads these before it removes one. A build that nobody asked has no hold.

Whatever goes wrong keeps builds: a hold only ever becomes longer; its last day, in UTC, counts; one that cannot be read
or understood holds without end. A hold that has ended stays where it is: it costs a line and says nothing of anybody.
"""

import json
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from indexes.durable import remove_left_over, replace_file, sync_folder
from indexes.errors import HoldError

HOLDS_FOLDER = "builds_in_use"
_SUFFIX = ".json"
_WITHOUT_END = date.max
_LOCK_TIMEOUT_S = 10.0  # a hold is written in milliseconds; longer means that something is stuck


def hold_build(folder: Path, build_id: str, *, until: date) -> None:
    """Hold a build until a day, or leave the hold that it has if that is as long. Durable when this returns.

    Costs the reading of one small file when nothing changes. A hold that cannot be understood is left as it is.

    Args:
        folder: the folder of holds; made if it is missing, in a folder that exists.
        build_id: the id of the build.
        until: the last day on which the build has to be there, in UTC.

    Raises:
        HoldError: the build could not be held that long; the hold there was before still stands.
    """
    path = folder / f"{build_id}{_SUFFIX}"
    if path.parent != folder:
        raise HoldError(f"expected the id of a build, got {build_id!r}")
    try:
        if _reaches(path, until):
            return
        _make(folder)
        with FileLock(folder / ".lock", timeout=_LOCK_TIMEOUT_S):
            if not _reaches(path, until):  # another thread may have held it meanwhile
                remove_left_over(path)
                content = json.dumps({"build": build_id, "until": until.isoformat()}).encode() + b"\n"
                replace_file(path, content, mode=0o600)
    except Timeout as error:
        raise HoldError(
            f"{folder} has been locked for {_LOCK_TIMEOUT_S:.0f} s: try again, or see which process holds the lock"
        ) from error
    except OSError as error:
        raise HoldError(
            f"{path} cannot be written ({error.strerror}), so the build could be removed while records refer to it: "
            "make room, or let this account write there"
        ) from error


def held_builds(folder: Path, *, today: date) -> set[str]:
    """Return the ids of the builds that have to stay today; none if there is no such folder.

    Args:
        folder: the folder of holds; it is only read.
        today: the day, in UTC.

    Raises:
        HoldError: the folder is there but cannot be listed, so nobody can say which builds are held.
    """
    return {build_id for build_id in holds_in(folder) if not _has_ended(folder / f"{build_id}{_SUFFIX}", today)}


def holds_in(folder: Path) -> set[str]:
    """Return the ids of the builds that have a hold, whether or not it has ended; none if there is no such folder.

    Raises:
        HoldError: the folder is there but cannot be listed.
    """
    try:
        return {path.stem for path in folder.iterdir() if path.suffix == _SUFFIX}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise HoldError(
            f"{folder} cannot be listed ({error.strerror}), so nobody can say which builds records refer to: "
            "let this account read it"
        ) from error


def hold_ends(folder: Path, build_id: str) -> date | None:
    """Return the last day of the hold on a build, in UTC: `date.max` if it cannot be understood, `None` without one."""
    try:
        return _last_day(folder / f"{build_id}{_SUFFIX}")
    except FileNotFoundError:
        return None
    except OSError:
        return _WITHOUT_END


def _reaches(path: Path, day: date) -> bool:
    try:
        return day <= _last_day(path)
    except FileNotFoundError:
        return False


def _has_ended(path: Path, today: date) -> bool:
    try:
        return _last_day(path) < today
    except OSError:
        return False


def _last_day(path: Path) -> date:
    """Return the last day of a hold: there is no end to one that cannot be understood."""
    content = path.read_bytes()
    try:
        hold = json.loads(content)
        until = date.fromisoformat(hold["until"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return _WITHOUT_END
    return until if hold == {"build": path.stem, "until": hold["until"]} else _WITHOUT_END


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)

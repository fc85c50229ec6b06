"""The commands backup and restore: a copy of this installation, taken while it runs; and what a copy holds, put back.

A copy holds the log *and* the keys that open its texts: whoever has it can read every question that is not erased.
"""

import getpass
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from indexes.console import fail, out, problem
from indexes.counting import counted
from indexes.errors import IndexesError, SettingsError
from service.audit.errors import AuditError
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.backup.account import Account
    from service.backup.places import Places
    from service.backup.putting_back import PutBack

_GIVES_WAY = 10  # of 19 steps: who asks meanwhile comes first

_Folder = Annotated[Path, typer.Argument(help="a folder of copies, outside of the installation")]
_Keep = Annotated[int, typer.Option(min=0, help="remove all but so many copies from it; 0 removes none")]
_Builds = Annotated[bool, typer.Option("--builds", help="copy builds too, so that old answers can be made again")]
_Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def backup(folder: _Folder, keep: _Keep = 0, builds: _Builds = False, as_json: _Json = False) -> None:
    """Copy the log, its keys, the rest of the state and the register, while the service runs; check the copy."""
    from service.backup.errors import BackupError
    from service.backup.taking import Taking, remove_older

    settings = _settings()
    os.nice(_GIVES_WAY)
    taking = Taking(
        places=_places(settings), log_name=settings.log_name, version=_version(), builds=builds, clock=_now_us
    )
    try:
        taken = taking.into(folder.expanduser().absolute())
        removed = remove_older(taken.folder.parent, keep) if keep else []
    except BackupError as error:
        raise fail(error, 1) from error
    for link in taken.links:
        problem(f"{link} is a link and was not copied: copy what it points to by other means")
    if settings.database():
        problem(
            "the log itself is in PostgreSQL and not in this copy, which holds its keys; nor are API keys and people "
            "who were pushed, nor the register, once it was moved there: copy the database by PostgreSQL's own means, "
            "such as pg_dump or continuous archiving"
        )
    account = taken.account
    if as_json:
        out.json({"folder": str(taken.folder), **_summary(account), "removed": [str(path) for path in removed]})
        return
    out.line(f"{taken.folder}: {_holds(account)}")
    out.line(f"Checked, in {account.seconds:.1f} s. It holds the keys: keep it as you would keep them.")
    if removed:
        out.line(f"Removed {len(removed)} older.")


_Copy = Annotated[Path | None, typer.Argument(help="a copy, or a folder of copies: the newest whole one is taken")]
_Replace = Annotated[bool, typer.Option("--replace", help="put aside what is here, and take the copy instead")]
_Check = Annotated[bool, typer.Option("--check", help="only check the copy, and say what it holds")]
_Here = Annotated[bool, typer.Option("--here", help="what lies here was put back or moved by other means")]
_Reason = Annotated[str, typer.Option(help="why, for the log; auditors read it")]
_By = Annotated[str, typer.Option(help="who does this, for the log; the account unless given")]


class _Words(NamedTuple):
    """What a person says of a restore, for the log."""

    reason: str
    by: str


def restore(
    folder: _Copy = None,
    replace: _Replace = False,
    check: _Check = False,
    here: _Here = False,
    reason: _Reason = "",
    by: _By = "",
) -> None:
    """Put back what is missing here from a copy, and let the log go on under a new history, on record.

    The service has to be stopped. Nothing is deleted or written over.
    """
    from service.backup.checking import checked_backup
    from service.backup.errors import BackupError
    from service.backup.putting_back import copy_named, put_back

    settings = _settings()
    if (folder is None) is not here:
        raise fail("expected a copy, or --here for what was put back by other means, got both or neither", 2)
    if here and not reason.strip():
        raise fail("expected --reason with --here: the log says why it was put back, got none", 2)
    words = _Words(reason.strip() or "put back from a backup", by.strip() or getpass.getuser())
    try:
        if folder is None:
            _goes_on(settings, None, words)
            return
        copy = copy_named(folder.expanduser().absolute())
        if check:
            _tell_copy(copy, checked_backup(copy))
            return
        done = put_back(copy, _places(settings), log_name=settings.log_name, replace=replace, now_us=_now_us())
        _tell(done, settings)
        if done.log_is_older:
            _goes_on(settings, done.account, words)
    except (BackupError, AuditError, IndexesError) as error:
        raise fail(error, 1) from error


def _goes_on(settings: Settings, account: "Account | None", words: "_Words") -> None:
    """Begin another history of the log, and say what is lost."""
    from service.audit.histories import Backup, Restored, begin_history
    from service.audit.log import system_clock_us

    begun = begin_history(
        settings.state,
        keys=settings.keys_folder(),
        name=settings.log_name,
        clock=system_clock_us,
        restored=Restored(words.reason, words.by, Backup(account.id, account.made_us) if account else None),
        database=settings.database(),
    )
    ended = f"ends with record {begun.ended.next_seq - 1}" if begun.ended else "holds no record"
    out.line(f"The log {ended} and goes on under the history {begun.history}: record {begun.seq} says why.")
    if begun.lost:
        first, last = begun.lost
        gone = counted(last - first + 1, "record that was signed is gone", "records that were signed are gone")
        problem(f"{gone}, {first} to {last}: what was asked and answered there")
    elif begun.memory != "here":
        when = f" after {_time(account.made_us)}" if account else ""
        problem(f"what was recorded{when} is gone, if anything was; nobody here can tell how much")
    for key_id in begun.lost_keys:
        seals = "-" in key_id  # such as payload-2026-11-1; the signing key's is hex
        went = "what only it opened stays sealed for good" if seals else "it signs no more"
        problem(f"the key {key_id} is gone: {went}; a new one was made, on record")
    if begun.vkey:
        problem(f"the log signs with a new key: give it to auditors and witnesses in person: {begun.vkey}")
    out.line(f"Tell auditors. A witness goes on once its operator ran it with --accept-restored {begun.history}.")


def _tell_copy(folder: Path, account: "Account") -> None:
    out.line(f"{folder}: whole; made {_time(account.made_us)} by Greenlit {account.version}")
    out.line(_holds(account))


def _holds(account: "Account") -> str:
    """Return what a copy holds, in words."""
    return f"{counted(account.records, 'record')}, {counted(len(account.files), 'file')}, {_mib(account.size)}"


def _tell(done: "PutBack", settings: Settings) -> None:
    _tell_copy(done.folder, done.account)
    for aside in done.aside:
        out.line(f"What was here is in {aside}: nothing reads it; remove it when you need it no more.")
    out.line(f"Put back: {_listed(done.put)}.")
    if done.kept:
        out.line(f"Here before, and as it was: {_listed(done.kept)}.")
    for name in done.left:
        problem(f"{name} has no place: {settings.library} is not there; it is in {done.folder / name}")
    if "library/register.jsonl" in done.put:
        problem("the register is that of the copy: what was approved, and what was revoked, since then is not in it")
    if "state/api_keys.sqlite" in done.put:
        problem("API keys are those of the copy: see greenlit keys list, and revoke again what was revoked since")
    if not (settings.builds / "current").exists():
        out.line("There is no build: run greenlit ingest before greenlit serve.")
    elif words := _made_elsewhere(settings):
        problem(words)


def _made_elsewhere(settings: Settings) -> str | None:
    """Say that the live build here was made for another library; what cannot be read is told by whoever serves it."""
    from indexes.builds import current_build_id
    from indexes.library_register import register_of
    from indexes.made_elsewhere import made_elsewhere
    from indexes.manifest import read_manifest

    register = register_of(settings.library, settings.database())
    try:
        manifest = read_manifest(settings.builds / current_build_id(settings.builds))
        decisions = register.refresh().decisions
    except IndexesError:
        return None
    versions = [(one.document, one.sha256) for one in manifest.documents]
    return made_elsewhere(manifest.build_id(), versions, decisions, register.shown)


def _listed(names: list[str]) -> str:
    """List files by name, but those of a build, or of the pack, as one: they are dozens and mean nothing singly."""
    folders = Counter("/".join(name.split("/")[:2]) for name in names if _is_in_a_build(name))
    files = [name for name in names if not _is_in_a_build(name)]
    return ", ".join([*files, *(f"{folder} ({counted(count, 'file')})" for folder, count in folders.items())])


def _is_in_a_build(name: str) -> bool:
    return name.startswith("builds/") and name.count("/") > 1


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        raise fail(error, 2) from error


def _places(settings: Settings) -> "Places":
    from service.backup.places import Places

    return Places(state=settings.state, keys=settings.keys_folder(), library=settings.library, builds=settings.builds)


def _version() -> str:
    from importlib.metadata import version

    return version("greenlit")


def _now_us() -> int:
    from service.audit.log import system_clock_us

    return system_clock_us()


def _summary(account: "Account") -> dict[str, object]:
    return {
        "id": account.id,
        "made": _time(account.made_us),
        "records": account.records,
        "files": len(account.files),
        "bytes": account.size,
        "seconds": account.seconds,
    }


def _time(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"

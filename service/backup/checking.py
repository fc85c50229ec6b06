"""Checks a copy: every file is the one that was written, and the log in it can go on.

1  each file has the size and the hash that `backup.json` names, and nothing is missing
2  the log's database is whole, as far as SQLite can tell
3  it holds what the signer in the copy had signed, and the keys that seal its newest records are in the copy

Whether each record is what it was, with its proofs, is `greenlit audit verify`'s business, once it is put back.
"""

import json
from pathlib import Path

from indexes.counting import counted
from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.signer import Signer
from service.audit.checkpoints.stored_tree import StoredTree
from service.audit.errors import AuditError
from service.audit.events import KEY_CREATED_TYPE
from service.audit.keys.key_files import KEY_SUFFIX
from service.audit.shards import key_name
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_reads import SqliteReads
from service.backup.account import ACCOUNT_FILE, Account, read_account
from service.backup.copying import hash_of
from service.backup.errors import BackupError
from service.backup.places import KEYS, LOG

_SIGNING = "signing"


def checked_backup(folder: Path) -> Account:
    """Return what a backup says of itself, once all of it was found to be so.

    Raises:
        BackupError: naming what is missing or changed.
    """
    account = read_account(folder)
    for name, file in account.files.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != file.size:
                raise BackupError(f"{path} was cut off or changed: expected {file.size} bytes, got {size}; {_OTHER}")
            if hash_of(path) != file.sha256:
                raise BackupError(f"{path} was changed: expected SHA-256 {file.sha256}, got another; {_OTHER}")
        except OSError as error:
            raise BackupError(f"{path} of the backup cannot be read ({error.strerror}); {_OTHER}") from error
    check_log(folder, log_name=account.log_name)
    return account


def check_log(folder: Path, *, log_name: str) -> int:
    """Return how many records the log in a copy holds, once it was found that it can go on; 0 where there is none.

    Raises:
        BackupError: it cannot.
    """
    if not (folder / LOG).exists():
        return 0
    store = SqliteReads(SqliteFile(folder / LOG, busy_timeout_s=1.0))
    try:
        if damage := store.damage():
            raise BackupError(f"the copy of the log is damaged: {damage}")
        size = store.size()
        _expect_signed(store, size, Signer(folder=folder / KEYS, name=key_name(log_name)).last())
        _expect_keys(store, folder / KEYS)
    except AuditError as error:
        raise BackupError(f"the copy of the log cannot be used: {error}") from error
    return size


def newest_time(folder: Path) -> int | None:
    """Return when the newest record in a copy was made, in microseconds since 1970; `None` if there is none."""
    store = SqliteReads(SqliteFile(folder / LOG, busy_timeout_s=1.0))
    size = store.size()
    newest = store.leaf(size - 1) if size else None
    return newest.ts_us if newest else None


def _expect_signed(store: SqliteReads, size: int, signed: Signed | None) -> None:
    if signed is None or not signed.size:
        return
    if signed.first_seq + signed.size > size:
        raise BackupError(
            f"the copy of the log ends before {size}, but was signed up to {signed.first_seq + signed.size - 1}: "
            "it was copied in the wrong order; make it with greenlit backup"
        )
    tree = StoredTree(store=store, origin=signed.origin, first_seq=signed.first_seq)
    if tree.root(signed.size) != signed.root:
        raise BackupError(
            f"the copy of the log does not hold the {counted(signed.size, 'record')} of {signed.origin} as signed"
        )


def _expect_keys(store: SqliteReads, keys: Path) -> None:
    made = [json.loads(leaf.leaf) for leaf in store.of_type(KEY_CREATED_TYPE)]
    if not made:
        return
    newest = {value["purpose"]: value["key_id"] for value in made if value["origin"] == made[-1]["origin"]}
    for purpose, key_id in newest.items():
        name = f"{_SIGNING if purpose == _SIGNING else key_id}{KEY_SUFFIX}"
        if not (keys / name).exists():
            raise BackupError(f"the key {name} is not in the copy, and the log needs it: see that {keys} is copied too")


_OTHER = f"expected what {ACCOUNT_FILE} names: take another backup"

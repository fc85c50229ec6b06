"""What a backup says of itself: `backup.json`, written last, so that a copy without it is no backup.

It names every file with its size and hash, when and by which version it was made, and where the log ended in it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexes.durable import create_file
from service.backup.errors import BackupError

ACCOUNT_FILE = "backup.json"
_FORM = 1


@dataclass(frozen=True, slots=True)
class File:
    """One file of a backup."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a backup holds.

    Attributes:
        id: 16 hex digits, of this one copy.
        made_us: when it was begun, in microseconds since 1970, UTC.
        version: of the Greenlit that made it.
        log_name: the first part of the log's origins.
        records: how many leaves of the log are in it.
        seconds: how long it took.
        files: by name in the backup, such as `keys/signing.key`.
    """

    id: str
    made_us: int
    version: str
    log_name: str
    records: int
    seconds: float
    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(file.size for file in self.files.values())


def write_account(folder: Path, account: Account) -> None:
    """Write what a backup says of itself; durable when this returns.

    Raises:
        OSError: it cannot be written.
    """
    value = {"form": _FORM, **asdict(account)}
    create_file(folder / ACCOUNT_FILE, json.dumps(value, indent=1, sort_keys=True).encode() + b"\n", mode=0o600)


def read_account(folder: Path) -> Account:
    """Return what a backup says of itself.

    Raises:
        BackupError: the folder is no backup, half of one, or one that another version made.
    """
    path = folder / ACCOUNT_FILE
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
        form = value.pop("form")
        if form != _FORM:
            raise BackupError(f"{path} has the form {form}, expected {_FORM}: use the Greenlit that made it")
        files = {str(name): File(**file) for name, file in value.pop("files").items()}
        account = Account(**value, files=files)
    except FileNotFoundError:
        raise BackupError(
            f"{folder} is no backup, or was cut off while it was made: expected {ACCOUNT_FILE} in it, got none; take "
            "another, or make it anew with greenlit backup"
        ) from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{path} is damaged ({type(error).__name__}): take another backup") from error
    for name in account.files:
        if name.startswith("/") or ".." in Path(name).parts:
            raise BackupError(f"{path} names a file outside of the backup: expected names like keys/signing.key")
    return account

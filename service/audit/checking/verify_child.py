"""The process that checks a whole log for a running service: `python -m service.audit.checking.verify_child`.

Started by `verifying` and by nobody else, with the lowest priority, so that who asks a question hardly notices. It is
given the folders of store and keys and the log's name as its arguments, writes `AT OF` for every few hundred records
that it has gone through, and at last the verdict as one line of JSON, or why there is none. It reads, and changes
nothing. When whoever started it is gone, so is it: what it writes finds no reader.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from service.audit.checking.at_hand import at_hand
from service.audit.checking.verify_store import verify_store
from service.audit.errors import AuditError
from service.audit.shards import key_name
from service.audit.storage.sqlite_file import SqliteFile
from service.audit.storage.sqlite_reads import SqliteReads
from service.audit.storage.sqlite_store import STORE_FILE
from service.audit.storage.store import StoredLeaf

_LOWEST_PRIORITY = 19
_TELL_EVERY = 250  # records
_OUT = 1  # the descriptor of standard output


class _Told(SqliteReads):
    """A store that tells how far it was read."""

    def __init__(self, file: SqliteFile, tell: Callable[[int, int], None]) -> None:
        super().__init__(file)
        self._tell = tell

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        """See `LeafReader.stream_leaves`."""
        size = self.size()
        for leaf in super().stream_leaves(start, end):
            if leaf.seq % _TELL_EVERY == 0:
                self._tell(leaf.seq, size)
            yield leaf


def verified(state: Path, keys: Path, name: str, tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Return the verdict on the log of a folder, as JSON shows it.

    Args:
        state: the folder of the store.
        keys: the folder of the log's keys.
        name: the name of the log.
        tell: is told how many records were gone through, and of how many.

    Raises:
        AuditError: there is no log, or it cannot be read.
    """
    store = _Told(SqliteFile(state / STORE_FILE, busy_timeout_s=2.0), tell)
    here = at_hand(keys, name=key_name(name), given=(), has_checkpoints=store.checkpoint_count() > 0)
    verdict = verify_store(
        store, keys=here.keys, keyring=here.keyring, signed=here.signed, witness=None, unchecked=here.unchecked
    )
    return verdict.as_json()


def main() -> None:
    """Check, and write what came of it."""
    os.nice(_LOWEST_PRIORITY)
    state, keys, name = sys.argv[1:]
    try:
        said: dict[str, Any] = {"verdict": verified(Path(state), Path(keys), name, lambda at, of: _write(f"{at} {of}"))}
    except AuditError as error:
        said = {"failed": str(error)}
    _write(json.dumps(said))


def _write(line: str) -> None:
    os.write(_OUT, f"{line}\n".encode())


if __name__ == "__main__":
    main()

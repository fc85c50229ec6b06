"""The process that checks a whole log for a running service: `python -m service.audit.checking.verify_child`.

Started by `verifying` and by nobody else, with the lowest priority, so that who asks a question hardly notices. It is
given the folders of store and keys and the log's name as its arguments, and the address of a database, where the log is
in one, in its environment. It writes `AT OF` for every few hundred records that it has gone through, and at last the
verdict as one line of JSON, or why there is none. It reads, and changes nothing. When whoever started it is gone, so is
it: what it writes finds no reader.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from service.audit.checking.at_hand import at_hand
from service.audit.checking.verify_store import verify_store
from service.audit.errors import AuditError
from service.audit.opening import log_at_rest
from service.audit.shards import key_name
from service.audit.storage.store import LeafReader, StoredLeaf

_LOWEST_PRIORITY = 19
_TELL_EVERY = 250  # records
DATABASE = "GREENLIT_DATABASE_URL"  # not an argument: those are seen by everybody on a machine
_OUT = 1  # the descriptor of standard output


class _Told:
    """A `LeafReader` that tells how far it was read; the rest is that of the store."""

    def __init__(self, store: LeafReader, tell: Callable[[int, int], None]) -> None:
        self._store = store
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def stream_leaves(self, start: int, end: int) -> Iterator[StoredLeaf]:
        """See `LeafReader.stream_leaves`."""
        size = self._store.size()
        for leaf in self._store.stream_leaves(start, end):
            if leaf.seq % _TELL_EVERY == 0:
                self._tell(leaf.seq, size)
            yield leaf


def verified(
    state: Path, keys: Path, name: str, tell: Callable[[int, int], None], *, database: str = ""
) -> dict[str, Any]:
    """Return the verdict on the log of a folder or a database, as JSON shows it.

    Args:
        state: the folder of the store.
        keys: the folder of the log's keys.
        name: the name of the log.
        tell: is told how many records were gone through, and of how many.
        database: the address of the database that holds the log; empty where the folder does.

    Raises:
        AuditError: there is no log, or it cannot be read.
    """
    store = cast("LeafReader", _Told(log_at_rest(state, database=database), tell))
    here = at_hand(keys, name=key_name(name), given=(), has_checkpoints=store.checkpoint_count() > 0)
    verdict = verify_store(
        store, keys=here.keys, keyring=here.keyring, signed=here.signed, witness=None, unchecked=here.unchecked
    )
    return verdict.as_json()


def main() -> None:
    """Check, and write what came of it."""
    os.nice(_LOWEST_PRIORITY)
    state, keys, name = sys.argv[1:]
    database = os.environ.pop(DATABASE, "")
    try:
        verdict = verified(Path(state), Path(keys), name, lambda at, of: _write(f"{at} {of}"), database=database)
        said: dict[str, Any] = {"verdict": verdict}
    except AuditError as error:
        said = {"failed": str(error)}
    _write(json.dumps(said))


def _write(line: str) -> None:
    os.write(_OUT, f"{line}\n".encode())


if __name__ == "__main__":
    main()

"""Holds in an object store, so that whoever removes builds there knows what every replica answered from.

A hold is an object whose key says all: `holds/<build>/<last day>`. Nothing is ever replaced, so two replicas cannot
shorten each other's, and the latest day counts. A replica writes its holds into its own folder first, as always
(`indexes.holds`), before a question is on record; `Holding.send` brings them there a moment later, away from any
question. In between nothing is lost: a build is not removed before it has been out of use for a day.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path

from indexes.clock import utc_now
from indexes.errors import HoldError, NoObjectError
from indexes.holds import hold_ends, holds_in
from indexes.objects.store import HOLDS_PREFIX, ObjectStore, manifest_key

_WITHOUT_END = date.max


class Holding:
    """Sends the holds of a folder. One thread at a time."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        """Take the store, and the folder of holds of this replica."""
        self._store = store
        self._folder = folder
        self._sent: set[str] | None = None

    def send(self) -> None:
        """Have every hold of the folder in the store; costs no request when nothing changed.

        Raises:
            HoldError: the folder cannot be listed; or a build was removed before its hold came, which is said once:
                this machine was away for longer than a day.
            ObjectStoreError: the store cannot be read or written; what was not sent is sent with the next call.
        """
        keys = {
            f"{HOLDS_PREFIX}{build_id}/{ends.isoformat()}": (build_id, ends)
            for build_id in holds_in(self._folder)
            if (ends := hold_ends(self._folder, build_id))
        }
        if self._sent is None:
            self._sent = {stored.key for stored in self._store.list(HOLDS_PREFIX)}
        late = []
        for key in sorted(keys.keys() - self._sent):
            self._store.put(key, b"held\n")
            self._sent.add(key)
            build_id, ends = keys[key]
            if ends >= utc_now().date() and not self._is_there(build_id):
                late.append(build_id)
        if late:
            raise HoldError(f"{', '.join(late)}: not there any more, and what was answered cannot be made again")

    def _is_there(self, build_id: str) -> bool:
        try:
            self._store.stat(manifest_key(build_id))
        except NoObjectError:
            return False
        return True


def holds_there(store: ObjectStore) -> dict[str, date]:
    """Return the last day of the hold on each build, in UTC: `date.max` of one that cannot be understood.

    Raises:
        ObjectStoreError: the store cannot be read, so nobody can say which builds are held.
    """
    ends: dict[str, date] = defaultdict(lambda: date.min)
    for stored in store.list(HOLDS_PREFIX):
        build_id, _, day = stored.key.removeprefix(HOLDS_PREFIX).partition("/")
        try:
            until = date.fromisoformat(day)
        except ValueError:
            until = _WITHOUT_END
        ends[build_id] = max(ends[build_id], until)
    return dict(ends)

"""Recognises programs by their API keys, by themselves or acting for people.

In order: (1) what was made and revoked is known, and on record, (2) the key's HMAC is compared, for an unknown id with
one that nothing has, so that ids cannot be probed, (3) a key that ended is none, (4) with `Greenlit-On-Behalf-Of` the
principal is that person, with the role of staff at most, (5) otherwise it is the key itself, with its own groups.

`principal` works on what is in memory. That the store changed is seen at the next request, and `refresh` gives each
change to the record before it acts. Whatever is wrong with a key or an address, the answer is the same.
"""

import contextlib
import hmac
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from service.access.errors import KeysError, NotFreshError, NotSignedInError
from service.access.key_ring import ACT_FOR, ASK, AUDIT, OPERATE, id_in, key_hash, pepper_mark
from service.access.key_store import Key, KeyChange, KeyStore
from service.access.people import Membership
from service.access.port import Carried
from service.access.principals import ON_BEHALF, Principal, Role
from service.access.private_database import Watch

_ROLES = {ASK: Role.STAFF, AUDIT: Role.AUDITOR, OPERATE: Role.OPERATOR}
_ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,255}")
_NO_KEYS_READ = -2  # no change has this number
_NOBODY = "expected an API key that is valid here, and somebody whom it may act for"
_NO_HASH = bytes(32)
_PREFIX = "key:"  # of the id of a key by itself


class KeyAccess:
    """An `Access` of API keys."""

    def __init__(
        self,
        *,
        store: KeyStore,
        pepper: Callable[[], bytes],
        membership: Membership,
        on_change: Callable[[KeyChange], None],
        today: Callable[[], date],
    ) -> None:
        """Take what it works with; nothing is read before `refresh`.

        Args:
            store: where keys are kept.
            pepper: reads 32 secret bytes that lie elsewhere than the store; what it raises goes to whoever refreshes.
            membership: makes principals of the people whom keys act for.
            on_change: puts a change on record before it acts; what it raises goes to whoever refreshes. After a crash
                it may be given a change once more.
            today: the day, in UTC.
        """
        self._store = store
        self.waits = store.waits
        self._read_pepper = pepper
        self._pepper = b""
        self._membership = membership
        self._on_change = on_change
        self._today = today
        self._refreshing = threading.Lock()
        self._watch: Watch | None = None
        self._known: tuple[int, dict[str, Key]] = (_NO_KEYS_READ, {})  # the newest change, and the keys after it
        self._used: dict[str, date] = {}  # the day on which each key was noted as used last
        self._to_note: dict[str, date] = {}  # of those, what is not written yet

    def principal(self, carried: Carried) -> Principal:
        """Return whose key came, or whom it acts for; see `Access`."""
        if carried.bearer is None:
            raise NotSignedInError(_NOBODY)
        newest, keys = self._known
        if newest != self._newest():
            raise NotFreshError("expected API keys that were read")
        key = self._matching(keys, carried.bearer)
        address = carried.on_behalf_of
        principal = _by_itself(key) if address is None else self._acting_for(key, address)
        self._note(key)
        return principal

    def refresh(self) -> None:
        """Put on record what was made and revoked, then know it; see `Access`."""
        with self._refreshing:
            if self._known[0] != self._newest():
                self._read()
        self._membership.refresh()

    def settle(self) -> None:
        """Put on record what was made and revoked, then know it.

        Raises:
            AuditUnavailableError: it cannot be put on record, so it does not act.
            KeysError: the store cannot be read or written.
        """
        with self._refreshing:
            self._read()

    def note_uses(self) -> None:
        """Write on which day keys were used last, for those whose day is a new one; to be called now and then.

        Raises:
            KeysError: the store cannot be written; nobody is kept out, and the day is not written.
        """
        for key_id in list(self._to_note):
            if day := self._to_note.pop(key_id, None):
                self._store.note_used(key_id, day)

    def close(self) -> None:
        """Close the store; what was to be noted is written first, if it can be."""
        with contextlib.suppress(KeysError):
            self.note_uses()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
        self._store.close()

    def _newest(self) -> int:
        watch = self._watch
        return watch.newest() if watch is not None else _NO_KEYS_READ - 1

    def _read(self) -> None:
        old, self._watch = self._watch, self._store.watching()
        if old is not None:
            old.close()
        self._pepper = self._read_pepper()
        self._store.expect_pepper(pepper_mark(self._pepper))
        while (acting := self._store.acting()) is None:
            with self._store.recording():
                for change in self._store.unrecorded():
                    self._on_change(change)
                    self._store.mark_recorded(change.number)
        self._known = acting

    def _matching(self, keys: dict[str, Key], bearer: str) -> Key:
        key = keys.get(id_in(bearer) or "")
        expected = key.hash if key is not None else _NO_HASH
        is_equal = hmac.compare_digest(key_hash(self._pepper, bearer), expected)
        if key is None or not is_equal or not key.lives(self._today()):
            raise NotSignedInError(_NOBODY)
        return key

    def _acting_for(self, key: Key, address: str) -> Principal:
        if not {ACT_FOR, ASK} <= key.scopes or not _ADDRESS.fullmatch(address):
            raise NotSignedInError(_NOBODY)
        person = self._membership.with_address(address.casefold())
        if person is None:
            raise NotSignedInError(_NOBODY)
        try:
            principal = self._membership.principal(person, auth=ON_BEHALF, key_id=key.key_id)
        except NotFreshError:
            raise
        except NotSignedInError as error:
            raise NotSignedInError(_NOBODY) from error
        return replace(principal, roles=principal.roles & {Role.STAFF}, approves=frozenset())

    def _note(self, key: Key) -> None:
        today = self._today()
        if self._used.get(key.key_id, key.last_used) != today:
            self._used[key.key_id] = today
            self._to_note[key.key_id] = today


def _by_itself(key: Key) -> Principal:
    return Principal(
        principal_id=f"{_PREFIX}{key.key_id}",
        groups=key.groups if ASK in key.scopes else frozenset(),
        roles=frozenset(role for scope, role in _ROLES.items() if scope in key.scopes),
        auth="api-key",
        name=key.name,
        key_id=key.key_id,
        scopes=key.scopes,
    )

"""What the log says of the keys of texts and pseudonyms: which were made, which are used no more, which are lost.

A key is lost if a record says that it was made, none says that its use ended, and its file is not there. What it sealed
cannot be opened until somebody finds it again. That it is lost is for a person to say (`rotation`, `histories`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from service.audit import events
from service.audit.keys.key_ids import PURPOSES, KeyPurpose, month_of_key, number_of, purpose_of
from service.audit.keys.keyring import Keyring
from service.audit.storage.store import LeafReader


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The ids of the keys that records name as made, oldest first, and of those whose use ended."""

    created: tuple[str, ...]
    ended: frozenset[str]

    @classmethod
    def of(cls, store: LeafReader) -> "KeyRecord":
        """Read it.

        Raises:
            AuditUnavailableError: the store cannot be read.
        """
        ended = frozenset(_ids(store, events.KEY_REVOKED_TYPE))
        return cls(tuple(_ids(store, events.KEY_CREATED_TYPE)), ended)

    def newest(self, month: str, there: Iterable[str] = ()) -> tuple[str, ...]:
        """Return a month's newest key of each purpose: of those in use by the record, and those that are `there`."""
        in_use = {key_id for key_id in self.created if month_of_key(key_id) == month} - self.ended
        in_order = sorted({*in_use, *there}, key=number_of)
        return tuple({purpose_of(key_id): key_id for key_id in in_order}.values())

    def lost(self, keyring: Keyring) -> tuple[str, ...]:
        """Return the keys that are lost.

        Raises:
            AuditKeyError: the folder of the keys cannot be looked into.
        """
        return tuple(key_id for key_id in self.created if key_id not in self.ended and not keyring.has(key_id))

    def replace(self, keyring: Keyring, month: str, lost: Iterable[str]) -> None:
        """Make a new key for each purpose of a month whose newest one is among the lost.

        Raises:
            AuditKeyError: one cannot be made.
        """
        for key_id in set(self.newest(month)) & set(lost):
            purpose: KeyPurpose = purpose_of(key_id)
            known = [number_of(one) for one in self.created if _is_for(one, purpose, month)]
            if not any(_is_for(one, purpose, month) and number_of(one) > max(known) for one in keyring.key_ids(month)):
                keyring.make_next(purpose, month, above=max(known))


def _is_for(key_id: str, purpose: KeyPurpose, month: str) -> bool:
    return purpose_of(key_id) == purpose and month_of_key(key_id) == month


def _ids(store: LeafReader, kind: str) -> list[str]:
    leaves = (json.loads(leaf.leaf) for leaf in store.of_type(kind))
    return [str(leaf["key_id"]) for leaf in leaves if leaf["purpose"] in PURPOSES]

"""The keys of payloads and pseudonyms, by month.

    payload-2026-11-1    seals prompts and answers; after a rotation, payload-2026-11-2 does, and -1 still opens
    identity-2026-11     seals who asked
    actor-2026-11        makes the pseudonyms of the month

How they seal is `sealing`, how they make pseudonyms `actors`. Each key is a file (`key_files`), kept in memory after
first use: sealing happens several times a question. Once a month's keys are destroyed, what they sealed is gone and its
pseudonyms name nobody; the leaves and their proofs do not need them. Does not record that a key was made or destroyed
(`log` does), and does not wipe memory: Python cannot. What ids there are is in `key_ids`.
"""

import hmac
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from service.audit.errors import AuditKeyError
from service.audit.keys.actors import Pseudonyms
from service.audit.keys.key_files import (
    KEY_SUFFIX,
    create_key,
    create_missing_key,
    destroy_key,
    file_of,
    key_exists,
    key_names,
    key_state,
    read_key,
)
from service.audit.keys.key_ids import (
    PURPOSES,
    KeyPurpose,
    NewKey,
    expected_month,
    is_key_id,
    is_sealing_id,
    made_id,
    missing_in_words,
    number_of,
)
from service.audit.keys.sealing import Cipher

SealingPurpose = Literal["payload", "identity"]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A salt and a text as they are stored, and the id of the key that opens them."""

    key_id: str
    sealed: bytes = field(repr=False)


class Opener(Protocol):
    """Opens what was sealed; see `Keyring.open`."""

    def __call__(self, key_id: str, sealed: bytes, *, context: bytes) -> tuple[bytes, bytes]:
        """Return the salt and the text."""


class Keyring:
    """The keys of payloads and pseudonyms, by month. One may be shared between threads.

    A key that another process destroyed opens nothing here either; one that another made is used after `ensure`.
    """

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # around every change of what follows, and of the folder
        self._ciphers: dict[str, Cipher] = {}
        self._pseudonyms: dict[str, Pseudonyms] = {}
        self._sealing: dict[tuple[str, str], tuple[str, Cipher]] = {}  # by purpose and month
        self._actors: dict[str, str] = {}  # by month: the id of the key that makes its pseudonyms
        self._seen: dict[str, tuple[int, ...]] = {}  # which file of a key `check` found to be in order

    def ensure(self, month: str) -> list[NewKey]:
        """Make the keys of a month that are missing; return those made here.

        It lists the folder: to be called when a month begins and at start-up, not for each question.

        Args:
            month: such as 2026-11, one whose keys were never destroyed: a new key under an old id opens nothing old.

        Raises:
            AuditKeyError: it is no month, or a key cannot be made.
        """
        first = [NewKey(purpose, made_id(purpose, expected_month(month), 1)) for purpose in PURPOSES]
        with self._lock:
            self._forget()
            there = {key_id.split("-")[0] for key_id in self.key_ids(month)}
            missing = [key for key in first if key.purpose not in there]
            return [key for key in missing if create_missing_key(self._folder, file_of(key.key_id))]

    def make_next(self, purpose: KeyPurpose, month: str, *, above: int = 0) -> NewKey:
        """Make the key of a month that is used from now on for a purpose; those before it still open.

        Args:
            purpose: what for; another key of pseudonyms gives everybody another one for the rest of the month.
            month: such as 2026-11.
            above: the largest number that the log knows: that of a key that was lost is never given again.

        Raises:
            AuditKeyError: it is no month, or the key cannot be made.
        """
        with self._lock:
            number = max([above, *self._numbers(purpose, month)]) + 1
            key = NewKey(purpose, made_id(purpose, month, number))
            create_key(self._folder, file_of(key.key_id))
            self._forget()
        return key

    def seal(self, purpose: SealingPurpose, month: str, *, salt: bytes, body: bytes, context: bytes) -> Sealed:
        """Encrypt a salt and a text under the newest key of a month.

        Args:
            purpose: a text of a question, or who asked.
            month: such as 2026-11; `ensure` made its keys.
            salt: 32 bytes.
            body: the text; may be empty.
            context: the record and field it belongs to; it opens only with the same.

        Raises:
            AuditKeyError: the key is missing or cannot be used.
            ValueError: the salt is not 32 bytes: what is opened could not be cut again.
        """
        key_id, cipher = self._sealing.get((purpose, month)) or self._newest(purpose, month)
        return Sealed(key_id=key_id, sealed=cipher.seal(salt=salt, body=body, context=context))

    def open(self, key_id: str, sealed: bytes, *, context: bytes) -> tuple[bytes, bytes]:
        """Return the salt and the text that were sealed.

        Args:
            key_id: the key that sealed it, as stored.
            sealed: what `seal` made, as stored.
            context: the record and field it was sealed for.

        Raises:
            AuditKeyError: there can be no such key, or it is missing or cannot be used.
            SealError: it was altered, or sealed for another record or field.
        """
        with self._lock:
            cipher = self._cipher(key_id)
        return cipher.open(sealed, context=context)

    def opener(self) -> Opener:
        """Return what opens as `open` does, but looks for each key once: for going through very many at a time.

        It still opens what its key sealed when that is destroyed meanwhile, so it must not be kept.
        """
        ciphers: dict[str, Cipher] = {}

        def open_it(key_id: str, sealed: bytes, *, context: bytes) -> tuple[bytes, bytes]:
            if key_id not in ciphers:
                with self._lock:
                    ciphers[key_id] = self._cipher(key_id)
            return ciphers[key_id].open(sealed, context=context)

        return open_it

    def pseudonyms(self, month: str) -> Pseudonyms:
        """Return what makes the pseudonyms of a month; the same person has others in every other month.

        Raises:
            AuditKeyError: it is no month, or its key is missing or cannot be used.
        """
        with self._lock:
            if expected_month(month) not in self._actors:
                self._actors[month] = self._newest_id("actor", month)
            key_id = self._actors[month]
        return self.pseudonyms_by(key_id)

    def pseudonyms_by(self, key_id: str) -> Pseudonyms:
        """Return what a key of pseudonyms makes, be it the newest of its month or not; see `pseudonyms`."""
        with self._lock:
            self._check_there(key_id)
            if key_id not in self._pseudonyms:
                self._pseudonyms[key_id] = Pseudonyms(key=read_key(self._folder, file_of(key_id)))
            return self._pseudonyms[key_id]

    def has_pseudonyms(self, month: str) -> bool:
        """Tell whether there is a key that makes the pseudonyms of a month; raises as `pseudonyms`."""
        return bool(self._numbers("actor", month))

    def fingerprint(self, key_id: str) -> str:
        """Return what tells a key from every other (64 hex digits) and nothing else of it; raises as `read_key`."""
        return hmac.digest(read_key(self._folder, file_of(key_id)), b"greenlit key", "sha256").hex()

    def look_again(self) -> None:
        """Forget which keys are the newest: another process may have made the next."""
        with self._lock:
            self._forget()

    def path(self, key_id: str) -> Path:
        """Return where a key is, or should be."""
        return self._folder / file_of(key_id)

    def has(self, key_id: str) -> bool:
        """Tell whether there is a key of this id: none of one that no key can have. Raises as `key_exists`."""
        return is_key_id(key_id) and key_exists(self._folder, file_of(key_id))

    def check(self, key_id: str) -> None:
        """See that a key is there and can be used, and is still the one that is used here, if it is used.

        Its file is only read again when it changed: this is asked for every question.

        Raises:
            AuditKeyError: it is missing, cannot be used, or was replaced.
        """
        with self._lock:
            state = key_state(self._folder, file_of(key_id))
            if state is None:
                raise AuditKeyError(missing_in_words([key_id]))
            if self._seen.get(key_id) != state:
                if not self._is_as_used(key_id):
                    raise AuditKeyError(
                        f"the key {self.path(key_id)} was replaced while it was in use: put back the one that was there"
                    )
                self._seen[key_id] = state

    def _is_as_used(self, key_id: str) -> bool:
        key = read_key(self._folder, file_of(key_id))
        users = (self._ciphers.get(key_id), self._pseudonyms.get(key_id))
        return all(user is None or user.has_key(key) for user in users)

    def key_ids(self, month: str) -> list[str]:
        """Return the ids of the keys of a month that there are: payload keys in the order made, identity, actor.

        Raises:
            AuditKeyError: it is no month, or the folder cannot be listed.
        """
        return [made_id(purpose, month, number) for purpose in PURPOSES for number in self._numbers(purpose, month)]

    def destroy(self, month: str) -> list[str]:
        """Destroy all keys of a month, and forget them; return the ids of those that were there.

        Every key is tried, whatever happens to another.

        Raises:
            AuditKeyError: it is no month, or a key cannot be removed; calling again goes on with those left.
        """
        destroyed, failures = [], []
        with self._lock:
            self._ciphers.clear()  # all of them: it is rare, and what is needed is read again
            self._pseudonyms.clear()
            self._forget()
            for key_id in self.key_ids(month):
                try:
                    if destroy_key(self._folder, file_of(key_id)):
                        destroyed.append(key_id)
                except AuditKeyError as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return destroyed

    def _newest(self, purpose: str, month: str) -> tuple[str, Cipher]:
        with self._lock:
            key_id = self._newest_id(purpose, expected_month(month))
            self._sealing[purpose, month] = found = (key_id, self._cipher(key_id))
        return found

    def _newest_id(self, purpose: str, month: str) -> str:
        return made_id(purpose, month, max(self._numbers(purpose, month), default=1))

    def _forget(self) -> None:
        """Forget which keys are the newest; the lock is held."""
        self._sealing.clear()
        self._actors.clear()

    def _numbers(self, purpose: str, month: str) -> list[int]:
        """Return the numbers of a month's keys for a purpose, ascending: as text, 10 would come before 2."""
        names = key_names(self._folder, f"{purpose}-{expected_month(month)}")
        return sorted(
            number_of(key_id) for key_id in (name.removesuffix(KEY_SUFFIX) for name in names) if is_key_id(key_id)
        )

    def _cipher(self, key_id: str) -> Cipher:
        """Return the cipher of a key that is there at this moment; the lock is held."""
        if not is_sealing_id(key_id):
            raise AuditKeyError(
                "expected the id of a key that seals, such as payload-2026-11-1, got something of another form: "
                "the stored row was altered; restore it from a backup"
            )
        self._check_there(key_id)
        if key_id not in self._ciphers:
            self._ciphers[key_id] = Cipher(key_id, read_key(self._folder, file_of(key_id)))
        return self._ciphers[key_id]

    def _check_there(self, key_id: str) -> None:
        if not key_exists(self._folder, file_of(key_id)):
            self._ciphers.pop(key_id, None)
            self._pseudonyms.pop(key_id, None)
            self._forget()  # it may be the one to seal with
            raise AuditKeyError(
                f"the key {key_id} is not in {self._folder}: restore it from a backup; "
                "if it was destroyed when retention ended, the text is gone for good"
            )

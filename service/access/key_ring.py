"""API keys made, listed and revoked: for the command line and for operators.

A key is `glk_`, an id of 10 characters that may be shown, `_`, and 32 random bytes in base64. It is shown once; what is
kept is an HMAC of it (`key_store`). What it opens depends on its scopes:

- `ask`: ask, search and read documents, by itself, within the key's own groups
- `act-for`: the same for people who are named by e-mail address; each within their own groups
- `audit`, `operate`: the role of an auditor, of an operator; both in one key only where one person may be both
- `scim`: push people and groups, and nothing else
- `metrics`: read the metrics, and nothing else
"""

import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from indexes.names import misleading_in
from service.access.errors import KeyWishError
from service.access.key_ends import key_remarks
from service.access.key_store import Key, KeyStore
from service.access.recognition import KEY_PREFIX

ASK, ACT_FOR, AUDIT, OPERATE, SCIM, METRICS = SCOPES = ("ask", "act-for", "audit", "operate", "scim", "metrics")
ALONE = frozenset({SCIM, METRICS})  # a key for one of these does nothing else
_FORM = re.compile(rf"{KEY_PREFIX}([a-z2-7]{{10}})_[A-Za-z0-9_-]{{43}}")
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # of base32
_ID_CHARS = 10
_RANDOM_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a new key is to be."""

    name: str
    scopes: Sequence[str]
    expires: date
    groups: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; the `secret` is the whole of it, and nobody can show it again."""

    key: Key
    secret: str = field(repr=False)


class KeyRing:
    """The keys of an installation. Any thread may call; each call waits for the disk."""

    def __init__(
        self,
        *,
        store: KeyStore,
        pepper: Callable[[], bytes],
        now: Callable[[], datetime],
        operator_may_audit: Callable[[], bool],
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what it works with.

        Args:
            store: where keys are kept.
            pepper: 32 secret bytes that lie elsewhere than the store; only needed to make a key.
            now: the time, in UTC.
            operator_may_audit: whether one key may hold both scopes.
            settle: puts on record what was made or revoked, so that it acts; a service that runs does it by itself.
        """
        self._store = store
        self._pepper = pepper
        self._now = now
        self._operator_may_audit = operator_may_audit
        self._settle = settle

    def make(self, wish: KeyWish, *, by: str) -> NewKey:
        """Make a key.

        Raises:
            KeyWishError: it cannot be made as wished.
            KeysError: the store cannot be written.
            AuditUnavailableError: it cannot be put on record, so it was not made.
        """
        now, pepper = self._now(), self._pepper()
        self._check(wish, now.date())
        self._store.expect_pepper(pepper_mark(pepper))
        key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_CHARS))
        secret = f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
        key = Key(
            key_id=key_id,
            name=wish.name,
            hash=key_hash(pepper, secret),
            scopes=frozenset(wish.scopes),
            groups=frozenset(group.strip() for group in wish.groups),
            made_by=by,
            made_at=_iso(now),
            expires=wish.expires,
        )
        self._store.add(key, today=now.date())
        try:
            self._settle()
        except BaseException:
            self._store.forget(key_id)
            raise
        return NewKey(key, secret)

    def all(self) -> list[Key]:
        """Return every key that was ever made, the oldest first.

        Raises:
            KeysError: the store cannot be read.
        """
        return self._store.all()

    def remarks(self) -> list[str]:
        """Return which keys have ended or end soon, in words; raises as `all`."""
        return key_remarks(self.all(), self._now().date())

    def revoke(self, name_or_id: str, *, by: str) -> Key:
        """Revoke a key; it opens nothing from the next request on.

        Raises:
            NoKeyError: there is none of this name or id that is not revoked.
            KeysError: the store cannot be written.
            AuditUnavailableError: it cannot be put on record now; no key opens anything until it is.
        """
        key = self._store.revoke(name_or_id, by=by, at=_iso(self._now()))
        self._settle()
        return key

    def close(self) -> None:
        """Close the store; for whoever opened it for this alone."""
        self._store.close()

    def shown(self, key: Key) -> dict[str, Any]:
        """Return a key as it is shown, ready for JSON; `state` is live, expired or revoked."""
        state = "live" if key.lives(self._now().date()) else "expired"
        return {
            "id": key.key_id,
            "name": key.name,
            "state": "revoked" if key.revoked_at else state,
            "scopes": sorted(key.scopes),
            "groups": sorted(key.groups),
            "expires": key.expires.isoformat(),
            "made_by": key.made_by,
            "made_at": key.made_at,
            "revoked_at": key.revoked_at,
            "last_used": key.last_used.isoformat() if key.last_used else None,
        }

    def _check(self, wish: KeyWish, today: date) -> None:
        if not _NAME.fullmatch(wish.name):
            raise KeyWishError("expected a name of 1 to 64 lower-case letters, digits and -, got another form")
        scopes = set(wish.scopes)
        if not scopes or not scopes <= set(SCOPES):
            raise KeyWishError(f"expected scopes out of {', '.join(SCOPES)}, got others or none")
        if ACT_FOR in scopes and ASK not in scopes:
            raise KeyWishError(f"expected {ASK} beside {ACT_FOR}: a key does for people what it may do itself")
        if {AUDIT, OPERATE} <= scopes and not self._operator_may_audit():
            raise KeyWishError(f"expected {AUDIT} or {OPERATE}, got both: access.toml does not let one be both")
        if len(scopes) > 1 and (alone := sorted(scopes & ALONE)):
            raise KeyWishError(f"expected {alone[0]} alone: a key for that does nothing else")
        if wish.groups and ASK not in scopes:
            raise KeyWishError(f"expected groups only beside {ASK}: they say what may be read")
        if wish.expires < today:
            raise KeyWishError(f"expected a last day that is not over, got one before {today.isoformat()}")
        if len(wish.groups) > _MAX_GROUPS or not all(_is_group(group) for group in wish.groups):
            raise KeyWishError(f"expected at most {_MAX_GROUPS} plain names of groups, got others")


def key_hash(pepper: bytes, secret: str) -> bytes:
    """Return what is kept of a key. It holds 32 random bytes, so nothing has to slow a guess down."""
    return hmac.digest(pepper, secret.encode("utf-8", "surrogatepass"), "sha256")


def pepper_mark(pepper: bytes) -> bytes:
    """Return what tells a pepper from any other, and no key by it."""
    return hmac.digest(pepper, b"which pepper", "sha256")


def id_in(bearer: str) -> str | None:
    """Return the id of the key that this looks like; `None` if it looks like none."""
    found = _FORM.fullmatch(bearer)
    return found[1] if found else None


def _is_group(group: str) -> bool:
    return bool(group.strip()) and misleading_in(group) is None


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"

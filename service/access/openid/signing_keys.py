"""The keys that the provider signs with: read from its JWKS, kept, read anew when a token names one that is not known.

Taken are public keys for signatures whose kind decides which algorithms they check: RSA of 2048 bits and more, the NIST
curves, Ed25519 and Ed448. Never a secret one: what checks a token must not be able to make one.

Anybody can name an unknown key, so that is a reason to ask the provider once a minute and no more; until the minute is
over, such a token is nobody's. Keys an hour old are asked for again, so that one that was withdrawn goes; while the
provider is down, those that are known go on.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.access.errors import NotFreshError, NotSignedInError, ProviderError

_KINDS: Mapping[tuple[str, str | None], frozenset[str]] = {
    ("RSA", None): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
    ("OKP", "Ed448"): frozenset({"EdDSA"}),
}
ALGORITHMS = frozenset().union(*_KINDS.values())
_PRIVATE = frozenset({"d", "k"})
_LEAST_RSA_BITS = 2048
_MOST_KEYS = 100
_ANEW_S = 60.0
_OLD_S = 3600.0


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, its name if it has one, and the algorithms it checks."""

    kid: str | None
    algorithms: frozenset[str]
    key: Any


class SigningKeys:
    """The keys of one provider. `find` never waits. Any thread may call."""

    def __init__(
        self, *, fetch: Callable[[], Mapping[str, Any]], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what asks the provider for its JWKS, raising `ProviderError`, and a clock."""
        self._fetch = fetch
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._wanted = False
        self._asking = False
        self._tried_s = float("-inf")
        self._read_s = float("-inf")

    def find(self, kid: str | None, algorithm: str) -> Any:
        """Return the one key that a token names.

        Raises:
            NotFreshError: it may be one that is new: call `refresh` first.
            NotSignedInError: there is no such key.
        """
        now_s, found = self._clock_s(), self._known(kid, algorithm)
        may_ask = now_s - self._tried_s >= _ANEW_S
        if may_ask and (len(found) != 1 or now_s - self._read_s >= _OLD_S):
            self._wanted = True
            raise NotFreshError("expected a token signed by a key that is known")
        if len(found) != 1 and self._asking:
            raise NotFreshError("expected a token signed by a key that is known already")
        return _only(found)

    def find_now(self, kid: str | None, algorithm: str) -> Any:
        """Return the one key that a token names which the provider gave to us itself, so nobody made the name up.

        Asks the provider, whenever that was done last; in a thread.

        Raises:
            NotSignedInError: there is no such key.
            ProviderError: as `refresh`.
        """
        if len(self._known(kid, algorithm)) != 1:
            with self._lock:
                self._ask()
        return _only(self._known(kid, algorithm))

    def refresh(self) -> None:
        """Ask the provider, if `find` wanted it and nobody did meanwhile; in a thread.

        Raises:
            ProviderError: it did not answer, or gave no keys; those that are known go on.
        """
        with self._lock:
            if self._wanted and self._clock_s() - self._tried_s >= _ANEW_S:
                self._ask()

    def _known(self, kid: str | None, algorithm: str) -> list[Any]:
        return [one.key for one in self._keys if kid in {None, one.kid} and algorithm in one.algorithms]

    def _ask(self) -> None:
        self._wanted, self._asking = False, True
        self._tried_s = self._clock_s()  # before: meanwhile known keys go on, and who names another waits for this
        try:
            self._keys = usable_keys(self._fetch())
            self._read_s = self._clock_s()
        finally:
            self._asking = False


def _only(found: list[Any]) -> Any:
    if len(found) != 1:
        raise NotSignedInError("expected a token signed by one key of the provider")
    return found[0]


def usable_keys(values: Mapping[str, Any]) -> tuple[SigningKey, ...]:
    """Return the keys of a JWKS that check signatures; others are passed over.

    Raises:
        ProviderError: there is none.
    """
    listed = values.get("keys")
    keys = [_key(one) for one in listed[:_MOST_KEYS]] if isinstance(listed, list) else []
    if not any(keys):
        raise ProviderError("expected public keys for signatures from the provider, got none that can be used")
    return tuple(key for key in keys if key)


def _key(values: Any) -> SigningKey | None:
    if not isinstance(values, dict) or _PRIVATE & values.keys():
        return None
    kid, algorithms = values.get("kid"), _algorithms(values)
    if not algorithms or not (kid is None or isinstance(kid, str)):
        return None
    try:
        key = jwt.PyJWK(values, algorithm=min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        return None
    return SigningKey(kid, algorithms, key)


def _algorithms(values: Mapping[str, Any]) -> frozenset[str]:
    """Return which algorithms a key may check: those of its kind, of which it may name one."""
    kind, curve, operations = values.get("kty"), values.get("crv"), values.get("key_ops", ["verify"])
    if not isinstance(kind, str) or not (curve is None or isinstance(curve, str)):
        return frozenset()
    if values.get("use", "sig") != "sig" or not isinstance(operations, Sequence) or "verify" not in operations:
        return frozenset()
    of_kind = _KINDS.get((kind, curve), frozenset())
    named = values.get("alg", None)
    return of_kind if named is None else of_kind & ({named} if isinstance(named, str) else set())

"""The provider's keys: which are taken, and when it is asked for new ones."""

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm, get_default_algorithms

from service.access.errors import NotFreshError, NotSignedInError, ProviderError
from service.access.openid.signing_keys import SigningKeys, usable_keys
from tests.support.openid_parts import Signer

OLD, NEW = Signer("old"), Signer("new", number=2)


class Provider:
    """Gives keys, or is away, and counts who asks."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.keys: list[Mapping[str, Any]] | None = list(keys)
        self.asked = 0
        self.now = 1000.0

    def fetch(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.keys is None:
            raise ProviderError("away")
        return {"keys": self.keys}

    def clock_s(self) -> float:
        return self.now

    def known(self) -> SigningKeys:
        return SigningKeys(fetch=self.fetch, clock_s=self.clock_s)


def found(keys: SigningKeys, kid: str) -> bool:
    """Ask as a door does: once more after a refresh, and no third time."""
    try:
        keys.find(kid, "RS256")
    except NotFreshError:
        with contextlib.suppress(ProviderError):
            keys.refresh()
    except NotSignedInError:
        return False
    else:
        return True
    try:
        keys.find(kid, "RS256")
    except NotFreshError as error:
        raise AssertionError("it was read anew, so it can be told") from error
    except NotSignedInError:
        return False
    return True


def test_keys_are_asked_for_when_a_token_comes_and_then_known() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert provider.asked == 0
    assert all(found(keys, "old") for _ in range(3))
    assert provider.asked == 1


def test_a_new_key_is_found_and_one_that_is_gone_is_none() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert found(keys, "old")
    provider.keys, provider.now = [NEW.jwk()], provider.now + 60
    assert found(keys, "new")
    assert not found(keys, "old")


def test_unknown_names_make_it_ask_once_a_minute_whoever_makes_them_up() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert found(keys, "old")
    for _ in range(3):
        provider.now += 60
        assert not any(found(keys, f"made-up-{number}") for number in range(20))
        provider.now += 59
        assert not found(keys, "made-up")
        provider.now -= 59
    assert provider.asked == 4
    assert found(keys, "old")


def test_a_refresh_that_nobody_wanted_asks_nothing() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    keys.refresh()
    assert provider.asked == 0


def test_while_it_is_away_known_keys_go_on_and_others_are_nobodys() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert found(keys, "old")
    provider.keys, provider.now = None, provider.now + 60
    assert [found(keys, kid) for kid in ("new", "old", "new", "old")] == [False, True, False, True]
    assert provider.asked == 2
    provider.now += 7200
    assert found(keys, "old")
    provider.keys, provider.now = [NEW.jwk()], provider.now + 60
    assert found(keys, "new")


def test_while_it_is_asked_known_keys_go_on_and_who_names_another_waits() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert found(keys, "old")
    seen = []

    def during() -> Mapping[str, Any]:
        seen.append(keys.find("old", "RS256"))
        with pytest.raises(NotFreshError):
            keys.find("new", "RS256")
        return {"keys": [NEW.jwk()]}

    provider.now += 60
    keys._fetch = during
    assert found(keys, "new")
    assert len(seen) == 1


def test_a_key_that_was_withdrawn_is_gone_after_an_hour() -> None:
    provider = Provider(OLD.jwk(), NEW.jwk())
    keys = provider.known()
    assert found(keys, "old")
    provider.keys = [NEW.jwk()]
    provider.now += 3600
    assert not found(keys, "old")


def test_at_a_sign_in_a_new_key_is_asked_for_whatever_others_made_up() -> None:
    provider = Provider(OLD.jwk())
    keys = provider.known()
    assert found(keys, "old")
    provider.now += 60
    assert not found(keys, "made-up")
    provider.keys = [NEW.jwk()]
    assert keys.find_now("new", "RS256")
    asked = provider.asked
    assert keys.find_now("new", "RS256")
    assert provider.asked == asked
    with pytest.raises(NotSignedInError):
        keys.find_now("old", "RS256")


def taken(*listed: Any) -> set[str | None]:
    try:
        return {key.kid for key in usable_keys({"keys": list(listed)})}
    except ProviderError:
        return set()


@pytest.mark.parametrize(
    "more",
    [
        {"use": "enc"},
        {"use": 1},
        {"key_ops": ["sign"]},
        {"key_ops": 7},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "RSA-OAEP"},
        {"alg": ["RS256"]},
        {"alg": "ES256"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"kty": ["RSA"]},
        {"kty": None},
        {"crv": {}},
        {"n": "!"},
        {"n": 7},
        {"e": "AA"},
        {"d": "AQAB"},
        {"kid": 7},
    ],
    ids=str,
)
def test_what_is_no_public_key_for_signatures_is_passed_over(more: dict[str, Any]) -> None:
    assert taken(OLD.jwk(**more), NEW.jwk()) == {"new"}


@pytest.mark.parametrize("junk", [None, 1, "key", [], {}])
def test_what_is_no_key_at_all_is_passed_over(junk: Any) -> None:
    assert taken(junk, NEW.jwk()) == {"new"}
    with pytest.raises(ProviderError, match="got none that can be used"):
        usable_keys({"keys": [junk]})


@pytest.mark.parametrize("values", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": []}], ids=str)
def test_no_keys_are_an_error_so_that_known_ones_go_on(values: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        usable_keys(values)


@pytest.mark.parametrize(
    "signer", [OLD, Signer("curve", "ES256"), Signer("ed", "EdDSA")], ids=lambda one: one.algorithm
)
def test_a_private_key_that_a_provider_gives_away_is_passed_over(signer: Signer) -> None:
    shape = get_default_algorithms()[signer.algorithm]
    assert taken({**shape.to_jwk(signer.private, as_dict=True), "kid": "private", "key_ops": ["verify"]}) == set()


def test_a_short_key_is_passed_over() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  (what is refused)
    jwk = RSAAlgorithm.to_jwk(short.public_key(), as_dict=True)
    assert taken({**jwk, "kid": "short"}) == set()


def test_a_key_checks_what_its_kind_can_or_the_one_thing_that_it_names() -> None:
    jwks = [OLD.jwk(), NEW.jwk(alg="PS256"), Signer("curve", "ES384").jwk(), Signer("ed", "EdDSA").jwk()]
    algorithms = {key.kid: key.algorithms for key in usable_keys({"keys": jwks})}
    assert algorithms["old"] == {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    assert [set(algorithms[kid]) for kid in ("new", "curve", "ed")] == [{"PS256"}, {"ES384"}, {"EdDSA"}]


def test_a_key_without_a_name_is_for_tokens_that_name_none() -> None:
    nameless = OLD.jwk()
    del nameless["kid"]
    provider = Provider(nameless)
    keys = provider.known()
    assert keys.find_now(None, "RS256")
    with pytest.raises(NotSignedInError):
        keys.find("old", "RS256")

"""Tokens of the provider: which are good, and the ways in which somebody else's are not."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization as form

from service.access.errors import NotSignedInError
from service.access.openid.signing_keys import SigningKeys
from service.access.openid.tokens import LEEWAY_S, MAX_CHARS, Tokens
from tests.support.openid import AUDIENCE, CLIENT_ID
from tests.support.openid_parts import Signer, claims, part

ISSUER = "https://idp.northlight.example/realms/staff"
SIGNERS = [
    Signer("one"),
    Signer("pss", "PS384", 2),
    Signer("p256", "ES256"),
    Signer("p384", "ES384"),
    Signer("p521", "ES512"),
    Signer("ed", "EdDSA"),
]
ONE = SIGNERS[0]
NOW_S = int(time.time())


def good(**more: Any) -> dict[str, Any]:
    return claims(ISSUER, **more)


def tokens_for(*keys: Mapping[str, Any], audience: str = AUDIENCE) -> Tokens:
    known = SigningKeys(fetch=lambda: {"keys": list(keys)})
    known.find_now(ONE.kid, ONE.algorithm)
    return Tokens(issuer=ISSUER, client_id=CLIENT_ID, audience=audience, keys=known)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return tokens_for(*(signer.jwk() for signer in SIGNERS))


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.algorithm)
@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+jwt", None])
def test_a_token_of_the_provider_is_good_whatever_it_signs_with(
    tokens: Tokens, signer: Signer, kind: str | None
) -> None:
    assert tokens.of_access(signer.sign(good(), typ=kind))["sub"] == "mira-1"


def test_a_token_may_have_several_audiences_of_which_this_is_one(tokens: Tokens) -> None:
    assert tokens.of_access(ONE.sign(good(aud=["https://other.example", AUDIENCE])))["groups"] == ["newsroom"]


def test_clocks_may_differ_by_a_minute_and_no_more(tokens: Tokens) -> None:
    now_s = int(time.time())
    within, beyond = LEEWAY_S - 20, LEEWAY_S + 20
    assert tokens.of_access(ONE.sign(good(exp=now_s - within)))
    assert tokens.of_access(ONE.sign(good(iat=now_s + within, nbf=now_s + within)))
    for wrong in ({"exp": now_s - beyond}, {"iat": now_s + beyond}, {"nbf": now_s + beyond}):
        with pytest.raises(NotSignedInError, match=r"a token that has (not ended|begun)"):
            tokens.of_access(ONE.sign(good(**wrong)))


def public_pem() -> bytes:
    return ONE.private.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[no-any-return]


def by_hmac(header: Mapping[str, Any], secret: bytes) -> str:
    signed = f"{part({'typ': 'JWT', **header})}.{part(good())}"
    return f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def unsigned(alg: str) -> str:
    return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(good())}."


def as_another(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{part(good(sub='the-director'))}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "unsigned": lambda: unsigned("none"),
    "unsigned, in other letters": lambda: unsigned("nOnE"),
    "algorithm none with a signature": lambda: ONE.sign(good(), alg="none"),
    "no algorithm": lambda: ONE.sign(good(), alg=None),
    "algorithm that is no text": lambda: ONE.sign(good(), alg=["RS256"]),
    "HMAC with the public key": lambda: by_hmac({"alg": "HS256", "kid": "one"}, public_pem()),
    "HMAC with nothing": lambda: by_hmac({"alg": "HS256"}, b""),
    "HMAC that says RS256": lambda: by_hmac({"alg": "RS256", "kid": "one"}, public_pem()),
    "another key under a known name": lambda: Signer("one", number=3).sign(good()),
    "a known name for another kind of key": lambda: Signer("one", "ES256").sign(good()),
    "an unknown key": lambda: Signer("new", number=3).sign(good()),
    "changed after it was signed": lambda: as_another(ONE.sign(good())),
    "a signature cut short": lambda: ONE.sign(good())[:-8],
    "the key that it brings itself": lambda: Signer("mine", number=3).sign(good(), jwk=Signer(number=3).jwk()),
    "a known key, and one that it brings": lambda: ONE.sign(good(), jwk=Signer(number=3).jwk()),
    "keys from elsewhere": lambda: ONE.sign(good(), jku="https://evil.example/jwks"),
    "a certificate from elsewhere": lambda: ONE.sign(good(), x5u="https://evil.example/cert"),
    "critical, of nobody": lambda: ONE.sign(good(), crit=["x"], x=1),
    "critical, empty": lambda: ONE.sign(good(), crit=[]),
    "critical and known to the library": lambda: ONE.sign(good(), crit=["b64"], b64=True),
    "unencoded": lambda: ONE.sign(good(), b64=False),
    "packed": lambda: ONE.sign(good(), zip="DEF"),
    "a token in a token": lambda: ONE.sign(ONE.sign(good()).encode(), cty="JWT"),
    "a token in a token, unsaid": lambda: ONE.sign(ONE.sign(good()).encode()),
    "a logout token": lambda: ONE.sign(good(), typ="logout+jwt"),
    "a type that is no text": lambda: ONE.sign(good(), typ=1),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_somebody_else_made_or_changed_is_nobodys(tokens: Tokens, forged: Callable[[], str]) -> None:
    token = forged()
    with pytest.raises(NotSignedInError, match=r"^expected a ") as caught:
        tokens.of_access(token)
    assert not {piece for piece in token.split(".") if len(piece) > 8 and piece in str(caught.value)}


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "one\x00",
        "one\n",
        "x' UNION SELECT 'secret' --",
        "https://evil.example/key",
        "x" * 10_240,
        "ключ",
        "",
        1,
        ["one"],
        {"one": 1},
        True,
    ],
    ids=lambda kid: repr(kid)[:20],
)
def test_a_name_of_a_key_is_only_a_name(tokens: Tokens, kid: Any) -> None:
    with pytest.raises(NotSignedInError):
        tokens.of_access(ONE.sign(good(), kid=kid))


def test_a_token_that_names_no_key_is_good_where_one_key_alone_fits(tokens: Tokens) -> None:
    assert tokens_for(ONE.jwk()).of_access(ONE.sign(good(), kid=None))
    with pytest.raises(NotSignedInError, match="one key of the provider"):
        tokens.of_access(ONE.sign(good(), kid=None))  # two keys of RSA


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "an issuer with one stroke more": {"iss": f"{ISSUER}/"},
    "an issuer in a list": {"iss": [ISSUER]},
    "no issuer": {"iss": None},
    "another audience": {"aud": "https://other.example"},
    "an audience that begins like ours": {"aud": f"{AUDIENCE}.evil.example"},
    "no audience": {"aud": None},
    "an audience of nobody": {"aud": []},
    "an audience that is no text": {"aud": [AUDIENCE, 1]},
    "an audience in an object": {"aud": {AUDIENCE: 1}},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "nobody": {"sub": None},
    "somebody who is a number": {"sub": 1},
    "an end in letters": {"exp": str(NOW_S + 300)},
    "a beginning in letters": {"iat": str(NOW_S)},
    "an end that is true": {"exp": True},
    "an end that is a list": {"exp": [NOW_S + 300]},
    "an end far beyond time": {"exp": 1e300},
    "an end beyond numbers": {"exp": float("inf")},
    "an end that is no number": {"exp": float("nan")},
    "a beginning before time": {"iat": -1},
    "long ended": {"exp": NOW_S - 3600, "iat": NOW_S - 7200},
    "from tomorrow": {"iat": NOW_S + 86_400, "exp": NOW_S + 90_000},
    "not before tomorrow": {"nbf": NOW_S + 86_400, "exp": NOW_S + 90_000},
    "not before, in letters": {"nbf": "0"},
    "an ID token": {"nonce": "n"},
    "an ID token by what it holds": {"at_hash": "h"},
    "an ID token by its own word": {"typ": "ID"},
    "a refresh token": {"typ": "Refresh"},
    "a logout token": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    "a token for whoever holds a key": {"cnf": {"jkt": "x"}},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_token_that_says_the_wrong_thing_is_nobodys(tokens: Tokens, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotSignedInError, match=r"^expected a"):
        tokens.of_access(ONE.sign(good(**wrong)))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 8000,
        b'{"a":' * 1500 + b"1" + b"}" * 1500,
        b'{"exp": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_a_token_that_is_no_object_is_nobodys(tokens: Tokens, payload: bytes) -> None:
    for token in (ONE.sign(payload), ONE.sign_header(payload, good())):
        with pytest.raises(NotSignedInError):
            tokens.of_access(token)


def test_a_token_that_says_one_thing_twice_is_nobodys(tokens: Tokens) -> None:
    twice = json.dumps(good())[:-1] + ', "sub": "the-director"}'
    with pytest.raises(NotSignedInError, match="no name twice"):
        tokens.of_access(ONE.sign(twice.encode()))
    header = b'{"alg": "none", "alg": "RS256", "kid": "one"}'
    with pytest.raises(NotSignedInError, match="no name twice"):
        tokens.of_access(ONE.sign_header(header, good()))


@pytest.mark.parametrize(
    "raw",
    [
        *("", ".", ".."),
        "...",
        "a.b",
        "a..c",
        ".b.c",
        "a.b.",
        "a.b.c.d",
        "a.b.c.d.e",
        "tökén.b.c",
        "a b.c.d",
        "a=.b=.c=",
        "a.b.c\n",
        "\ud800.b.c",
        "\x00",
        "+/.+/.+/",
    ],
)
def test_what_has_not_the_form_of_a_token_is_none(tokens: Tokens, raw: str) -> None:
    with pytest.raises(NotSignedInError, match=r"^expected a "):
        tokens.of_access(raw)


def test_a_long_token_is_not_even_looked_at(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    padding = MAX_CHARS // 2
    assert tokens.of_access(ONE.sign(good(padding="x" * padding)))
    monkeypatch.setattr("service.access.openid.tokens._FORM", None)  # the next step, were there one
    for length in (MAX_CHARS + 1, 1 << 20):
        with pytest.raises(NotSignedInError, match=f"at most {MAX_CHARS} characters"):
            tokens.of_access("a" * length)


def test_programs_bring_no_tokens_unless_an_audience_is_set() -> None:
    tokens = tokens_for(ONE.jwk(), audience="")
    for audience in ("", AUDIENCE, CLIENT_ID):
        with pytest.raises(NotSignedInError, match="none is taken here"):
            tokens.of_access(ONE.sign(good(aud=audience)))


def identity(**more: Any) -> dict[str, Any]:
    return good(**{"aud": CLIENT_ID, "nonce": "of-this-login", **more})


def test_an_id_token_of_this_login_is_good(tokens: Tokens) -> None:
    both = [CLIENT_ID, "https://other.example"]
    for said in ({}, {"azp": CLIENT_ID}, {"aud": [CLIENT_ID]}, {"aud": both, "azp": CLIENT_ID}):
        assert tokens.of_identity(ONE.sign(identity(**said)), nonce="of-this-login")["sub"] == "mira-1"


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "of-another"},
        {"nonce": None},
        {"nonce": ["of-this-login"]},
        {"aud": AUDIENCE},
        {"aud": [CLIENT_ID, "https://other.example"]},
        {"aud": [CLIENT_ID, "https://other.example"], "azp": "https://other.example"},
        {"azp": "https://other.example"},
        {"exp": NOW_S - 3600},
        {"iss": "https://evil.example"},
    ],
    ids=lambda said: next(iter(said)),  # the same in every process that runs tests
)
def test_an_id_token_of_another_login_or_client_is_nobodys(tokens: Tokens, said: dict[str, Any]) -> None:
    with pytest.raises(NotSignedInError):
        tokens.of_identity(ONE.sign(identity(**said)), nonce="of-this-login")


def test_an_access_token_is_no_id_token(tokens: Tokens) -> None:
    with pytest.raises(NotSignedInError, match="the right type"):
        tokens.of_identity(ONE.sign(identity(), typ="at+jwt"), nonce="of-this-login")


DOOR = "https://greenlit.northlight.example/mcp"


def test_at_a_door_with_an_address_of_its_own_a_token_for_that_is_good_too_and_nowhere_else(tokens: Tokens) -> None:
    for_door, for_api = ONE.sign(good(aud=DOOR)), ONE.sign(good())
    assert tokens.of_access(for_door, resource=DOOR)["sub"] == "mira-1"
    assert tokens.of_access(for_api, resource=DOOR)["sub"] == "mira-1"
    for resource in (None, "", f"{DOOR}/", DOOR.upper(), "https://other.example/mcp"):
        with pytest.raises(NotSignedInError, match="a token for this service"):
            tokens.of_access(for_door, resource=resource)


def test_where_the_api_takes_no_tokens_a_door_takes_those_that_were_made_for_it() -> None:
    closed = tokens_for(ONE.jwk(), audience="")
    assert closed.of_access(ONE.sign(good(aud=DOOR)), resource=DOOR)["sub"] == "mira-1"
    for aud in (AUDIENCE, CLIENT_ID):
        with pytest.raises(NotSignedInError, match="a token for this service"):
            closed.of_access(ONE.sign(good(aud=aud)), resource=DOOR)
    with pytest.raises(NotSignedInError, match="none is taken here"):
        closed.of_access(ONE.sign(good(aud=DOOR)))

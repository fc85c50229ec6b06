"""Coming back from the provider: with the login that this browser began, once, in time, and from whom it was sent to.

The provider is a script that gives out what a test says, also what no provider should.
"""

import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from service.access.errors import ProviderError
from service.access.openid.logins import LOGIN_LASTS_S
from service.access.people import Person
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, PUBLIC_URL, SCOPES
from tests.support.openid_login import CODE, There, header
from tests.support.openid_parts import (
    Says,
    Signer,
    opened_access,
    settings_of,
)


def test_a_browser_is_sent_with_everything_new_and_nothing_that_it_must_not_see(there: There) -> None:
    sent = [parse_qs(urlsplit(there.opened.access.depart().address).query) for _ in range(2)]
    assert sent[0].keys() == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert sent[0]["redirect_uri"] == [f"{PUBLIC_URL}/sign-in/callback"]
    assert (sent[0]["response_type"], sent[0]["scope"], sent[0]["code_challenge_method"]) == (
        ["code"],
        [SCOPES],
        ["S256"],
    )
    for name in ("state", "nonce", "code_challenge"):
        assert sent[0][name] != sent[1][name]
        assert len(sent[0][name][0]) == 43


def test_the_way_there_goes_on_where_the_provider_has_a_query_already(there: There) -> None:
    there.provider.discovers(authorization_endpoint=f"{there.provider.issuer}/auth?policy=staff")
    query = parse_qs(urlsplit(there.opened.access.depart().address).query)
    assert (query["policy"], query["client_id"]) == (["staff"], [CLIENT_ID])


def test_whoever_comes_back_is_who_the_id_token_names(there: There) -> None:
    _, brought = there.depart()
    assert there.person(brought) == Person("mira-1", "mira@northlight.example", "", frozenset({"newsroom"}))


def test_the_code_is_exchanged_with_the_verifier_and_the_secret(there: There) -> None:
    departure, brought = there.depart()
    there.person(brought)
    asked = next(one for one in there.provider.asked if one.path == "/token")
    sent = parse_qs(asked.body)
    assert (sent["grant_type"], sent["code"]) == (["authorization_code"], [CODE])
    assert sent["redirect_uri"] == [f"{PUBLIC_URL}/sign-in/callback"]
    assert len(sent["code_verifier"][0]) == 43
    assert sent["code_verifier"][0] not in departure.address
    assert "client_secret" not in sent
    known_as = b64decode(header(asked, "authorization").removeprefix("Basic ")).decode()
    assert [unquote(text) for text in known_as.split(":")] == [CLIENT_ID, CLIENT_SECRET]


def test_a_session_that_the_browser_had_ends_at_a_sign_in(there: There) -> None:
    before = there.opened.access.arrive(there.depart()[1], before=None).session_id
    after = there.opened.access.arrive(there.depart()[1], before=before).session_id
    assert there.opened.sessions.person(before) is None
    assert there.opened.sessions.person(after)


def test_what_was_brought_once_is_brought_in_vain_again(there: There) -> None:
    _, brought = there.depart()
    assert there.person(brought)
    assert "login that this browser began" in there.refused(brought)
    assert there.provider.count("/token") == 1


def test_a_state_of_another_login_is_refused_and_uses_the_login_up(there: There) -> None:
    _, mine = there.depart()
    _, theirs = there.depart()
    assert "state" in there.refused(replace(mine, state=theirs.state))
    assert "login that this browser began" in there.refused(mine)
    assert there.provider.count("/token") == 0


@pytest.mark.parametrize("state", ["", "another-state", "a" * 43, "ключ", "\ud800", "x" * 4096])
def test_a_state_that_was_made_up_is_refused(there: There, state: str) -> None:
    assert "state" in there.refused(replace(there.depart()[1], state=state))


@pytest.mark.parametrize("login_id", [None, "", "x", "a" * 43, "\ud800", "' OR 1=1 --"])
def test_a_browser_that_began_no_login_is_refused(there: There, login_id: str | None) -> None:
    _, brought = there.depart()
    assert "login that this browser began" in there.refused(replace(brought, login_id=login_id))
    assert there.person(brought)  # which is not used up by that


def test_another_browsers_login_does_not_fit(there: There) -> None:
    """Somebody is led to an address with the code and state of an attacker: their own login has another state."""
    _, attacker = there.depart()
    victim, _ = there.depart()
    assert "state" in there.refused(replace(attacker, login_id=victim.login_id))


@pytest.mark.parametrize(("later_s", "in_time"), [(LOGIN_LASTS_S - 5, True), (LOGIN_LASTS_S + 1, False)])
def test_a_login_has_ten_minutes(there: There, later_s: float, *, in_time: bool) -> None:
    _, brought = there.depart()
    there.opened.later_s = later_s
    if in_time:
        assert there.person(brought)
    else:
        assert "not long ago" in there.refused(brought)


@pytest.mark.parametrize("issuer", ["https://evil.example", "", None])
def test_a_provider_that_names_itself_has_to_be_the_one(there: There, issuer: str | None) -> None:
    assert "name itself" in there.refused(replace(there.depart()[1], issuer=issuer))
    assert there.provider.count("/token") == 0


def test_a_provider_that_names_nobody_may_stay_silent_but_not_name_another(there: There) -> None:
    there.provider.discovers(authorization_response_iss_parameter_supported=None)
    assert there.person(replace(there.depart()[1], issuer=None))
    assert "name itself" in there.refused(replace(there.depart()[1], issuer="https://evil.example"))


def test_an_error_of_the_provider_and_a_missing_code_sign_nobody_in(there: There) -> None:
    assert "an error" in there.refused(replace(there.depart()[1], error="access_denied"))
    assert "an error" in there.refused(replace(there.depart()[1], error=""))
    assert "a code" in there.refused(replace(there.depart()[1], code=""))
    assert there.provider.count("/token") == 0


def test_a_code_that_the_provider_does_not_take_signs_nobody_in(there: There) -> None:
    _, brought = there.depart()
    there.provider.says["/token"] = Says({"error": "invalid_grant"}, status=400)
    assert "a code that the provider takes" in there.refused(brought)


@pytest.mark.parametrize(
    "says",
    [
        Says({"error": "invalid_client"}, status=401),
        Says({"error": "server_error"}, status=500),
        Says(b"<html>down", status=502),
        Says(status=302, headers={"Location": "https://evil.example"}),
    ],
    ids=lambda says: str(says.status),
)
def test_a_provider_that_does_not_do_its_work_is_said_to_be_the_one(there: There, says: Says) -> None:
    _, brought = there.depart()
    there.provider.says["/token"] = says
    with pytest.raises(ProviderError, match="token_endpoint") as caught:
        there.opened.access.arrive(brought, before=None)
    assert CODE not in str(caught.value)


ODD: dict[str, Callable[[There], None]] = {
    "no token": lambda there: there.gives.update(id_token=None),
    "a token that is no text": lambda there: there.gives.update(id_token={"sub": "mira-1"}),
    "of another login": lambda there: there.says.update(nonce="another"),
    "without a nonce": lambda there: there.says.update(nonce=None),
    "for another client": lambda there: there.says.update(aud="another"),
    "made for another client too": lambda there: there.says.update(aud=[CLIENT_ID, "another"]),
    "of another issuer": lambda there: there.says.update(iss="https://evil.example"),
    "long ended": lambda there: there.says.update(exp=int(time.time()) - 3600),
    "of nobody": lambda there: there.says.update(sub=None),
    "of the local person": lambda there: there.says.update(sub="local"),
    "of a key": lambda there: there.says.update(sub="key:robot"),
    "signed by somebody else": lambda there: setattr(there, "signer", Signer("one", number=2)),
    "signed by nobody known": lambda there: setattr(there, "signer", Signer("new", number=2)),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_id_token_signs_nobody_in(there: There, odd: Callable[[There], None]) -> None:
    odd(there)
    there.refused(there.depart()[1])


def test_a_provider_that_signs_with_a_new_key_is_asked_for_it_at_once(there: There) -> None:
    assert there.person(there.depart()[1])
    there.signer = Signer("new", number=2)
    there.provider.gives_keys(there.signer.jwk())
    assert there.person(there.depart()[1])
    assert there.provider.count("/jwks") == 2


def test_a_public_client_says_who_it_is_and_has_no_secret(there: There, tmp_path: Path) -> None:
    with opened_access(tmp_path / "other", settings_of(there.provider.issuer, client_secret=None)) as opened:
        there.opened = opened
        assert there.person(there.depart()[1])
    asked = next(one for one in there.provider.asked if one.path == "/token")
    assert parse_qs(asked.body)["client_id"] == [CLIENT_ID]
    assert header(asked, "authorization") == ""


def test_a_provider_that_takes_no_basic_gets_the_secret_in_the_form(there: There) -> None:
    there.provider.discovers(token_endpoint_auth_methods_supported=["client_secret_post"])
    assert there.person(there.depart()[1])
    asked = next(one for one in there.provider.asked if one.path == "/token")
    assert parse_qs(asked.body)["client_secret"] == [CLIENT_SECRET]
    assert header(asked, "authorization") == ""


def test_signing_out_ends_the_session_and_names_the_place_where_it_ends_there(there: There) -> None:
    there.provider.discovers(end_session_endpoint=f"{there.provider.issuer}/end?x=1")
    session_id = there.opened.access.arrive(there.depart()[1], before=None).session_id
    address = there.opened.access.sign_out(session_id)
    assert there.opened.sessions.person(session_id) is None
    assert address
    assert address.startswith(f"{there.provider.issuer}/end?x=1&id_token_hint=")
    query = parse_qs(urlsplit(address).query)
    assert (query["client_id"], query["post_logout_redirect_uri"]) == ([CLIENT_ID], [f"{PUBLIC_URL}/"])
    assert unquote(query["id_token_hint"][0]).count(".") == 2
    assert there.opened.access.sign_out(session_id) is None
    assert there.opened.access.sign_out("never one") is None


def test_signing_out_works_without_such_a_place(there: There) -> None:
    session_id = there.opened.access.arrive(there.depart()[1], before=None).session_id
    assert there.opened.access.sign_out(session_id) is None
    assert there.opened.sessions.person(session_id) is None

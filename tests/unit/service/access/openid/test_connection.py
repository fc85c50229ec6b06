"""The one connection: to the provider that the operator named, by https, small, whole and straight."""

import gzip
import socket
import time
from collections.abc import Iterator

import pytest

from service.access.errors import ProviderError
from service.access.openid import connection as module
from service.access.openid.connection import MAX_BYTES, Connection
from tests.support.openid_parts import Says, ScriptedProvider, scripted_provider
from tests.support.ports import free_port

ISSUER = "https://idp.northlight.example/realms/staff"
HOSTS = ("keys.northlight.example", "idp.northlight.example:8443")


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with scripted_provider() as running:
        yield running


@pytest.fixture
def connection(provider: ScriptedProvider) -> Iterator[Connection]:
    opened = Connection(issuer=provider.issuer)
    yield opened
    opened.close()


@pytest.fixture
def abroad(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A connection to a provider elsewhere, which must not even look a name up."""

    def no_lookup(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", no_lookup)
    opened = Connection(issuer=ISSUER, hosts=HOSTS)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "address",
    [
        "https://idp.northlight.example/token",
        "https://IDP.northlight.example:443/token?x=1",
        "https://keys.northlight.example/jwks",
        "https://idp.northlight.example:8443/",
    ],
)
def test_the_issuers_host_and_those_that_were_named_may_be_reached(abroad: Connection, address: str) -> None:
    assert abroad.check(address, what="jwks_uri") == address


@pytest.mark.parametrize(
    "address",
    [
        "http://idp.northlight.example/token",
        "https://idp.northlight.example:444/token",
        "https://evil.example/token",
        "https://idp.northlight.example.evil.example/",
        "https://evil.example#idp.northlight.example",
        "https://evil.example\\@idp.northlight.example/",
        "https://idp.northlight.example@evil.example/",
        "https://someone:secret@idp.northlight.example/",
        "https://keys.northlight.example:8443/",
        "https://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://idp.northlight.example/",
        "//idp.northlight.example/",
        "/token",
        "idp.northlight.example",
        "https://",
        "",
        "https://idp.northlight.example:99999/",
        "https://[::1/",
        "https://idp.northlight.example/\nHost: evil.example",
        "https://\u0430dp.example/",
    ],
)
def test_nobody_else_is_reached_or_looked_up(abroad: Connection, address: str) -> None:
    for use in (
        lambda: abroad.check(address, what="jwks_uri"),
        lambda: abroad.get(address, what="jwks_uri"),
        lambda: abroad.post(address, what="token_endpoint", headers={}, body="code=a-secret-code"),
    ):
        with pytest.raises(ProviderError, match=r"^expected ") as caught:
            use()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("issuer", ["http://idp.northlight.example", "http://10.0.0.7:8080/realms/x", "idp", "", "x:y"])
def test_an_issuer_that_others_could_listen_to_is_refused(issuer: str) -> None:
    with pytest.raises(ProviderError, match=r"^expected an (issuer|address)"):
        Connection(issuer=issuer)


def test_an_object_is_read_as_it_is_and_the_request_says_little(
    provider: ScriptedProvider, connection: Connection
) -> None:
    provider.says["/userinfo"] = Says({"sub": "mira-1"}, status=201)
    answer = connection.get(f"{provider.issuer}/userinfo", what="userinfo_endpoint", bearer="a-token")
    assert (answer.status, answer.values) == (201, {"sub": "mira-1"})
    sent = {name.lower(): value for name, value in provider.asked[-1].headers.items()}
    assert sent["authorization"] == "Bearer a-token"
    assert "cookie" not in sent
    assert "mira-1" not in repr(answer)


@pytest.mark.parametrize(
    ("says", "said"),
    [
        (Says(b"x" * (MAX_BYTES + 1)), "at most 1048576 bytes"),
        (Says(b"<html>"), "expected JSON"),
        (Says(b"[1]"), "expected a JSON object"),
        (Says(b""), "expected JSON"),
        (Says(b"\xff"), "expected JSON"),
        (Says(b"[" * 500_000), "expected JSON"),
        (Says(gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}), "got it packed"),
        (Says(b"{}", headers={"Content-Length": "100"}), "cannot be reached"),
        (Says(b"", status=302, headers={"Location": "/there"}), r"got something else \(302\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_small_plain_object_is_refused(
    provider: ScriptedProvider, connection: Connection, says: Says, said: str
) -> None:
    provider.says["/odd"] = says
    before = len(provider.asked)
    with pytest.raises(ProviderError, match=said):
        connection.get(f"{provider.issuer}/odd", what="jwks_uri")
    assert [one.path for one in provider.asked[before:]] == ["/odd"]  # no redirect was followed


def test_an_answer_that_drips_is_not_waited_for(
    provider: ScriptedProvider, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT_S", 0.2)
    provider.says["/slow"] = Says(b'{"a": "' + b"x" * 1000 + b'"}', drips=True)
    begun_s = time.monotonic()
    with pytest.raises(ProviderError, match="got only a part"):
        connection.get(f"{provider.issuer}/slow", what="jwks_uri")
    assert time.monotonic() - begun_s < 10


def test_a_provider_that_is_away_is_said_without_what_was_sent() -> None:
    opened = Connection(issuer=(issuer := f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderError, match=r"token_endpoint of the provider cannot be reached \(ConnectError\)"):
        opened.post(f"{issuer}/token", what="token_endpoint", headers={}, body="code=x")
    opened.close()


def test_no_proxy_of_the_environment_sees_anything(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    provider.says["/jwks"] = Says({"keys": []})
    opened = Connection(issuer=provider.issuer)
    assert opened.get(f"{provider.issuer}/jwks", what="jwks_uri").values == {"keys": []}
    opened.close()

"""Law 10: whatever is wrong with an identity, the answer is one and the same, and nothing of it stays anywhere.

Over a socket, as programs come: a client library would mend much of what is sent here.
"""

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from service.access.key_ring import KeyRing, KeyWish
from tests.support.callers import KEYS, Office, open_office, person
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import serving

KEY = next(who for who in KEYS if who.name == "key-ask-in")
FOR_THEO = next(who for who in KEYS if who.name == "key-for-theo")
STAFF = person("staff")
FOR = "Greenlit-On-Behalf-Of"
Sent = list[tuple[str, str | bytes]]


@contextlib.contextmanager
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    library = TinyLibrary(tmp_path_factory.mktemp("socket") / "studio")
    with open_office(library) as office, serving(office.studio.app) as address:
        yield office, address


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    with _office(tmp_path_factory) as made:
        yield made


def _answer(address: str, sent: Sent, target: str = "/v1/me") -> tuple[int, dict[bytes, bytes], bytes]:
    """Send a request as it is; return status, headers and body."""
    host, port = address.removeprefix("http://").split(":")
    named = [] if any(name == "Host" for name, _ in sent) else [("Host", host)]
    lines = [f"GET {target} HTTP/1.1".encode()]
    for name, value in (("Connection", "close"), *named, *sent):
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        got = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    return int(status.split()[1]), dict(line.split(b": ", 1) for line in headers), body


def _bearer(office: Office, who: object) -> str:
    return office.headers(who)["Authorization"]  # type: ignore[arg-type]


def _revoked(office: Office) -> str:
    ring = office.studio.service.key_ring
    made = ring.make(KeyWish("gone", ["ask"], datetime.now(UTC).date()), by="cli")
    ring.revoke("gone", by="cli")
    return f"Bearer {made.secret}"


def _expired(office: Office) -> str:
    ring = office.studio.service.key_ring
    long_ago = KeyRing(
        store=ring._store,
        pepper=ring._pepper,
        now=lambda: datetime(2020, 1, 1, tzinfo=UTC),
        operator_may_audit=lambda: False,
    )
    return f"Bearer {long_ago.make(KeyWish('ended', ['ask'], date(2020, 1, 2)), by='cli').secret}"


def _bad(office: Office) -> dict[str, Sent]:
    """Return what is sent, by what is wrong with it."""
    key, acting, token = (_bearer(office, who) for who in (KEY, FOR_THEO, STAFF))
    theo, uma = FOR_THEO.address, "uma@northlight.example"
    cookie = f"greenlit_session={office.session(STAFF)}"
    addresses = ("", "theo", "nobody@northlight.example", "jon@northlight.example", f"{theo},{uma}", "\u00e9@x.example")
    return {
        "nothing": [],
        "another key": [("Authorization", key[:-1] + ("A" if key[-1] != "A" else "B"))],
        "a revoked key": [("Authorization", _revoked(office))],
        "an expired key": [("Authorization", _expired(office))],
        "a key as password": [("Authorization", key.replace("Bearer", "Basic"))],
        "a key and more": [("Authorization", f"{key} x")],
        "as long as can be": [("Authorization", "Bearer " + "a" * 31_000)],
        "two, the good first": [("Authorization", key), ("Authorization", "Bearer x")],
        "two, the good last": [("Authorization", "Bearer x"), ("Authorization", key)],
        "two good ones": [("Authorization", key), ("Authorization", token)],
        "for two people": [("Authorization", acting), (FOR, theo), (FOR, uma)],
        "for somebody, without a key": [(FOR, theo)],
        "for somebody, with a person's token": [("Authorization", token), (FOR, theo)],
        "for somebody, with a key that acts for nobody": [("Authorization", key), (FOR, theo)],
        **{f"for {address!r}": [("Authorization", acting), (FOR, address)] for address in addresses},
        "for a long address": [("Authorization", acting), (FOR, "a" * 400 + "@x.example")],
        "for bytes": [("Authorization", acting), (FOR, b"th\xe9o@northlight.example")],
        "a session as bearer": [("Authorization", f"Bearer {office.session(STAFF)}")],
        "a session as cookie": [("Cookie", cookie)],
        "the word of a proxy": [("X-Forwarded-User", theo), ("X-Forwarded-For", "127.0.0.1"), ("X-Remote-User", "ann")],
    }


def test_whatever_is_wrong_with_an_identity_the_answer_is_the_same(served: tuple[Office, str]) -> None:
    office, address = served
    answers = {}
    for wrong, sent in _bad(office).items():
        status, headers, body = _answer(address, sent)
        assert status == 401, wrong
        answers[wrong] = (headers.keys(), headers[b"www-authenticate"], body)
    assert [wrong for wrong, answer in answers.items() if answer != answers["nothing"]] == []


def test_the_good_ones_among_them_are_good(served: tuple[Office, str]) -> None:
    """So the test above looks at what would have been taken."""
    office, address = served
    for who in (KEY, STAFF):
        assert _answer(address, [("Authorization", _bearer(office, who))])[0] == 200
    for somebody in (FOR_THEO.address, "uma@northlight.example"):
        assert _answer(address, [("Authorization", _bearer(office, FOR_THEO)), (FOR, somebody)])[0] == 200


@pytest.mark.parametrize("name", ["access_token", "token", "key", "api_key", "code", "Authorization"])
def test_a_key_in_an_address_opens_nothing_and_is_not_logged(
    served: tuple[Office, str], logged: list[str], capfd: pytest.CaptureFixture[str], name: str
) -> None:
    office, address = served
    for who in (KEY, STAFF):
        secret = _bearer(office, who).removeprefix("Bearer ")
        for target in (f"/v1/me?{name}={secret}", f"/documents?{name}={secret}", f"/v1/documents/{secret}"):
            status, headers, body = _answer(address, [], target)
            assert status == 401
            assert secret.encode() not in body + b"".join(headers.values())
        written = "".join((*capfd.readouterr(), *logged))
        assert "status=401" in written
        assert secret not in written
        assert not [leaf for leaf in office.studio.all_leaves() if secret in str(leaf)]


def test_more_than_is_read_of_a_header_is_refused_before_anybody_looks(served: tuple[Office, str]) -> None:
    office, address = served
    before = office.studio.number_of_leaves()
    assert _answer(address, [("Authorization", "Bearer " + "a" * 1_000_000)])[0] == 431
    assert office.studio.number_of_leaves() == before


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_what_a_client_says_of_proxies_changes_nothing(served: tuple[Office, str], header: str) -> None:
    office, address = served
    said: Sent = [(header, "https" if header.endswith("Proto") else "evil.example")]
    for target, sent in (("/v1/me", [("Authorization", _bearer(office, KEY))]), ("/sign-in", []), ("/documents", [])):
        plain, told = _answer(address, list(sent), target), _answer(address, [*sent, *said], target)
        assert told[0] == plain[0]
        assert told[1].keys() == plain[1].keys()
        assert target == "/sign-in" or told[2] == plain[2]
        assert "evil.example" not in str(told)


@pytest.mark.parametrize("hosts", [["evil.example"], ["127.0.0.1", "evil.example"], ["evil.example", "127.0.0.1"]])
def test_a_request_for_another_host_is_refused_also_beside_our_own(
    served: tuple[Office, str], hosts: list[str]
) -> None:
    office, address = served
    sent: Sent = [("Host", host) for host in hosts]
    assert _answer(address, [*sent, ("Authorization", _bearer(office, KEY))])[0] == 400

"""The public address: which hosts are this service, and whose forms are its own."""

import pytest

from service.http.origin import Origin

PUBLIC = Origin("https://greenlit.northlight.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:1", "LocalHost"])
@pytest.mark.parametrize("origin", [Origin(), PUBLIC])
def test_this_machine_is_always_itself(origin: Origin, host: str) -> None:
    assert origin.serves(host)


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("greenlit.northlight.example", True),
        ("Greenlit.Northlight.Example", True),
        ("greenlit.northlight.example:443", True),
        ("greenlit.northlight.example:8443", False),
        ("greenlit.northlight.example.evil.example", False),
        ("evil.example", False),
        ("", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_the_public_name_is_this_service_and_no_other(host: str, *, is_it: bool) -> None:
    assert PUBLIC.serves(host) is is_it
    assert not Origin().serves(host)


@pytest.mark.parametrize(
    ("origin", "host", "is_ours"),
    [
        ("https://greenlit.northlight.example", "greenlit.northlight.example", True),
        ("https://greenlit.northlight.example", "10.0.0.7:8000", True),  # as a proxy may name us
        ("http://greenlit.northlight.example", "greenlit.northlight.example", False),
        ("https://evil.example", "greenlit.northlight.example", False),
        ("https://evil.example", "evil.example", False),
        ("null", "greenlit.northlight.example", False),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
    ],
)
def test_a_form_is_ours_if_the_public_address_sent_it(origin: str, host: str, *, is_ours: bool) -> None:
    assert PUBLIC.sent(origin, host) is is_ours


def test_cookies_are_kept_to_tls_where_browsers_come_by_it() -> None:
    assert [Origin().is_https, Origin("http://localhost:8000").is_https, PUBLIC.is_https] == [False, False, True]
